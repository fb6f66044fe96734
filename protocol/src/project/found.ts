import type { Framework, PackageManager, ServeMode } from './plan.ts'

/** What somebody wants of a plan before it is looked for. */
export interface Wanted {
  readonly mode: ServeMode
  /** null: the one that is usual, or that a script names */
  readonly port: number | null
  /** null: whatever is found */
  readonly framework: Framework | null
}

/** What was found of a project. */
export interface Found {
  readonly framework: Framework
  readonly packageManager: PackageManager | null
  readonly prepare: string | null
  readonly install: string | null
  readonly build: string | null
  /** null: nobody knows how it is served; `missing` says what to add */
  readonly start: string | null
  readonly missing?: string
  readonly port: number
  readonly env: Readonly<Record<string, string>>
  readonly lockFiles: readonly string[]
  readonly notes: readonly string[]
  /** those that are true only as long as `start` is what serves */
  readonly startNotes?: readonly string[]
}
