import type { ProjectRecord } from '../environments/records.ts'
import { apiUrlOf, repositoryPath } from './host.ts'
import type { GitAnswer, GitRequest, SendToGitHost } from './request.ts'

/** How a commit stands. */
export type CommitState = 'pending' | 'success' | 'failure'

/** A status of a commit. */
export interface CommitStatus {
  readonly commit: string
  readonly state: CommitState
  readonly description: string
  /** null: nothing to be seen yet */
  readonly url: string | null
}

/** Writes at one git host, of one repository. What it answers with no success is thrown as Refusal. */
export interface Reporter {
  /** Id of the comment that has this text in it; null: there is none. */
  findComment(pull: number, part: string): Promise<string | null>
  /** Answers the id of the new comment. */
  addComment(pull: number, text: string): Promise<string>
  /** `false`: it is there no more, or somebody else's. */
  editComment(pull: number, id: string, text: string): Promise<boolean>
  setStatus(status: CommitStatus): Promise<void>
  /** True when the token sees the repository. */
  canRead(): Promise<boolean>
}

/** A git host has not done what it was asked for. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly answer: GitAnswer

  constructor(what: string, answer: GitAnswer) {
    super(`${what}: answered ${answer.status}${reasonOf(answer)}`)
    this.answer = answer
  }
}

/** Name of the statuses that are set. */
const statusName = 'preview'
/** Comments are looked through in pages of so many, and so many pages. */
const pages = { size: 100, most: 10 }

/** How the hosts differ. */
interface Dialect {
  headers(token: string): Record<string, string>
  /** path of the repository in the API */
  repository(path: string): string
  comments(pull: number): string
  comment(pull: number, id: string): string
  readonly edit: 'PATCH' | 'PUT'
  status(status: CommitStatus): { path: string; body: object }
  /** True for a refusal that means it was so already. */
  isSame?(answer: GitAnswer): boolean
}

const encodePath = (path: string) => path.split('/').map(encodeURIComponent).join('/')

const github: Dialect = {
  headers: (token) => ({
    authorization: `Bearer ${token}`,
    accept: 'application/vnd.github+json',
    'x-github-api-version': '2022-11-28',
  }),
  repository: (path) => `/repos/${encodePath(path)}`,
  comments: (pull) => `/issues/${pull}/comments`,
  comment: (_, id) => `/issues/comments/${id}`,
  edit: 'PATCH',
  status: ({ commit, state, description, url }) => ({
    path: `/statuses/${commit}`,
    body: { state, description, context: statusName, ...(url === null ? {} : { target_url: url }) },
  }),
}

const dialects: Readonly<Record<'github' | 'gitlab' | 'gitea', Dialect>> = {
  github,
  gitea: {
    ...github,
    headers: (token) => ({ authorization: `token ${token}`, accept: 'application/json' }),
  },
  gitlab: {
    headers: (token) => ({ 'private-token': token, accept: 'application/json' }),
    repository: (path) => `/projects/${encodeURIComponent(path)}`,
    comments: (pull) => `/merge_requests/${pull}/notes`,
    comment: (pull, id) => `/merge_requests/${pull}/notes/${id}`,
    edit: 'PUT',
    status: ({ commit, state, description, url }) => ({
      path: `/statuses/${commit}`,
      body: {
        state: { pending: 'running', success: 'success', failure: 'failed' }[state],
        description,
        name: statusName,
        ...(url === null ? {} : { target_url: url }),
      },
    }),
    // A status that is in this state already cannot go there.
    isSame: ({ status, body }) => status === 400 && /cannot transition status/i.test(JSON.stringify(body ?? '')),
  },
}

/** Makes the writer for a project; null where there is no API to write to. */
export function createReporter(
  send: SendToGitHost,
  { host, apiUrl, repository }: Pick<ProjectRecord, 'host' | 'apiUrl' | 'repository'>,
  { token, version }: { readonly token: string; readonly version: string },
): Reporter | null {
  const base = apiUrl ?? apiUrlOf(host, repository)
  if (host === 'other' || base === null) return null
  const dialect = dialects[host]
  const root = `${base}${dialect.repository(repositoryPath(repository))}`
  const headers = { ...dialect.headers(token), 'user-agent': `Sandyard/${version}` }
  const call = (method: GitRequest['method'], path: string, body?: unknown) =>
    send({ method, url: `${root}${path}`, headers, ...(body === undefined ? {} : { body }) })

  return {
    async findComment(pull, part) {
      for (let page = 1; page <= pages.most; page++) {
        const answer = await call(
          'GET',
          `${dialect.comments(pull)}?per_page=${pages.size}&limit=${pages.size}&page=${page}`,
        )
        if (answer.status !== 200) throw new Refusal('Reading the comments', answer)
        const comments = Array.isArray(answer.body) ? answer.body : []
        const found = comments.find((one) => textOf(one).includes(part))
        const id = idOf(found)
        if (id !== null) return id
        if (comments.length < pages.size) return null
      }
      return null
    },
    async addComment(pull, text) {
      const answer = await call('POST', dialect.comments(pull), { body: text })
      const id = idOf(answer.body)
      if (answer.status !== 201 || id === null) throw new Refusal('Writing a comment', answer)
      return id
    },
    async editComment(pull, id, text) {
      const answer = await call(dialect.edit, dialect.comment(pull, id), { body: text })
      if (answer.status === 200) return true
      if (answer.status === 404 || answer.status === 410) return false
      throw new Refusal('Changing the comment', answer)
    },
    async setStatus(status) {
      const { path, body } = dialect.status(status)
      const answer = await call('POST', path, body)
      if (answer.status === 200 || answer.status === 201 || dialect.isSame?.(answer) === true) return
      throw new Refusal('Setting the status of a commit', answer)
    },
    async canRead() {
      return (await call('GET', '')).status === 200
    },
  }
}

function textOf(comment: unknown): string {
  const { body } = (comment ?? {}) as { body?: unknown }
  return typeof body === 'string' ? body : ''
}

/** Ids go into paths: only what hosts have for them. */
function idOf(comment: unknown): string | null {
  const { id } = (comment ?? {}) as { id?: unknown }
  return Number.isSafeInteger(id) && Number(id) > 0 ? String(id) : null
}

function reasonOf({ body }: GitAnswer): string {
  const { message, error } = (body ?? {}) as { message?: unknown; error?: unknown }
  const text = [message, error].find((one) => typeof one === 'string' && one !== '')
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
  return typeof text === 'string' ? ` (${text.slice(0, 200).replace(/[\u0000-\u001f\u007f]/g, ' ')})` : ''
}
