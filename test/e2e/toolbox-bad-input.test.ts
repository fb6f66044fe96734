import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { request } from 'node:http'
import { text } from 'node:stream/consumers'
import { after, before, describe, test } from 'node:test'
import {
  type ErrorBody,
  fileRoutes,
  gitRoutes,
  infoRoutes,
  limits,
  processRoutes,
  type Route,
  sessionRoutes,
} from '@sandyard/protocol'
import { startTestPlatform, type TestPlatform } from '../fixtures/platform.ts'

const rows: Readonly<Record<string, Route>> = {
  ...fileRoutes,
  ...processRoutes,
  ...sessionRoutes,
  ...infoRoutes,
  ...gitRoutes,
}

/** What is sent besides the row's method and path. */
interface Sent {
  /** values of path parameters */
  readonly params?: Readonly<Record<string, string>>
  readonly query?: Readonly<Record<string, string | readonly string[]>>
  /** text goes as it is, everything else as JSON */
  readonly body?: unknown
  readonly type?: string
}

/** A wrong request: what it has other than the good one, and what the answer must be. */
interface Wrong extends Sent {
  readonly status: number
  readonly message: RegExp
}

/** A row: a request that only its state may be wrong about, and what can be wrong in particular. */
interface Entry extends Sent {
  readonly wrong: readonly Wrong[]
}

const callTimeoutMs = 5000
const longPath = `/${'x'.repeat(limits.pathBytes)}`
const session = { sessionId: 'good' }
const command = { ...session, commandId: 'good' }
const nul = 'a\0b'
/** Nobody's path, in the wrong form of each kind. */
const paths = {
  missing: { query: {}, status: 400, message: /path/ },
  empty: { query: { path: '' }, status: 400, message: /path/ },
  twice: { query: { path: ['a', 'b'] }, status: 400, message: /path/ },
  nul: { query: { path: nul }, status: 400, message: /NUL/ },
  long: { query: { path: longPath }, status: 400, message: /at most 4096 bytes|longer than 4096/ },
  longInBytes: { query: { path: `/${'ä'.repeat(3000)}` }, status: 400, message: /4096 bytes/ },
  longName: { query: { path: `/tmp/${'x'.repeat(300)}` }, status: 400, message: /name/i },
  unknown: { query: { path: '/no/such/path' }, status: 404, message: /no such|not found/i },
  belowFile: { query: { path: '/etc/passwd/x' }, status: 400, message: /./ },
} satisfies Record<string, Wrong>

const field = (body: unknown, message: RegExp, status = 400): Wrong => ({ body, status, message })
const query = (values: Sent['query'], message: RegExp, status = 400): Wrong => ({
  ...(values === undefined ? {} : { query: values }),
  status,
  message,
})

/** Wrong forms of the `path` that every body of a git call has. */
const gitPaths = (rest: object): Wrong[] => [
  field({ ...rest }, /path/),
  field({ ...rest, path: '' }, /path/),
  field({ ...rest, path: 7 }, /path/),
  field({ ...rest, path: null }, /path/),
  field({ ...rest, path: nul }, /NUL/),
  field({ ...rest, path: longPath }, /4096 bytes/),
]
/** Those whose path must be a repository. */
const repositories = (rest: object): Wrong[] => [
  ...gitPaths(rest),
  field({ ...rest, path: '/no/such/path' }, /./, 404),
  field({ ...rest, path: '/tmp' }, /repository/i, 404),
]
const repositoryQuery: Wrong[] = [
  paths.missing,
  paths.empty,
  paths.nul,
  paths.long,
  { ...paths.unknown, message: /./ },
  query({ path: '/tmp' }, /repository/i, 404),
]
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

const table: Readonly<Record<string, Entry>> = {
  listFiles: {
    query: { path: '/tmp' },
    wrong: [
      paths.empty,
      paths.nul,
      paths.long,
      paths.unknown,
      query({ path: '/etc/passwd' }, /folder|directory/i),
      ...['0', '101', 'x', '1.5', '-1', ''].map((depth) => query({ path: '/tmp', depth }, /depth/)),
    ],
  },
  deleteFile: {
    query: { path: '/tmp/a' },
    wrong: [
      paths.missing,
      paths.empty,
      paths.nul,
      paths.long,
      paths.unknown,
      query({ path: '/etc' }, /recursive/i),
      query({ path: '/etc/passwd' }, /./, 403),
      query({ path: '/usr', recursive: 'true' }, /./, 403),
      query({ path: '/tmp/a', recursive: ['true', 'true'] }, /recursive/),
    ],
  },
  downloadFile: {
    query: { path: '/etc/passwd' },
    wrong: [
      ...Object.values(paths),
      query({ path: '/tmp' }, /folder|directory/i),
      query({ path: '/etc/shadow' }, /./, 403),
      query({ path: '/dev/zero' }, /./),
    ],
  },
  downloadFiles: {
    body: { paths: ['/etc/passwd'] },
    wrong: [
      field({}, /paths/),
      field({ paths: [] }, /paths/),
      field({ paths: '/etc/passwd' }, /paths/),
      field({ paths: [1] }, /paths/),
      field({ paths: Array(limits.uploadParts + 1).fill('a') }, /paths/),
    ],
  },
  findInFiles: {
    query: { path: '/tmp', pattern: 'x' },
    wrong: [
      query({ path: '/tmp' }, /pattern/),
      query({ pattern: 'x' }, /path/),
      query({ path: '/tmp', pattern: '' }, /pattern/),
      query({ path: nul, pattern: 'x' }, /NUL/),
      query({ path: longPath, pattern: 'x' }, /4096/),
      query({ path: '/no/such/path', pattern: 'x' }, /./, 404),
    ],
  },
  getFileInfo: { query: { path: '/tmp' }, wrong: Object.values(paths) },
  searchFiles: {
    query: { path: '/tmp', pattern: '*' },
    wrong: [
      query({ path: '/tmp' }, /pattern/),
      query({ pattern: '*' }, /path/),
      query({ path: '/tmp', pattern: '' }, /pattern/),
      query({ path: nul, pattern: '*' }, /NUL/),
      query({ path: '/no/such/path', pattern: '*' }, /./, 404),
      query({ path: '/tmp', pattern: ['a', 'b'] }, /pattern/),
    ],
  },
  createFolder: {
    query: { path: '/tmp/folder' },
    wrong: [
      paths.missing,
      paths.empty,
      paths.nul,
      paths.long,
      paths.longName,
      ...['rwx', '8', '0o755', '777777', '-1'].map((mode) => query({ path: '/tmp/folder', mode }, /octal/)),
      query({ path: '/etc/passwd' }, /./, 409),
      query({ path: '/etc/passwd/below' }, /./),
      query({ path: '/usr/folder' }, /./, 403),
      query({ path: '/proc/folder' }, /./, 404),
    ],
  },
  moveFile: {
    query: { source: '/tmp/a', destination: '/tmp/b' },
    wrong: [
      query({ source: '/tmp/a' }, /destination/),
      query({ destination: '/tmp/a' }, /source/),
      query({ source: '', destination: '/tmp/b' }, /source/),
      query({ source: nul, destination: '/tmp/b' }, /NUL/),
      query({ source: '/tmp/a', destination: longPath }, /4096/),
      query({ source: '/no/such/path', destination: '/tmp/b' }, /./, 404),
      query({ source: '/etc/passwd', destination: '/tmp/b' }, /./, 403),
    ],
  },
  setFilePermissions: {
    query: { path: '/tmp', mode: '755' },
    wrong: [
      paths.missing,
      paths.empty,
      paths.nul,
      paths.long,
      paths.unknown,
      ...['rwx', '8', '777777'].map((mode) => query({ path: '/tmp', mode }, /octal/)),
      query({ path: '/tmp', owner: 'no-such-user' }, /user not found/),
      query({ path: '/tmp', group: 'no-such-group' }, /group not found/),
      query({ path: '/tmp', owner: '4294967295' }, /user not found/),
      query({ path: '/etc/passwd', mode: '777' }, /./, 403),
    ],
  },
  replaceInFiles: {
    body: { files: [], pattern: 'a', newValue: 'b' },
    wrong: [
      field({ pattern: 'a', newValue: 'b' }, /files/),
      field({ files: '/tmp/a', pattern: 'a', newValue: 'b' }, /files/),
      field({ files: [1], pattern: 'a', newValue: 'b' }, /files/),
      field({ files: [], newValue: 'b' }, /pattern/),
      field({ files: [], pattern: '', newValue: 'b' }, /pattern/),
      field({ files: [], pattern: 'a' }, /newValue/),
      field({ files: [], pattern: 'a', newValue: 1 }, /newValue/),
    ],
  },
  uploadFileLegacy: {
    query: { path: '/tmp/up' },
    body: part('file', 'x'),
    type: 'multipart/form-data; boundary=b',
    wrong: [
      paths.missing,
      paths.empty,
      paths.nul,
      paths.long,
      { type: 'application/json', body: '{}', status: 400, message: /multipart/i },
      { type: 'multipart/form-data', body: part('file', 'x'), status: 400, message: /boundary/i },
      { type: 'multipart/form-data; boundary=b', body: 'no part', status: 400, message: /./ },
      { body: part('other', 'x'), status: 400, message: /file/ },
      { query: { path: '/usr/up' }, status: 403, message: /./ },
      { query: { path: '/tmp' }, status: 400, message: /folder|directory/i },
      { query: { path: '/etc/passwd/x' }, status: 400, message: /./ },
    ],
  },
  uploadFile: {
    query: { path: '/tmp/up' },
    body: 'raw bytes',
    type: 'application/octet-stream',
    wrong: [
      paths.missing,
      paths.empty,
      paths.nul,
      paths.long,
      { type: 'multipart/form-data', body: part('file', 'x'), status: 400, message: /boundary/i },
      { type: 'multipart/form-data; boundary=b', body: part('other', 'x'), status: 400, message: /file/ },
      { type: 'multipart/form-data; boundary=b', body: '--b\r\nhalf a head', status: 400, message: /./ },
      { query: { path: '/usr/up' }, status: 403, message: /./ },
      { query: { path: '/tmp' }, status: 400, message: /folder|directory/i },
    ],
  },
  uploadFiles: {
    body: `${part('files[0].path', '/tmp/up', false)}${part('files[0].file', 'x')}`,
    type: 'multipart/form-data; boundary=b',
    wrong: [
      { type: 'application/json', body: '{}', status: 400, message: /multipart/i },
      { type: 'multipart/form-data', body: part('file', 'x'), status: 400, message: /boundary/i },
      { body: part('files[0].file', 'x'), status: 400, message: /path/ },
      { body: `${part('files[0].path', '', false)}${part('files[0].file', 'x')}`, status: 400, message: /./ },
      { body: `${part('files[0].path', nul, false)}${part('files[0].file', 'x')}`, status: 400, message: /NUL/ },
      {
        body: `${part('files[0].path', '/usr/up', false)}${part('files[0].file', 'x')}`,
        status: 400,
        message: /permission denied/,
      },
    ],
  },
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
  gitAdd: {
    body: { path: '/tmp/repository', files: ['.'] },
    wrong: [
      ...repositories({ files: ['.'] }),
      field({ path: '/tmp/repository' }, /files/),
      field({ path: '/tmp/repository', files: [] }, /files/),
      field({ path: '/tmp/repository', files: '.' }, /files/),
      field({ path: '/tmp/repository', files: [7] }, /files/),
      field({ path: '/tmp/repository', files: [nul] }, /NUL/),
      field({ path: '/tmp/repository', files: ['no-such-file'] }, /no-such-file/, 404),
      field({ path: '/tmp/repository', files: ['../../etc/passwd'] }, /./),
    ],
  },
  gitListBranches: { query: { path: '/tmp/repository' }, wrong: repositoryQuery },
  gitCreateBranch: {
    body: { path: '/tmp/repository', name: 'new' },
    wrong: [
      ...repositories({ name: 'new' }),
      field({ path: '/tmp/repository' }, /name/),
      field({ path: '/tmp/repository', name: '' }, /name/),
      field({ path: '/tmp/repository', name: '--all' }, /dash/),
      field({ path: '/tmp/repository', name: 'x'.repeat(1025) }, /name/),
      field({ path: '/tmp/repository', name: 'x'.repeat(1000) }, /./),
      field({ path: '/tmp/repository', name: 'a..b' }, /./),
      field({ path: '/tmp/repository', name: 'a b' }, /./),
      field({ path: '/tmp/repository', name: 'main' }, /exists/, 409),
    ],
  },
  gitDeleteBranch: {
    body: { path: '/tmp/repository', name: 'unknown' },
    wrong: [
      ...repositories({ name: 'x' }),
      field({ path: '/tmp/repository' }, /name/),
      field({ path: '/tmp/repository', name: '--all' }, /dash/),
      field({ path: '/tmp/repository', name: 'unknown' }, /unknown/, 404),
      field({ path: '/tmp/repository', name: 'main' }, /checked out/, 409),
    ],
  },
  gitCheckout: {
    body: { path: '/tmp/repository', branch: 'main' },
    wrong: [
      ...repositories({ branch: 'x' }),
      field({ path: '/tmp/repository' }, /branch/),
      field({ path: '/tmp/repository', branch: '-f' }, /dash/),
      field({ path: '/tmp/repository', branch: 'unknown' }, /unknown/, 404),
    ],
  },
  gitClone: {
    body: { url: 'http://127.0.0.1:1/r.git', path: '/tmp/clone' },
    wrong: [
      ...gitPaths({ url: 'http://127.0.0.1:1/r.git' }),
      field({ path: '/tmp/clone' }, /url/),
      field({ path: '/tmp/clone', url: '' }, /url/),
      field({ path: '/tmp/clone', url: '--upload-pack=x' }, /dash/),
      field({ path: '/tmp/clone', url: 'ext::sh -c id' }, /./),
      field({ path: '/tmp/clone', url: '/no/such/repository' }, /./, 404),
      field({ path: '/tmp/clone', url: 'http://x/', depth: -1 }, /depth/),
      field({ path: '/tmp/clone', url: 'http://x/', depth: 1.5 }, /depth/),
      field({ path: '/tmp/clone', url: 'http://x/', branch: 7 }, /branch/),
      field({ path: '/tmp/clone', url: 'http://x/', branch: '--x' }, /./),
      field({ path: '/tmp/clone', url: 'http://x/', commit_id: '--x' }, /./),
      field({ path: '/tmp/clone', url: 'http://x/', insecure_skip_tls: 'yes' }, /insecure_skip_tls/),
      field({ path: '/tmp/clone', url: 'http://x/', username: 7 }, /username/),
      field({ path: '/tmp/repository', url: '/tmp/repository' }, /./, 409),
    ],
  },
  gitCommit: {
    body: { path: '/tmp/repository', message: 'm', author: 'a', email: 'e@x' },
    wrong: [
      ...repositories({ message: 'm', author: 'a', email: 'e@x' }),
      field({ path: '/tmp/repository', author: 'a', email: 'e@x' }, /message/),
      field({ path: '/tmp/repository', message: '', author: 'a', email: 'e@x' }, /message/),
      field({ path: '/tmp/repository', message: 'm', email: 'e@x' }, /author/),
      field({ path: '/tmp/repository', message: 'm', author: 'a' }, /email/),
      field({ path: '/tmp/repository', message: 'm', author: 'a', email: 'e@x', allow_empty: 1 }, /allow_empty/),
      field({ path: '/tmp/repository', message: nul, author: 'a', email: 'e@x', allow_empty: true }, /NUL/),
      field({ path: '/tmp/repository', message: 'm', author: nul, email: 'e@x', allow_empty: true }, /NUL/),
      field(
        { path: '/tmp/repository', message: 'nothing is staged', author: 'a', email: 'e@x' },
        /nothing to commit/,
        409,
      ),
    ],
  },
  gitHistory: { query: { path: '/tmp/repository' }, wrong: repositoryQuery },
  gitStatus: { query: { path: '/tmp/repository' }, wrong: repositoryQuery },
  gitPull: {
    body: { path: '/tmp/repository' },
    wrong: [
      ...repositories({}),
      field({ path: '/tmp/repository', remote: 'unknown' }, /./, 404),
      field({ path: '/tmp/repository', remote: '--x' }, /./),
      field({ path: '/tmp/repository', branch: 7 }, /branch/),
    ],
  },
  gitPush: {
    body: { path: '/tmp/repository' },
    wrong: [
      ...repositories({}),
      field({ path: '/tmp/repository', remote: 'unknown' }, /./, 404),
      field({ path: '/tmp/repository', remote: '--x' }, /./),
      field({ path: '/tmp/repository', set_upstream: 'yes' }, /set_upstream/),
    ],
  },
  gitInit: {
    body: { path: '/tmp/new' },
    wrong: [
      ...gitPaths({}),
      field({ path: '/tmp/new', bare: 'yes' }, /bare/),
      field({ path: '/tmp/new', initial_branch: 7 }, /initial_branch/),
      field({ path: '/tmp/new', initial_branch: 'a..b' }, /./),
      field({ path: '/tmp/new', initial_branch: '--x' }, /./),
      field({ path: '/usr/new' }, /./, 403),
      field({ path: '/etc/passwd' }, /./),
    ],
  },
  gitListRemotes: { query: { path: '/tmp/repository' }, wrong: repositoryQuery },
  gitAddRemote: {
    body: { path: '/tmp/repository', name: 'new', url: 'http://x/' },
    wrong: [
      ...repositories({ name: 'new', url: 'http://x/' }),
      field({ path: '/tmp/repository', url: 'http://x/' }, /name/),
      field({ path: '/tmp/repository', name: 'new' }, /url/),
      field({ path: '/tmp/repository', name: '-x', url: 'http://x/' }, /dash/),
      field({ path: '/tmp/repository', name: 'new', url: '-x' }, /dash/),
      field({ path: '/tmp/repository', name: 'a b', url: 'http://x/' }, /./),
      field({ path: '/tmp/repository', name: 'new', url: 'http://x/', fetch: 1 }, /fetch/),
      field({ path: '/tmp/repository', name: 'origin', url: 'http://x/' }, /exists/, 409),
    ],
  },
  gitReset: {
    body: { path: '/tmp/repository' },
    wrong: [
      ...repositories({}),
      field({ path: '/tmp/repository', mode: 'hardest' }, /mode/),
      field({ path: '/tmp/repository', target: '--x' }, /dash/),
      field({ path: '/tmp/repository', target: 'unknown' }, /./, 404),
      field({ path: '/tmp/repository', files: 'a' }, /files/),
      field({ path: '/tmp/repository', mode: 'hard', files: ['a'] }, /./),
    ],
  },
  gitRestore: {
    body: { path: '/tmp/repository', files: ['a'] },
    wrong: [
      ...repositories({ files: ['a'] }),
      field({ path: '/tmp/repository' }, /files/),
      field({ path: '/tmp/repository', files: [] }, /files/),
      field({ path: '/tmp/repository', files: ['no-such-file'] }, /no-such-file/, 404),
      field({ path: '/tmp/repository', files: ['a'], staged: 'yes' }, /staged/),
      field({ path: '/tmp/repository', files: ['a'], source: '-x' }, /dash/),
      field({ path: '/tmp/repository', files: ['a'], source: 'unknown' }, /./, 404),
    ],
  },
  gitGetConfig: {
    query: { key: 'user.name' },
    wrong: [
      query({}, /key/),
      query({ key: '' }, /key/),
      query({ key: '--list' }, /dash/),
      query({ key: 'nodot' }, /./),
      query({ key: 'user.name', scope: 'galaxy' }, /scope/),
      query({ key: 'user.name', path: nul }, /NUL/),
      query({ key: 'user.name', path: '/tmp', scope: 'local' }, /./, 404),
    ],
  },
  gitSetConfig: {
    body: { key: 'user.name', value: 'x' },
    wrong: [
      field({ value: 'x' }, /key/),
      field({ key: 'user.name' }, /value/),
      field({ key: 'user.name', value: 7 }, /value/),
      field({ key: 'user.name', value: nul }, /NUL/),
      field({ key: '--unset', value: 'x' }, /dash/),
      field({ key: 'nodot', value: 'x' }, /./),
      field({ key: 'user.name', value: 'x', scope: 'galaxy' }, /scope/),
      field({ key: 'user.name', value: 'x', scope: 'local', path: '/tmp' }, /./, 404),
      field({ key: 'user.name', value: 'x', scope: 'system' }, /./, 403),
    ],
  },
  gitConfigureUser: {
    body: { name: 'n', email: 'e@x' },
    wrong: [
      field({ email: 'e@x' }, /name/),
      field({ name: 'n' }, /email/),
      field({ name: '', email: 'e@x' }, /name/),
      field({ name: nul, email: 'e@x' }, /NUL/),
      field({ name: 'n', email: 'e@x', scope: 'galaxy' }, /scope/),
      field({ name: 'n', email: 'e@x', scope: 'local', path: '/tmp' }, /./, 404),
    ],
  },
  gitAuthenticate: {
    body: { username: 'u', password: 'p' },
    wrong: [
      field({ password: 'p' }, /username/),
      field({ username: 'u' }, /password/),
      field({ username: '', password: 'p' }, /username/),
      field({ username: 'u', password: 7 }, /password/),
      field({ username: 'u', password: 'p', host: 7 }, /host/),
      field({ username: 'u', password: 'p\nhost=evil' }, /./),
      field({ username: 'u', password: 'p', host: 'a\nb' }, /./),
      field({ username: 'u', password: nul }, /./),
    ],
  },
}

/** What can be wrong with every call. */
function general({ body }: Route): (Wrong & { readonly key?: string | null; readonly sandbox?: string })[] {
  return [
    ...[null, 'wrong', 'x'.repeat(5000)].map((key) => ({ key, status: 401, message: /^Invalid credentials$/ })),
    ...['no-such', randomUUID(), '%00', '..'].map((sandbox) => ({
      sandbox,
      status: 404,
      message: /not found|names no sandbox/,
    })),
    { sandbox: '%', status: 400, message: /not well encoded/ },
    { sandbox: 'stopped', status: 409, message: /^Sandbox [0-9a-f-]{36} is stopped/ },
    { query: { x: 'y'.repeat(limits.urlLength + 300) }, status: 414, message: /longer than/ },
    ...(body === undefined
      ? []
      : ['', '{"path":', '\ufeff{}x', '['.repeat(100_000)].map((text) => ({
          body: text,
          status: 400,
          message: /not JSON/,
        }))),
    ...(body === undefined
      ? []
      : ['[1]', 'null', '"text"'].map((text) => ({ body: text, status: 400, message: /expected object/ }))),
  ]
}

describe('wrong requests to the toolbox', () => {
  let platform: TestPlatform
  /** ids of sandboxes and commands by the names that the table calls them */
  const ids: Record<string, string> = {}

  before(async () => {
    platform = await startTestPlatform()
    for (const name of ['good', 'stopped']) {
      const { body } = await platform.call('POST', '/sandbox', {})
      ids[name] = (body as { id: string }).id
    }
    assert.equal((await platform.call('POST', `/sandbox/${ids.stopped}/stop`)).status, 200)
    await succeed('POST', '/process/execute', {
      command: [
        'git init -q -b main /tmp/repository && cd /tmp/repository && git config user.name n && git config user.email e',
        'echo a > a && git add a && git commit -qm first && git remote add origin http://127.0.0.1:1/r.git',
      ].join(' && '),
    })
    for (const sessionId of ['good', 'ended']) await succeed('POST', '/process/session', { sessionId })
    ids.done = (await succeed('POST', '/process/session/good/exec', { command: 'true' })).cmdId ?? ''
    await succeed('POST', '/process/session/ended/exec', { command: 'exit 3' })
  })
  after(async () => {
    await platform.remove()
  })

  for (const [id, route] of Object.entries(rows)) {
    test(`${id}: ${route.method} ${route.path}`, async (context) => {
      const entry = table[id]
      assert.ok(entry !== undefined, `${id} has no entry in the table of wrong requests`)
      for (const wrong of [...general(route), ...entry.wrong]) {
        const { wrong: _, ...good } = entry
        const { status, message, ...sent } = { ...good, key: platform.apiKey, sandbox: 'good', ...wrong }
        const path = `/toolbox/${ids[sent.sandbox] ?? sent.sandbox}${fill(route.path, sent.params ?? {})}`
        const target = `${path}${queryText(sent.query ?? {})}`
        const body = textOf(sent.body)
        await context.test(`${status} for ${target.slice(0, 120)} ${body?.slice(0, 120) ?? ''}`, async () => {
          const { key, type = 'application/json' } = sent
          const answer = await send(`${platform.url}${target}`, { method: route.method, key, type, body })
          assertError(answer, { status, message, method: route.method, path })
        })
      }
    })
  }

  test('no path takes a method that it does not have', async () => {
    const known = new Set(Object.values(rows).map((route) => `${route.method} ${route.path}`))
    // A session's path takes the entrypoint's too, and tells that this name is reserved.
    const patterns = Object.values(rows).map((route) => route.path)
    const own = patterns.filter((pattern) => !pattern.endsWith('/entrypoint'))
    for (const pattern of new Set(own)) {
      for (const method of ['PUT', 'PATCH', 'DELETE', 'POST'].filter((name) => !known.has(`${name} ${pattern}`))) {
        const path = `/toolbox/${ids.good}${fill(pattern, { sessionId: 'good', commandId: 'x', port: '1' })}`
        const answer = await send(`${platform.url}${path}`, {
          method,
          key: platform.apiKey,
          type: 'text/plain',
          body: 'x',
        })
        assertError(answer, { status: 405, message: /does not take/, method, path })
      }
    }
  })

  test('what is no call at all is told so', async () => {
    for (const call of ['/', '/no/such', '/files/../files', '/process/session/a/b/c/d', '//files']) {
      const path = `/toolbox/${ids.good}${call}`
      const answer = await send(`${platform.url}${path}`, { method: 'GET', key: platform.apiKey, type: 'text/plain' })
      assertError(answer, { status: 404, message: /./, method: 'GET', path })
    }
  })

  test('and after all of it the sandbox works as before', async () => {
    assert.equal((await succeed('POST', '/process/execute', { command: 'echo fine' })).result, 'fine\n')
  })

  async function succeed(method: string, call: string, body: unknown): Promise<Record<string, string>> {
    const { url, apiKey } = platform
    const sent = { method, key: apiKey, type: 'application/json', body: JSON.stringify(body) }
    const answer = await send(`${url}/toolbox/${ids.good}${call}`, sent)
    assert.ok(answer.status < 300, `${answer.status} ${answer.text}`)
    return (answer.text === '' ? {} : JSON.parse(answer.text)) as Record<string, string>
  }

  function fill(pattern: string, params: Readonly<Record<string, string>>): string {
    return pattern.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
      const value = params[name] ?? 'x'
      return ids[value] !== undefined && name === 'commandId' ? ids[value] : value
    })
  }
})

interface Answer {
  readonly status: number
  readonly text: string
}

/** Rejects when there is no whole answer in time. */
function send(
  url: string,
  { method, key, type, body }: { method: string; key: string | null; type: string; body?: string | undefined },
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const headers = {
      ...(key === null ? {} : { authorization: `Bearer ${key}` }),
      ...(body === undefined ? {} : { 'content-type': type, 'content-length': Buffer.byteLength(body) }),
    }
    const { hostname, port } = new URL(url)
    const path = url.slice(url.indexOf('/', 'http://'.length))
    const sent = request({ hostname, port, path, method, headers, agent: false })
    const timer = setTimeout(() => sent.destroy(new Error(`no answer within ${callTimeoutMs} ms`)), callTimeoutMs)
    sent.once('close', () => clearTimeout(timer))
    sent.on('error', reject)
    sent.once('response', (response) => {
      text(response).then((answer) => resolve({ status: response.statusCode ?? 0, text: answer }), reject)
    })
    sent.end(body)
  })
}

function assertError(
  answer: Answer,
  expected: { status: number; message: RegExp; method: string; path: string },
): void {
  assert.equal(answer.status, expected.status, answer.text.slice(0, 500))
  const body = JSON.parse(answer.text) as ErrorBody
  assert.match(body.message, expected.message)
  assert.ok(body.message.length <= 4096, 'a message is for people')
  assert.equal(body.statusCode, expected.status)
  assert.equal(body.method, expected.method)
  assert.equal(new Date(body.timestamp).toISOString(), body.timestamp)
  assert.match(body.code, /^[A-Z][A-Z_]+$/)
  assert.match(body.source, /^DAYTONA_(DAEMON|PROXY)$/)
  assert.ok(
    typeof body.path === 'string' && expected.path.endsWith(body.path),
    `${body.path} is not of ${expected.path}`,
  )
}

function textOf(body: unknown): string | undefined {
  return body === undefined || typeof body === 'string' ? body : JSON.stringify(body)
}

function queryText(query: Readonly<Record<string, string | readonly string[]>>): string {
  const pairs = Object.entries(query).flatMap(([name, values]) =>
    [values].flat().map((value): [string, string] => [name, value as string]),
  )
  return pairs.length === 0 ? '' : `?${new URLSearchParams(pairs)}`
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

/** A multipart part, and the end of the body after it. */
function part(name: string, content: string, isFile = true): string {
  const file = isFile ? '; filename="f"' : ''
  const text = `--b\r\nContent-Disposition: form-data; name="${name}"${file}\r\n\r\n${content}\r\n`
  return isFile ? `${text}--b--\r\n` : text
}
