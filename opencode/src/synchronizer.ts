import type { Box } from './box.ts'

/** What a session's synchronisation keeps between starts of OpenCode; plain JSON, read again by the same code. */
export interface SyncState {
  /** local branch of the session, such as `opencode/3` */
  readonly branch: string
  /** anything more that the synchronisation needs */
  readonly [key: string]: unknown
}

/** One session's end of the synchronisation. */
export interface SyncSession {
  readonly sessionId: string
  /** what was saved last, `null` before the first time */
  readonly state: SyncState | null
  /** Keeps the state on disk before it answers; call it before anything is made that has to be found after a crash. */
  save(state: SyncState): Promise<void>
}

/** What a pull brought. */
export interface Pulled {
  readonly branch: string
  /** commit that the branch is at now */
  readonly commit: string
  readonly isChanged: boolean
  /** for people, where something was kept aside or left out */
  readonly warning?: string
}

/** Moves a project between the user's repository and the sandboxes of sessions. */
export interface Synchronizer {
  /**
   * Puts the project into a sandbox that is new, or whose last start did not come to its end (then `state` is what was
   * saved). Called before the first tool of the session runs.
   *
   * @returns null where nothing is synchronised: no git here
   * @throws Error for people; the tool call then fails with it, and the next one calls again
   */
  start(box: Box, session: SyncSession, signal?: AbortSignal): Promise<SyncState | null>
  /** Brings all that is in the sandbox to the session's local branch. Calls for one session come one after another. */
  pull(box: Box, session: SyncSession, signal?: AbortSignal): Promise<Pulled | null>
  /** Takes away what is left on this machine besides the branch. The sandbox may be gone; twice is no error. */
  remove(session: SyncSession): Promise<void>
}

/** What a synchronisation is made with: `createSync(place)` of `sync/`. */
export interface SyncPlace {
  /** where OpenCode was started */
  readonly directory: string
  /** root of the repository; `/` without git */
  readonly worktree: string
  /** Writes a line to the plugin's log. */
  log(level: LogLevel, text: string): void
  /** Shows people what they should know now, such as that uncommitted work stays where it is. */
  tell?(text: string): void
}

export type LogLevel = 'INFO' | 'WARN' | 'ERROR'
