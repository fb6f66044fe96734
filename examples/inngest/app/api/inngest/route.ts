import { serve } from 'inngest/next'
import { functions, parts } from '../../../src/application.ts'

/** Inngest calls the functions here; its signing key is what opens it. */
export const { GET, POST, PUT } = serve({ client: parts.inngest, functions })
