import type { Sandbox } from '@sandyard/sdk'
import type { ToolContext, ToolDefinition } from './opencode.ts'

/** The sandbox of a session and of its child sessions, running. */
export interface Box {
  readonly sandbox: Sandbox
  /** absolute path of the project inside; relative paths of tools start there */
  readonly projectFolder: string
}

/**
 * Gives the sandbox of the caller's root session: makes, starts or finds it. Concurrent calls get the same one. Throws
 * an Error for people and models when it cannot be reached; nobody then does the work anywhere else.
 */
export type OpenBox = (context: Pick<ToolContext, 'sessionID' | 'abort'>) => Promise<Box>

/** The tools, by the names that OpenCode knows them by. */
export type Tools = Readonly<Record<string, ToolDefinition>>
