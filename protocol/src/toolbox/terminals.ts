import * as z from 'zod/mini'
import { Environment } from '../environment.ts'
import { limits } from '../limits.ts'
import { PathId } from '../path-id.ts'
import { integerText } from '../query.ts'
import { defineRoutes } from '../route.ts'
import '../messages.ts'

/** Columns or rows of a terminal. */
const size = z.number().check(z.int(), z.minimum(1), z.maximum(limits.terminalSize))

/** A terminal as callers see it (toolbox.md 1.6). */
export const PtySession = z.object({
  id: z.string(),
  cwd: z.string(),
  envs: z.record(z.string(), z.string()),
  cols: z.number(),
  rows: z.number(),
  /** RFC 3339 */
  createdAt: z.string(),
  /** false before a lazy start */
  active: z.boolean(),
  lazyStart: z.boolean(),
})

/** Terminals: a shell behind a pseudo terminal, which outlives its viewers (toolbox.md 1.6). */
export const terminalRoutes = defineRoutes({
  createPtySession: {
    method: 'POST',
    path: '/process/pty',
    summary: 'Make a terminal; with lazyStart its shell begins when somebody connects',
    access: 'member',
    body: z.object({
      id: PathId,
      cwd: z.optional(z.nullable(z.string())),
      envs: z.optional(z.nullable(Environment)),
      cols: z.optional(z.nullable(size)),
      rows: z.optional(z.nullable(size)),
      lazyStart: z.optional(z.nullable(z.boolean())),
    }),
    response: z.object({ sessionId: z.string() }),
    status: 201,
  },
  listPtySessions: {
    method: 'GET',
    path: '/process/pty',
    summary: 'All terminals, oldest first',
    access: 'member',
    response: z.object({ sessions: z.array(PtySession) }),
    status: 200,
  },
  createConnectPtySession: {
    method: 'GET',
    path: '/process/pty/create-connect',
    summary: 'Make a terminal and connect to it in one go',
    access: 'member',
    isWebSocket: true,
    query: z.object({
      id: PathId,
      cwd: z.optional(z.string()),
      cols: z.optional(z.pipe(integerText, size)),
      rows: z.optional(z.pipe(integerText, size)),
    }),
    status: 101,
  },
  getPtySession: {
    method: 'GET',
    path: '/process/pty/{sessionId}',
    summary: 'One terminal',
    access: 'member',
    response: PtySession,
    status: 200,
  },
  deletePtySession: {
    method: 'DELETE',
    path: '/process/pty/{sessionId}',
    summary: 'End a terminal and all it started',
    access: 'member',
    response: z.object({ message: z.string() }),
    status: 200,
  },
  resizePtySession: {
    method: 'POST',
    path: '/process/pty/{sessionId}/resize',
    summary: 'Change the size of a terminal',
    access: 'member',
    body: z.object({ cols: size, rows: size }),
    response: PtySession,
    status: 200,
  },
  connectPtySession: {
    method: 'GET',
    path: '/process/pty/{sessionId}/connect',
    summary: 'Look at a terminal and type into it; with replay=true the recent screen comes first',
    access: 'member',
    isWebSocket: true,
    query: z.object({ replay: z.optional(z.string()) }),
    status: 101,
  },
})
