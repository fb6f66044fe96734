import * as z from 'zod/mini'
import { Environment } from '../environment.ts'
import { defineRoutes } from '../route.ts'
import '../messages.ts'

/** Seconds; absent or 0 is no limit (toolbox.md 2.2). */
const timeoutSeconds = z.optional(z.nullable(z.number().check(z.int(), z.minimum(0), z.maximum(4_294_967_295))))

const CodeLanguage = z.enum(['python', 'javascript', 'typescript'])

/** Commands and code that run to their end within one call. */
export const processRoutes = defineRoutes({
  executeCommand: {
    method: 'POST',
    path: '/process/execute',
    summary: 'Run a shell command and wait for it',
    access: 'member',
    body: z.object({
      command: z.string().check(z.refine((command) => command.trim() !== '', 'must not be empty')),
      cwd: z.optional(z.nullable(z.string())),
      envs: z.optional(z.nullable(Environment)),
      timeout: timeoutSeconds,
    }),
    response: z.object({ exitCode: z.number(), result: z.string() }),
    status: 200,
  },
  codeRun: {
    method: 'POST',
    path: '/process/code-run',
    summary: 'Run a piece of Python, JavaScript or TypeScript',
    access: 'member',
    body: z.object({
      code: z.string().check(z.minLength(1, 'must not be empty')),
      language: CodeLanguage,
      argv: z.optional(z.nullable(z.array(z.string()).check(z.maxLength(1000)))),
      envs: z.optional(z.nullable(Environment)),
      timeout: timeoutSeconds,
    }),
    response: z.object({
      exitCode: z.number(),
      result: z.string(),
      artifacts: z.optional(z.object({ charts: z.array(z.unknown()) })),
    }),
    status: 200,
  },
})
