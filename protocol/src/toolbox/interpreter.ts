import * as z from 'zod/mini'
import { Environment } from '../environment.ts'
import { limits } from '../limits.ts'
import { defineRoutes } from '../route.ts'
import '../messages.ts'

/** A Python that keeps its variables between runs (toolbox.md 1.7). */
export const InterpreterContext = z.object({
  id: z.string(),
  cwd: z.string(),
  /** RFC 3339 */
  createdAt: z.string(),
  active: z.boolean(),
  language: z.string(),
})

/** First message of a caller on the execute WebSocket. */
export const InterpreterRequest = z.object({
  code: z.string().check(z.minLength(1, 'must not be empty')),
  contextId: z.optional(z.nullable(z.string())),
  envs: z.optional(z.nullable(Environment)),
  /** seconds; absent is 600, 0 is no limit */
  timeout: z.optional(z.nullable(z.number().check(z.minimum(0)))),
})

/** Runs of code in Pythons that keep their state. */
export const interpreterRoutes = defineRoutes({
  createInterpreterContext: {
    method: 'POST',
    path: '/process/interpreter/context',
    summary: 'Make a context of its own',
    access: 'member',
    body: z.object({
      /** relative to the work dir; absent is the work dir */
      cwd: z.optional(z.nullable(z.string().check(z.maxLength(limits.pathBytes)))),
      language: z.optional(z.nullable(z.string())),
    }),
    isBodyOptional: true,
    response: InterpreterContext,
    status: 200,
  },
  listInterpreterContexts: {
    method: 'GET',
    path: '/process/interpreter/context',
    summary: 'Contexts that callers made, oldest first',
    access: 'member',
    response: z.object({ contexts: z.array(InterpreterContext) }),
    status: 200,
  },
  deleteInterpreterContext: {
    method: 'DELETE',
    path: '/process/interpreter/context/{contextId}',
    summary: 'End a context',
    access: 'member',
    response: z.object({ message: z.string() }),
    status: 200,
  },
  executeInterpreterCode: {
    method: 'GET',
    path: '/process/interpreter/execute',
    summary: 'Run code in a context; the first message says what',
    access: 'member',
    isWebSocket: true,
    status: 101,
  },
})
