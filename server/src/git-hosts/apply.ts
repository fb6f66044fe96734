import { isPlatformError, PlatformError } from '@sandyard/protocol'
import type { Environments } from '../environments/environments.ts'
import type { EnvironmentRecord, ProjectRecord } from '../environments/records.ts'
import type { EnvironmentStore, WantedEnvironment } from '../store/environments.ts'
import type { Guard } from '../store/guard.ts'
import { type GitDelivery, noteDelivery, type ProjectStore } from '../store/projects.ts'
import type { GitEvent, PullEvent, PushEvent } from './events.ts'
import { isSameRepository, originOf, parseRepository, type Repository } from './repository.ts'

/** What came of a webhook, for people who look at the git host's list of deliveries. */
export interface Applied {
  readonly message: string
  readonly previewId: string | null
}

/** What it needs. */
export interface ApplyParts {
  readonly projects: Pick<ProjectStore, 'takeIn' | 'forgetDelivery'>
  readonly environments: Pick<Environments, 'want' | 'remove'>
  readonly environmentStore: Pick<EnvironmentStore, 'describe' | 'find' | 'ofProject'>
  /** epoch ms */
  readonly clock: () => number
}

/** What one event is done with. */
interface Work extends ApplyParts {
  readonly project: ProjectRecord
  readonly delivery: GitDelivery
  readonly guard: Guard
}

/** A delivery that was taken in before. */
class Redelivered extends Error {}

/**
 * Does what an event says, in one transaction with the note that its delivery was taken in: a crash leaves both or
 * neither. Throws UNPROCESSABLE_ENTITY for an event of another repository, and what `Environments.want` does.
 */
export async function applyEvent(
  parts: ApplyParts,
  project: ProjectRecord,
  event: GitEvent,
  delivery: GitDelivery,
): Promise<Applied> {
  const guard: Guard = async (transaction) => {
    if (!(await noteDelivery(transaction, delivery))) throw new Redelivered()
  }
  const work: Work = { ...parts, project, delivery, guard }
  try {
    switch (event.kind) {
      case 'ping':
        return await note(work, 'The webhook is set up')
      case 'ignored':
        return await note(work, event.reason)
      case 'push':
        checkRepository(project, event.repository)
        return await push(work, event)
      case 'pull':
        checkRepository(project, event.repository)
        return await pull(work, event)
    }
  } catch (thrown) {
    if (thrown instanceof Redelivered) return { message: 'This delivery was taken in before', previewId: null }
    throw thrown
  }
}

async function note({ projects, delivery }: Work, message: string, previewId: string | null = null): Promise<Applied> {
  if (!(await projects.takeIn(delivery))) throw new Redelivered()
  return { message, previewId }
}

/** Only branches that have a preview already: not everything that is pushed is to be looked at. */
async function push(work: Work, event: PushEvent): Promise<Applied> {
  const { environmentStore, project } = work
  const environment = await environmentStore.find(project.id, '', event.branch)
  if (environment === undefined || environment.status === 'deleting') {
    return note(work, `There is no preview of branch ${event.branch}`)
  }
  if (event.commit !== null) return update(work, environment, { commit: event.commit, before: event.before })
  return leave(work, [environment])
}

async function pull(work: Work, event: PullEvent): Promise<Applied> {
  const { environmentStore, project, clock } = work
  const { number, title, url } = event
  if (event.action === 'close') {
    const ofPull = (await environmentStore.ofProject(project.id)).filter(({ pullNumber }) => pullNumber === number)
    return leave(work, ofPull)
  }
  const head = readHead(project, event)
  if (typeof head === 'string') return note(work, head)
  const found = await environmentStore.find(project.id, head.headRepository, event.branch)
  const environment = found?.status === 'deleting' ? undefined : found
  const described = { number, title, url }
  if (event.action === 'edit') {
    if (environment === undefined) return note(work, `Pull request ${number} has no preview`)
    await environmentStore.describe(environment.id, described, clock())
    return note(work, 'The preview knows the new title', environment.id)
  }
  if (environment !== undefined) {
    const isTryAgain = event.action === 'reopen' && environment.status === 'failed'
    return update(work, environment, { commit: event.commit, before: event.before, pull: described, isTryAgain })
  }
  const wanted = { ...head, branch: event.branch, commit: event.commit, pull: described }
  return want(work, wanted, `A preview of ${event.branch} is being made`)
}

/** Of which repository the branch is; text: why there is no preview of it. */
function readHead(project: ProjectRecord, event: PullEvent): { headRepository: string } | string {
  if (event.headRepository === null) return 'The repository of the branch is gone'
  const head = parse(event.headRepository)
  if (head === null) return 'The repository of the branch has no URL that previews are made of'
  if (isSameRepository(head.key, project.repositoryKey)) return { headRepository: '' }
  if (!project.forks) return 'The branch is of a fork, and the project makes no previews of forks'
  // What it is cloned with is meant for the repository's own git host.
  if (originOf(head.url) !== originOf(project.repository)) return 'The fork is at another git host'
  return { headRepository: head.url }
}

/** Builds a commit in place, unless it is built, or about to be. */
async function update(
  work: Work,
  environment: EnvironmentRecord,
  news: {
    readonly commit: string | null
    readonly before: string | null
    readonly pull?: NonNullable<WantedEnvironment['pull']>
    readonly isTryAgain?: boolean
  },
): Promise<Applied> {
  const { headRepository, branch } = environment
  const known = environment.wantedCommit ?? environment.commit
  if (news.commit !== null && news.commit === known && news.isTryAgain !== true) {
    if (news.pull !== undefined) await work.environmentStore.describe(environment.id, news.pull, work.clock())
    return note(work, `The preview is of ${news.commit.slice(0, 12)} already`, environment.id)
  }
  // Deliveries can come in another order than they were sent in. Where this one does not follow what is known here, the
  // branch itself tells what is newest.
  const follows = news.before !== null && news.before === known
  const wanted = {
    ...{ headRepository, branch, commit: follows ? news.commit : null },
    ...(news.pull === undefined ? {} : { pull: news.pull }),
  }
  return want(work, wanted, `The preview of ${branch} is being updated`)
}

async function want(
  { environments, projects, project, delivery, guard }: Work,
  wanted: Omit<WantedEnvironment, 'id' | 'organizationId' | 'projectId'>,
  message: string,
): Promise<Applied> {
  const { id: projectId, organizationId } = project
  try {
    const { id } = await environments.want({ organizationId, projectId, ...wanted }, guard)
    return { message, previewId: id }
  } catch (error) {
    // So that it can be sent again, such as when there is room for another one.
    if (isPlatformError(error)) await projects.forgetDelivery(delivery)
    throw error
  }
}

/** Deletes previews, but for those that somebody has asked for by a call: they are theirs to delete. */
async function leave(work: Work, environments: readonly EnvironmentRecord[]): Promise<Applied> {
  const [pinned] = environments.filter(({ isPinned }) => isPinned)
  const going = environments.filter(({ isPinned, status }) => !isPinned && status !== 'deleting')
  const last = going.at(-1)
  if (last === undefined) {
    const isKept = pinned !== undefined
    return note(
      work,
      isKept ? 'The preview stays: it was asked for by a call' : 'There is no preview of it',
      pinned?.id,
    )
  }
  // The note that the delivery was taken in comes with the last of them.
  for (const { id } of going) await work.environments.remove(id, id === last.id ? work.guard : undefined)
  return { message: 'The preview is being deleted', previewId: last.id }
}

function checkRepository(project: ProjectRecord, repository: string): void {
  if (isSameRepository(parse(repository)?.key ?? '', project.repositoryKey)) return
  const named = repository.slice(0, 200)
  throw new PlatformError('UNPROCESSABLE_ENTITY', `The webhook is of ${named}, the project of ${project.repository}`)
}

function parse(url: string): Repository | null {
  try {
    return parseRepository(url)
  } catch (error) {
    if (isPlatformError(error)) return null
    throw error
  }
}
