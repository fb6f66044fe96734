import type { Daytona } from '@sandyard/sdk'
import type { Wanted } from './connect.ts'
import type { Screen } from './screen.ts'
import type { Settings } from './settings.ts'

/** What every command finds around it. */
export interface Surroundings {
  /** the platform that the profile names; fails when there is none, so only commands that need it ask */
  readonly platform: () => Promise<Daytona>
  /** what the command line says of where to go */
  readonly wanted: Wanted
  readonly screen: Screen
  /** profiles on disk */
  readonly settings: Settings
  readonly env: Readonly<Record<string, string | undefined>>
  /** current folder of the person */
  readonly folder: string
  /** aborted by Ctrl-C, SIGTERM and the end of the terminal */
  readonly signal: AbortSignal
}
