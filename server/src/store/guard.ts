import type { Kysely } from 'kysely'
import type { Tables } from './tables.ts'

/** Looks at what a change has made of the store, in its transaction; what it throws undoes the change. */
export type Guard = (transaction: Kysely<Tables>) => Promise<void>
