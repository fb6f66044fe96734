import type { Entry } from './wrong.ts'

/** Wrong requests to the calls of terminals. */
export const wrongTerminalRequests: Readonly<Record<string, Entry>> = {}
