import { type Call, type CallField, curl, literal } from '../call.ts'

const path: CallField = { label: 'Repository', initial: '/home/daytona/playground-repository' }

/** Git in a sandbox; it works in any image. */
export const gitCalls: readonly Call[] = [
  {
    name: 'git.init',
    title: 'Begin a repository',
    fields: { path },
    typescript: (v) => `await sandbox.git.init(${literal(v.path)})`,
    python: (v) => `sandbox.git.init(${literal(v.path)})`,
    curl: (v, { toolbox }) => curl('POST', `${toolbox}/git/init`, { body: { path: v.path } }),
    run: ({ sandbox }, v) => sandbox.git.init(v.path ?? ''),
  },
  {
    name: 'git.status',
    title: 'Read its state',
    fields: { path },
    typescript: (v) => `console.log(await sandbox.git.status(${literal(v.path)}))`,
    python: (v) => `print(sandbox.git.status(${literal(v.path)}))`,
    curl: (v, { toolbox }) => curl('GET', `${toolbox}/git/status`, { query: { path: v.path ?? '' } }),
    run: ({ sandbox }, v) => sandbox.git.status(v.path ?? ''),
  },
  {
    name: 'git.commit',
    title: 'Commit',
    fields: {
      path,
      message: { label: 'Message', initial: 'A beginning' },
      author: { label: 'Author', initial: 'Ada' },
      email: { label: 'E-mail', initial: 'ada@example.com' },
    },
    typescript: (v) =>
      `console.log(await sandbox.git.commit(${[v.path, v.message, v.author, v.email].map(literal).join(', ')}, true))`,
    python: (v) =>
      `print(sandbox.git.commit(${[v.path, v.message, v.author, v.email].map(literal).join(', ')}, allow_empty=True))`,
    curl: ({ path: repository, message, author, email }, { toolbox }) =>
      curl('POST', `${toolbox}/git/commit`, { body: { path: repository, message, author, email, allow_empty: true } }),
    run: ({ sandbox }, v) => sandbox.git.commit(v.path ?? '', v.message ?? '', v.author ?? '', v.email ?? '', true),
  },
  {
    name: 'git.createBranch',
    title: 'Make a branch',
    fields: { path, branch: { label: 'Branch', initial: 'idea' } },
    typescript: (v) => `await sandbox.git.createBranch(${literal(v.path)}, ${literal(v.branch)})`,
    python: (v) => `sandbox.git.create_branch(${literal(v.path)}, ${literal(v.branch)})`,
    curl: (v, { toolbox }) => curl('POST', `${toolbox}/git/branches`, { body: { path: v.path, name: v.branch } }),
    run: ({ sandbox }, v) => sandbox.git.createBranch(v.path ?? '', v.branch ?? ''),
  },
  {
    name: 'git.branches',
    title: 'List branches',
    fields: { path },
    typescript: (v) => `console.log(await sandbox.git.branches(${literal(v.path)}))`,
    python: (v) => `print(sandbox.git.branches(${literal(v.path)}))`,
    curl: (v, { toolbox }) => curl('GET', `${toolbox}/git/branches`, { query: { path: v.path ?? '' } }),
    run: ({ sandbox }, v) => sandbox.git.branches(v.path ?? ''),
  },
  {
    name: 'git.clone',
    title: 'Clone a repository',
    fields: {
      url: { label: 'Address', initial: 'https://github.com/octocat/Hello-World.git' },
      path: { label: 'To', initial: '/home/daytona/cloned' },
    },
    typescript: (v) => `await sandbox.git.clone(${literal(v.url)}, ${literal(v.path)})`,
    python: (v) => `sandbox.git.clone(${literal(v.url)}, ${literal(v.path)})`,
    curl: (v, { toolbox }) => curl('POST', `${toolbox}/git/clone`, { body: { url: v.url, path: v.path } }),
    run: ({ sandbox }, v) => sandbox.git.clone(v.url ?? '', v.path ?? ''),
  },
]
