import type { Entry } from './wrong.ts'

/** Wrong requests to the calls of the code interpreter. */
export const wrongInterpreterRequests: Readonly<Record<string, Entry>> = {}
