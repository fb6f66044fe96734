import { isUuid, PlatformError } from '@sandyard/protocol'
import type { CallWatcher, WatchedCall } from '../api/watch.ts'
import { isSuspended } from '../auth/standing.ts'
import type { ProjectRecord } from '../environments/records.ts'
import type { AccountStore } from '../store/accounts.ts'
import type { ProjectStore } from '../store/projects.ts'
import { type Applied, type ApplyParts, applyEvent } from './apply.ts'
import type { GitEvent, HookHost } from './events.ts'
import { readGithubEvent } from './github-events.ts'
import { readGitlabEvent } from './gitlab-events.ts'
import { deliveryIdsOf, type HookHead, readHookHead } from './signed-hook.ts'

/** Bodies that are taken in at a time: in all, for one organization, and for one project. Others must not wait for one's. */
const mostBodies = { inAll: 128, ofOrganization: 16, ofProject: 8 }

/** How long it is remembered which webhooks were taken in, and the time between two looks for older ones, ms. */
const memory = { keptMs: 30 * 24 * 3600_000, lookMs: 3600_000 }

/** Takes in the webhooks of git hosts. */
export interface Hooks {
  /** Refuses what cannot be good before its body is read, and keeps few bodies in memory. */
  readonly watcher: CallWatcher
  /** Does what a webhook says. Throws NOT_FOUND unless the secret of the project has signed it. */
  receive(projectId: string, headers: Headers, body: Uint8Array): Promise<Applied>
  /** Forgets now and then which webhooks came long ago; called in each round. */
  tidy(): Promise<void>
}

/** What it needs. */
interface Parts extends ApplyParts {
  readonly accounts: Pick<AccountStore, 'organization'>
  readonly projects: ProjectStore
  webhookSecret(project: ProjectRecord): string
}

/** A webhook whose project is there. */
interface Opened {
  readonly project: ProjectRecord
  readonly head: HookHead
  /** by whose custom it is signed */
  readonly host: HookHost
}

/** Gitea signs as GitHub does, too, so it comes first. */
const hookHosts: readonly HookHost[] = ['gitea', 'gitlab', 'github']

/** Makes it. */
export function createHooks(parts: Parts): Hooks {
  const { accounts, projects, clock } = parts
  const underWay = new Map<Request, ProjectRecord>()
  let nextLookMs = 0

  async function open(projectId: string, headers: Headers): Promise<Opened> {
    const project = isUuid(projectId) ? await projects.byId(projectId) : undefined
    if (project === undefined || project.isLeaving) throw refused()
    // Who has the secret is told where it is only the host that is wrong.
    for (const host of [project.host, ...hookHosts]) {
      const head = host === 'other' ? null : readHookHead(host, headers)
      if (head !== null && host !== 'other') return { project, head, host }
    }
    throw refused()
  }

  return {
    watcher: {
      async admit({ id, request, params }: WatchedCall) {
        if (id !== 'receivePreviewHook') return
        if (!signatureHeaders.some((name) => request.headers.has(name))) throw unsigned()
        const { project } = await open(params.projectId ?? '', request.headers)
        const ofOrganization = [...underWay.values()].filter((one) => one.organizationId === project.organizationId)
        const ofProject = ofOrganization.filter(({ id }) => id === project.id)
        const isFull = underWay.size >= mostBodies.inAll || ofOrganization.length >= mostBodies.ofOrganization
        if (isFull || ofProject.length >= mostBodies.ofProject) {
          throw new PlatformError('SERVICE_UNAVAILABLE', 'Many webhooks are coming in; send it again later')
        }
        underWay.set(request, project)
      },
      ended: ({ request }) => void underWay.delete(request),
    },
    async receive(projectId, headers, body) {
      const { project, head, host } = await open(projectId, headers)
      if (!head.isSigned(parts.webhookSecret(project), body, clock())) throw refused()
      if (host !== project.host) throw wrongHost(project, host)
      const organization = await accounts.organization(project.organizationId)
      if (organization === undefined || isSuspended(organization, clock())) {
        throw new PlatformError('FORBIDDEN', 'The organization of the project is suspended')
      }
      const event = readEvent(project, head, body)
      const delivery = { projectId: project.id, deliveryIds: deliveryIdsOf(head, body), nowMs: clock() }
      return applyEvent(parts, project, event, delivery)
    },
    async tidy() {
      if (clock() < nextLookMs) return
      nextLookMs = clock() + memory.lookMs
      await projects.purgeDeliveries(clock() - memory.keptMs)
    },
  }
}

const signatureHeaders = [
  'x-hub-signature-256',
  'x-gitea-signature',
  'x-forgejo-signature',
  'x-gogs-signature',
  'x-gitlab-token',
  'webhook-signature',
]

function unsigned(): PlatformError {
  return new PlatformError('BAD_REQUEST', 'The webhook is not signed: set the secret of the project at the git host')
}

/** The same for a project that is not there and for a wrong signature, so that neither can be told from the other. */
function refused(): PlatformError {
  return new PlatformError('NOT_FOUND', 'There is no such project, or the webhook is not signed with its secret')
}

function wrongHost({ host }: ProjectRecord, sender: HookHost): PlatformError {
  const reason = `The webhook is of ${sender}, the project of ${host}: say "host": "${sender}" of the project`
  return new PlatformError('UNPROCESSABLE_ENTITY', reason)
}

function readEvent({ host }: ProjectRecord, head: HookHead, body: Uint8Array): GitEvent {
  const payload = { event: head.event, value: parseBody(head, body) }
  return host === 'gitlab' ? readGitlabEvent(payload) : readGithubEvent(payload)
}

/** Hosts send JSON, or a form with JSON in its field `payload`. */
function parseBody({ isForm }: HookHead, body: Uint8Array): unknown {
  const text = Buffer.from(body).toString('utf8')
  try {
    return JSON.parse(isForm ? (new URLSearchParams(text).get('payload') ?? '') : text)
  } catch (cause) {
    const what = isForm ? 'The field payload of the form' : 'The body'
    throw new PlatformError('INVALID_REQUEST_BODY', `${what} is not JSON`, { cause })
  }
}
