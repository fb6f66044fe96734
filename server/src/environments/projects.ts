import { randomUUID } from 'node:crypto'
import {
  type GitHost,
  isPlatformError,
  limits,
  PlatformError,
  type previewProjectRoutes,
  type RouteInput,
} from '@sandyard/protocol'
import { apiUrlOf, hostOf } from '../git-hosts/host.ts'
import { originOf, parseRepository } from '../git-hosts/repository.ts'
import { notFound } from '../not-found.ts'
import type { Cipher } from '../secrets/cipher.ts'
import type { ProjectPatch, ProjectStore } from '../store/projects.ts'
import type { Destinations } from '../webhooks/destination.ts'
import { newSecret } from '../webhooks/signature.ts'
import type { ProjectRecord, ServingSettings } from './records.ts'

/** Body of a call that makes a project, its shape checked. */
type CreateBody = RouteInput<(typeof previewProjectRoutes)['createPreviewProject']>['body']
/** Body of a call that changes one, its shape checked. */
type UpdateBody = RouteInput<(typeof previewProjectRoutes)['updatePreviewProject']>['body']

/** Repositories that previews are made of. */
export interface Projects {
  /** Makes one, and its secret for webhooks. Throws BAD_REQUEST, CONFLICT where the organization has it already. */
  create(organizationId: string, body: CreateBody): Promise<{ project: ProjectRecord; webhookSecret: string }>
  /**
   * The project of a repository, made where there is none; what the body says is kept with it. Throws BAD_REQUEST, and
   * CONFLICT while it is being deleted.
   */
  provide(organizationId: string, body: CreateBody): Promise<ProjectRecord>
  byId(id: string): Promise<ProjectRecord | undefined>
  /** Throws NOT_FOUND. */
  find(organizationId: string, id: string): Promise<ProjectRecord>
  /** Changes what is given. Throws BAD_REQUEST, NOT_FOUND, CONFLICT while it is being deleted. */
  update(organizationId: string, id: string, body: UpdateBody): Promise<ProjectRecord>
  /** Makes a new secret for webhooks. Throws as `update` does. */
  rotate(organizationId: string, id: string): Promise<string>
  /** The token of the git host, opened; null: none. Throws a plain error when it cannot be opened. */
  token(project: ProjectRecord): string | null
  /** The secret of its webhooks, opened. */
  webhookSecret(project: ProjectRecord): string
}

/** What they need. */
interface Parts {
  readonly projects: ProjectStore
  readonly cipher: Cipher
  /** where the platform may call */
  readonly destinations: Pick<Destinations, 'checkUrl'>
  readonly clock: () => number
}

/** Whose the sealed values of a project are. */
const sealOwner = (id: string) => `project.${id}`

const servingKeys: readonly (keyof ServingSettings)[] = [
  'rootDirectory',
  'mode',
  'install',
  'build',
  'start',
  'port',
  'env',
  'secrets',
  'snapshot',
  'cpu',
  'memory',
  'disk',
  'public',
  'autoStopInterval',
]

/** Makes the projects. */
export function createProjects({ projects, cipher, destinations, clock }: Parts): Projects {
  const seal = (id: string, token: string | null) => (token === null ? null : cipher.seal(token, sealOwner(id)))

  function draft(organizationId: string, body: CreateBody): { project: ProjectRecord; webhookSecret: string } {
    const repository = parseRepository(body.repository)
    const [id, webhookSecret, nowMs] = [randomUUID(), newSecret(), clock()]
    const host = body.host ?? hostOf(repository.url)
    const project: ProjectRecord = {
      id,
      organizationId,
      name: body.name ?? repository.name.slice(0, limits.nameLength),
      repository: repository.url,
      repositoryKey: repository.key,
      host,
      apiUrl: checkApiUrl(body.apiUrl ?? null, host, repository.url),
      token: seal(id, body.token ?? null),
      username: body.username ?? null,
      reporting: body.reporting ?? 'comment',
      forks: body.forks ?? false,
      settings: readSettings(body as ServingSettings, {}),
      webhookSecret: cipher.seal(webhookSecret, sealOwner(id)),
      lastWebhookAtMs: null,
      reportError: null,
      isLeaving: false,
      createdAtMs: nowMs,
      updatedAtMs: nowMs,
    }
    return { project, webhookSecret }
  }

  /** The address of a name is checked again when it is connected to. */
  function checkApiUrl(text: string | null, host: GitHost, repository: string): string | null {
    const url = text ?? apiUrlOf(host, repository)
    if (url === null) return null
    try {
      const { origin, pathname, search, hash } = destinations.checkUrl(url)
      if (search !== '' || hash !== '') throw new PlatformError('BAD_REQUEST', 'it must not have a query or fragment')
      return `${origin}${pathname.replace(/\/+$/, '')}`
    } catch (error) {
      // Nobody has named it: then it is only not told there.
      if (text === null) return null
      if (!isPlatformError(error)) throw error
      throw new PlatformError('BAD_REQUEST', `apiUrl: ${error.message}`)
    }
  }

  function patchOf(project: ProjectRecord, body: UpdateBody): ProjectPatch {
    const { name, token, username, reporting, forks } = body
    const host = body.host ?? project.host
    const isMoved = body.host !== undefined || body.apiUrl !== undefined
    const apiUrl = isMoved ? checkApiUrl(body.apiUrl ?? null, host, project.repository) : project.apiUrl
    checkTokenStays(project, body, apiUrl)
    const isHeard = isMoved || token !== undefined || reporting !== undefined
    return {
      host,
      apiUrl,
      settings: readSettings(body as ServingSettings, project.settings),
      ...(name === undefined ? {} : { name }),
      ...(token === undefined ? {} : { token: seal(project.id, token) }),
      ...(username === undefined ? {} : { username }),
      ...(reporting === undefined ? {} : { reporting }),
      ...(forks === undefined ? {} : { forks }),
      // With this it may be told again.
      ...(isHeard ? { reportError: null } : {}),
    }
  }

  async function change(
    organizationId: string,
    id: string,
    patch: (project: ProjectRecord) => ProjectPatch,
  ): Promise<ProjectRecord> {
    const project = await find(organizationId, id)
    const changed = await projects.change(project.id, patch, clock())
    if (changed !== undefined) return changed
    throw leaving(project)
  }

  async function find(organizationId: string, id: string): Promise<ProjectRecord> {
    const project = await projects.byId(id, organizationId)
    if (project === undefined) throw notFound('Project', id)
    return project
  }

  return {
    byId: (id) => projects.byId(id),
    find,
    async create(organizationId, body) {
      const made = draft(organizationId, body)
      const outcome = await projects.insert(made.project, limits.projectCount)
      if (outcome === 'done') return made
      if (outcome === 'full') throw full()
      const known = await projects.byRepository(organizationId, made.project.repositoryKey)
      if (known?.isLeaving === true) throw leaving(known)
      throw new PlatformError('CONFLICT', `The repository has a project already: ${known?.id ?? 'it is being made'}`)
    },
    async provide(organizationId, body) {
      const made = draft(organizationId, body)
      const { repositoryKey } = made.project
      const known = await projects.byRepository(organizationId, repositoryKey)
      if (known === undefined) {
        const outcome = await projects.insert(made.project, limits.projectCount)
        if (outcome === 'done') return made.project
        if (outcome === 'full') throw full()
      }
      const project = known ?? (await projects.byRepository(organizationId, repositoryKey))
      if (project === undefined) throw new PlatformError('CONFLICT', 'The project was deleted meanwhile')
      if (project.isLeaving) throw leaving(project)
      const { repository: _, ...settings } = body
      const isSame = Object.values(settings).every((value) => value === undefined)
      return isSame ? project : change(organizationId, project.id, (before) => patchOf(before, settings))
    },
    update: (organizationId, id, body) => change(organizationId, id, (project) => patchOf(project, body)),
    async rotate(organizationId, id) {
      const webhookSecret = newSecret()
      const sealed = cipher.seal(webhookSecret, sealOwner(id))
      await change(organizationId, id, () => ({ webhookSecret: sealed }))
      return webhookSecret
    },
    token: ({ id, token }) => (token === null ? null : cipher.open(token, sealOwner(id))),
    webhookSecret: ({ id, webhookSecret }) => cipher.open(webhookSecret, sealOwner(id)),
  }
}

/**
 * Whoever may change a project may not have its token sent to a place of theirs: an API elsewhere takes the token anew.
 */
function checkTokenStays(project: ProjectRecord, body: UpdateBody, apiUrl: string | null): void {
  if (project.token === null || body.token !== undefined || apiUrl === null) return
  const known = [project.apiUrl, apiUrlOf('github', project.repository), project.repository]
  if (known.some((url) => url !== null && originOf(url) === originOf(apiUrl))) return
  throw new PlatformError('BAD_REQUEST', 'apiUrl: the token has to be given again for an API at another address')
}

/** What is said of serving, over what was said before. */
function readSettings(body: ServingSettings, before: ServingSettings): ServingSettings {
  const said = servingKeys.filter((key) => body[key] !== undefined).map((key) => [key, body[key]])
  const settings: ServingSettings = { ...before, ...Object.fromEntries(said) }
  const bytes = Buffer.byteLength(JSON.stringify(settings.env ?? {}))
  if (Object.keys(settings.env ?? {}).length > limits.envCount || bytes > limits.envBytes) {
    throw new PlatformError(
      'BAD_REQUEST',
      `env has more than ${limits.envCount} variables, or more than ${limits.envBytes} bytes`,
    )
  }
  return settings
}

function full(): PlatformError {
  return new PlatformError('BAD_REQUEST', `An organization has at most ${limits.projectCount} projects`)
}

function leaving({ id }: ProjectRecord): PlatformError {
  return new PlatformError('CONFLICT', `Project ${id} is being deleted`)
}
