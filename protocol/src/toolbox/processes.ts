import * as z from 'zod/mini'
import { Environment } from '../api/sandboxes.ts'
import { limits } from '../limits.ts'
import { defineRoutes } from '../route.ts'

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

/** A command of a session; no `exitCode` while it runs. */
export const SessionCommand = z.object({ id: z.string(), command: z.string(), exitCode: z.optional(z.number()) })

/** A session with its commands, oldest first. */
export const Session = z.object({ sessionId: z.string(), commands: z.array(SessionCommand) })

/** Shells that keep their state between commands (toolbox.md 1.5 and 2.4). */
export const sessionRoutes = defineRoutes({
  createSession: {
    method: 'POST',
    path: '/process/session',
    summary: 'Start a shell that keeps its state',
    access: 'member',
    body: z.object({
      sessionId: z.string().check(z.minLength(1, 'must not be empty'), z.maxLength(limits.sessionIdLength)),
    }),
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
    query: z.object({ follow: z.optional(z.string()) }),
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
    query: z.object({ follow: z.optional(z.string()) }),
    status: 200,
  },
})

/** What the agent tells of itself and of the sandbox. */
export const infoRoutes = defineRoutes({
  getVersion: {
    method: 'GET',
    path: '/version',
    summary: 'Version of the agent',
    access: 'member',
    response: z.object({ version: z.string() }),
    status: 200,
  },
  getWorkDir: {
    method: 'GET',
    path: '/work-dir',
    summary: 'Folder that relative paths start from',
    access: 'member',
    response: z.object({ dir: z.string() }),
    status: 200,
  },
  getUserHomeDir: {
    method: 'GET',
    path: '/user-home-dir',
    summary: 'Home of the sandbox user',
    access: 'member',
    response: z.object({ dir: z.string() }),
    status: 200,
  },
  getProjectDir: {
    method: 'GET',
    path: '/project-dir',
    summary: 'Home of the sandbox user, under its old name',
    access: 'member',
    response: z.object({ dir: z.string() }),
    status: 200,
  },
  getPorts: {
    method: 'GET',
    path: '/port',
    summary: 'TCP ports that something listens on',
    access: 'member',
    response: z.object({ ports: z.array(z.number()) }),
    status: 200,
  },
  isPortInUse: {
    method: 'GET',
    path: '/port/{port}/in-use',
    summary: 'Does something listen on this port',
    access: 'member',
    response: z.object({ isInUse: z.boolean() }),
    status: 200,
  },
  updateEnv: {
    method: 'POST',
    path: '/env',
    summary: 'Change the environment of commands started from now on',
    access: 'member',
    body: z.object({
      set: z.optional(z.nullable(Environment)),
      unset: z.optional(z.nullable(z.array(z.string()).check(z.maxLength(limits.envCount)))),
      unsetValuePrefix: z.optional(z.nullable(z.string())),
    }),
    response: z.record(z.string(), z.string()),
    status: 200,
  },
  getSystemMetrics: {
    method: 'GET',
    path: '/system/metrics',
    summary: 'Use of cpu, memory and disk right now',
    access: 'member',
    response: z.object({
      cpuCount: z.number(),
      cpuUsedPct: z.number(),
      memTotal: z.number(),
      memUsed: z.number(),
      memCache: z.number(),
      diskTotal: z.number(),
      diskUsed: z.number(),
      diskFree: z.number(),
      timestamp: z.string(),
      timestampUnix: z.number(),
    }),
    status: 200,
  },
})
