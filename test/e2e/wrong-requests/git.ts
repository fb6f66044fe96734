import { type Entry, field, longPath, nul, paths, query, type Wrong } from './wrong.ts'

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

/** Wrong requests to the git calls. */
export const wrongGitRequests: Readonly<Record<string, Entry>> = {
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
