import * as z from 'zod/mini'
import { PathId } from '../path-id.ts'
import { integerText } from '../query.ts'
import { defineRoutes } from '../route.ts'
import '../messages.ts'

/** A command of a session; no `exitCode` while it runs. */
export const SessionCommand = z.object({ id: z.string(), command: z.string(), exitCode: z.optional(z.number()) })

/** A session with its commands, oldest first. */
export const Session = z.object({ sessionId: z.string(), commands: z.array(SessionCommand) })

/**
 * `follow=true` and `offset`, the byte to begin at, count on a WebSocket only. With an `offset` above 0 the first three
 * bytes sent are the marker of the stream there, and do not count (none without markers); one inside a marker means
 * the byte after it.
 */
const logQuery = z.object({
  follow: z.optional(z.string()),
  offset: z.optional(z.pipe(integerText, z.number().check(z.minimum(0)))),
})

/** Shells that keep their state between commands (toolbox.md 1.5 and 2.4). */
export const sessionRoutes = defineRoutes({
  createSession: {
    method: 'POST',
    path: '/process/session',
    summary: 'Start a shell that keeps its state',
    access: 'member',
    body: z.object({ sessionId: PathId }),
    status: 201,
  },
  listSessions: {
    method: 'GET',
    path: '/process/session',
    summary: 'All sessions, oldest first',
    access: 'member',
    response: z.array(Session),
    status: 200,
  },
  getEntrypointSession: {
    method: 'GET',
    path: '/process/session/entrypoint',
    summary: "The session that runs the image's entrypoint",
    access: 'member',
    response: Session,
    status: 200,
  },
  getEntrypointLogs: {
    method: 'GET',
    path: '/process/session/entrypoint/logs',
    summary: 'Log of the entrypoint; a WebSocket streams it',
    access: 'member',
    query: logQuery,
    status: 200,
  },
  getSession: {
    method: 'GET',
    path: '/process/session/{sessionId}',
    summary: 'One session',
    access: 'member',
    response: Session,
    status: 200,
  },
  deleteSession: {
    method: 'DELETE',
    path: '/process/session/{sessionId}',
    summary: 'End a session and all it started',
    access: 'member',
    status: 204,
  },
  executeSessionCommand: {
    method: 'POST',
    path: '/process/session/{sessionId}/exec',
    summary: 'Run a command in the session; 202 at once when async',
    access: 'member',
    body: z.object({
      command: z.string().check(z.refine((command) => command.trim() !== '', 'must not be empty')),
      runAsync: z.optional(z.nullable(z.boolean())),
      async: z.optional(z.nullable(z.boolean())),
      suppressInputEcho: z.optional(z.nullable(z.boolean())),
    }),
    response: z.object({
      cmdId: z.string(),
      output: z.nullable(z.string()),
      stdout: z.nullable(z.string()),
      stderr: z.nullable(z.string()),
      exitCode: z.nullable(z.number()),
    }),
    status: 200,
  },
  getSessionCommand: {
    method: 'GET',
    path: '/process/session/{sessionId}/command/{commandId}',
    summary: 'One command of a session',
    access: 'member',
    response: SessionCommand,
    status: 200,
  },
  /** Of ours: the wire ends whole sessions only (toolbox.md 6.1). */
  killSessionCommand: {
    method: 'DELETE',
    path: '/process/session/{sessionId}/command/{commandId}',
    summary: 'End what a running command has started; the session lives on',
    access: 'member',
    status: 204,
  },
  sendInput: {
    method: 'POST',
    path: '/process/session/{sessionId}/command/{commandId}/input',
    summary: 'Write to the standard input of a running command',
    access: 'member',
    body: z.object({ data: z.string().check(z.minLength(1, 'must not be empty')) }),
    status: 204,
  },
  getSessionCommandLogs: {
    method: 'GET',
    path: '/process/session/{sessionId}/command/{commandId}/logs',
    summary: 'Log of a command; a WebSocket streams it',
    access: 'member',
    query: logQuery,
    status: 200,
  },
})
