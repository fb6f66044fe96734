import type { Entry } from './wrong.ts'

/** Wrong requests to the calls of language servers. */
export const wrongLanguageServerRequests: Readonly<Record<string, Entry>> = {}
