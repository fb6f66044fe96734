import { limits } from '@sandyard/protocol'
import { type Entry, field, nul, type Wrong } from './wrong.ts'

const session = { sessionId: 'good' }
const command = { ...session, commandId: 'good' }

const envs: Wrong[] = [
  { A: 1 },
  { '1A': 'x' },
  { A: nul },
  { A: 'x'.repeat(limits.envValueBytes + 1) },
  [],
  'A=b',
  Object.fromEntries(Array.from({ length: limits.envCount + 1 }, (_, index) => [`A${index}`, ''])),
].map((value) => field({ envs: value }, /envs/))
const timeouts: Wrong[] = [-1, 1.5, '5', 2 ** 32].map((timeout) => field({ timeout }, /timeout/))

/** Adds what the field itself is not about. */
const within = (rest: object, wrongs: readonly Wrong[]): Wrong[] =>
  wrongs.map((wrong) => ({ ...wrong, body: { ...rest, ...(wrong.body as object) } }))

/** Wrong requests to the calls of processes, sessions and facts. */
export const wrongProcessRequests: Readonly<Record<string, Entry>> = {
  executeCommand: {
    body: { command: 'true' },
    wrong: [
      field({}, /command/),
      field({ command: '' }, /command/),
      field({ command: ' \n' }, /command/),
      field({ command: 7 }, /command/),
      field({ command: null }, /command/),
      field({ command: nul }, /NUL/),
      field({ command: 'true', cwd: 7 }, /cwd/),
      field({ command: 'true', cwd: nul }, /NUL/),
      ...within({ command: 'true' }, [...envs, ...timeouts]),
      { body: JSON.stringify({ command: 'x'.repeat(limits.toolboxBodyBytes) }), status: 413, message: /larger than/ },
    ],
  },
  codeRun: {
    body: { code: '1', language: 'python' },
    wrong: [
      field({ language: 'python' }, /code/),
      field({ code: '', language: 'python' }, /code/),
      field({ code: '1' }, /language/),
      field({ code: '1', language: 'cobol' }, /language/),
      field({ code: ['1'], language: 'python' }, /code/),
      field({ code: '1', language: 'python', argv: 'a' }, /argv/),
      field({ code: '1', language: 'python', argv: [nul] }, /NUL/),
      field({ code: '1', language: 'python', argv: Array(1001).fill('') }, /argv/),
      ...within({ code: '1', language: 'python' }, [...envs, ...timeouts]),
    ],
  },
  createSession: {
    body: { sessionId: 'new' },
    wrong: [
      field({}, /sessionId/),
      field({ sessionId: '' }, /sessionId/),
      field({ sessionId: 7 }, /sessionId/),
      field({ sessionId: 'x'.repeat(limits.sessionIdLength + 1) }, /sessionId/),
      field({ sessionId: 'good' }, /exists/, 409),
      field({ sessionId: 'entrypoint' }, /entrypoint/),
      field({ sessionId: '..' }, /sessionId.*“\.\.”/),
      field({ sessionId: '\ud800' }, /half a character/),
    ],
  },
  listSessions: { wrong: [] },
  getEntrypointSession: { wrong: [{ status: 404, message: /entrypoint/ }] },
  getEntrypointLogs: { wrong: [{ status: 404, message: /entrypoint/ }] },
  getSession: { params: session, wrong: sessions() },
  deleteSession: {
    params: { sessionId: 'unknown' },
    wrong: [...sessions(), { params: { sessionId: 'entrypoint' }, status: 400, message: /entrypoint/ }],
  },
  executeSessionCommand: {
    params: session,
    body: { command: 'true' },
    wrong: [
      ...sessions(),
      field({}, /command/),
      field({ command: '' }, /command/),
      field({ command: ['true'] }, /command/),
      field({ command: nul }, /NUL/),
      field({ command: 'true', runAsync: 'yes' }, /runAsync/),
      field({ command: 'true', async: 1 }, /async/),
      field({ command: 'true', suppressInputEcho: 'no' }, /suppressInputEcho/),
      { params: { sessionId: 'entrypoint' }, status: 400, message: /entrypoint/ },
      { params: { sessionId: 'ended' }, status: 410, message: /ended/ },
    ],
  },
  getSessionCommand: { params: command, wrong: [...sessions(), ...commands()] },
  killSessionCommand: {
    params: { ...session, commandId: 'done' },
    wrong: [
      ...sessions(),
      ...commands(),
      { params: { sessionId: 'entrypoint', commandId: 'x' }, status: 400, message: /entrypoint/ },
    ],
  },
  sendInput: {
    params: command,
    body: { data: 'x' },
    wrong: [
      ...sessions(),
      ...commands(),
      field({}, /data/),
      field({ data: '' }, /data/),
      field({ data: 7 }, /data/),
      { params: { sessionId: 'good', commandId: 'done' }, status: 410, message: /./ },
      { params: { sessionId: 'entrypoint', commandId: 'x' }, status: 400, message: /entrypoint/ },
    ],
  },
  getSessionCommandLogs: { params: command, wrong: [...sessions(), ...commands()] },
  getVersion: { wrong: [] },
  getWorkDir: { wrong: [] },
  getUserHomeDir: { wrong: [] },
  getProjectDir: { wrong: [] },
  getPorts: { wrong: [] },
  isPortInUse: {
    params: { port: '80' },
    wrong: ['0', '65536', 'http', '080', '-1', '1e3', '%20', '80.0'].map((port) => ({
      params: { port },
      status: 400,
      message: /port/,
    })),
  },
  initialize: { body: { token: 'x' }, wrong: [field({}, /token/), field({ token: 7 }, /token/)] },
  updateEnv: {
    body: { set: {} },
    wrong: [
      field({ set: { A: 1 } }, /set/),
      field({ set: { '1A': '' } }, /set/),
      field({ set: [] }, /set/),
      field({ set: { A: nul } }, /set/),
      field({ unset: 'A' }, /unset/),
      field({ unset: [1] }, /unset/),
      field({ unset: Array(limits.envCount + 1).fill('A') }, /unset/),
      field({ unsetValuePrefix: 7 }, /unsetValuePrefix/),
    ],
  },
  getSystemMetrics: { wrong: [] },
}

/** Sessions that are not there. */
function sessions(): Wrong[] {
  return [
    { params: { sessionId: 'unknown', commandId: 'x' }, status: 404, message: /unknown/ },
    { params: { sessionId: '%', commandId: 'x' }, status: 400, message: /percent escape/ },
    { params: { sessionId: '..%2f..%2fetc', commandId: 'x' }, status: 404, message: /./ },
    { params: { sessionId: 'x'.repeat(5000), commandId: 'x' }, status: 404, message: /./ },
  ]
}

/** Commands that are not there. */
function commands(): Wrong[] {
  return ['unknown', 'x'.repeat(5000), '%00', '..%2fgood'].map((commandId) => ({
    params: { ...session, commandId },
    status: 404,
    message: /./,
  }))
}
