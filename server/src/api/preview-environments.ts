import { isPlatformError, type previewEnvironmentRoutes } from '@sandyard/protocol'
import type { Environments } from '../environments/environments.ts'
import { healthOf } from '../environments/health.ts'
import type { Projects } from '../environments/projects.ts'
import type { EnvironmentRecord, ProjectRecord } from '../environments/records.ts'
import { toWirePreview, type WirePreview } from '../environments/wire.ts'
import { parseRepository } from '../git-hosts/repository.ts'
import type { Site } from '../previews/site.ts'
import type { SandboxParts } from '../sandboxes/parts.ts'
import type { EnvironmentStore } from '../store/environments.ts'
import type { ProjectStore } from '../store/projects.ts'
import type { Answers } from './call.ts'

/** What the calls on preview environments need. */
interface Parts extends Pick<SandboxParts, 'engine' | 'sandboxes' | 'config'> {
  readonly projects: Projects
  readonly projectStore: Pick<ProjectStore, 'of' | 'byId' | 'byRepository'>
  readonly environments: Environments
  readonly environmentStore: Pick<EnvironmentStore, 'ofOrganization' | 'steps'>
}

/** Answers of the calls on preview environments. */
export function previewEnvironmentAnswers(parts: Parts): Answers<typeof previewEnvironmentRoutes> {
  const { projects, projectStore, environments, environmentStore, config } = parts
  const { previewDomains } = config

  async function wire(found: readonly EnvironmentRecord[], site: Site): Promise<WirePreview[]> {
    const known = new Map<string, ProjectRecord | undefined>()
    for (const { projectId } of found) {
      if (!known.has(projectId)) known.set(projectId, await projectStore.byId(projectId))
    }
    const steps = await environmentStore.steps(found.map(({ id }) => id))
    return found.flatMap((environment) => {
      const project = known.get(environment.projectId)
      // It goes, and its environments went before it.
      if (project === undefined) return []
      const own = steps.filter(({ environmentId }) => environmentId === environment.id)
      return [toWirePreview(environment, { project, steps: own, site, previewDomains })]
    })
  }

  async function wireOne(environment: EnvironmentRecord, site: Site): Promise<WirePreview> {
    const [one] = await wire([environment], site)
    if (one !== undefined) return one
    // The row has gone since it was read.
    await environments.find(environment.organizationId, environment.id)
    throw new Error(`Preview ${environment.id} has no project`)
  }

  /** The project of a repository that somebody looks for; `undefined` for one that there is none of. */
  async function projectOf(organizationId: string, repository: string): Promise<ProjectRecord | undefined> {
    try {
      return await projectStore.byRepository(organizationId, parseRepository(repository).key)
    } catch (error) {
      if (isPlatformError(error) && error.code === 'BAD_REQUEST') return undefined
      throw error
    }
  }

  return {
    async createPreview({ principal: { organizationId }, body, site }) {
      const { branch = '', ...settings } = body
      const project = await projects.provide(organizationId, settings)
      const wanted = { organizationId, projectId: project.id, headRepository: '', branch, commit: null } as const
      return wireOne(await environments.want({ ...wanted, isPinned: true }), site)
    },
    async listPreviews({ principal: { organizationId }, query, site }) {
      const { branch, projectId, repository } = query
      const named = repository === undefined ? undefined : await projectOf(organizationId, repository)
      const isNone = repository !== undefined && (named === undefined || (projectId ?? named.id) !== named.id)
      if (isNone) return []
      const only = projectId ?? named?.id
      const filter = {
        ...(branch === undefined ? {} : { branch }),
        ...(only === undefined ? {} : { projectId: only }),
      }
      return wire(await environmentStore.ofOrganization(organizationId, filter), site)
    },
    async getPreview({ principal, params, site }) {
      return wireOne(await environments.find(principal.organizationId, params.previewId), site)
    },
    async deletePreview({ principal, params }) {
      const { id } = await environments.find(principal.organizationId, params.previewId)
      await environments.remove(id)
    },
    async restartPreview({ principal, params, site }) {
      const environment = await environments.find(principal.organizationId, params.previewId)
      return wireOne(await environments.restart(environment), site)
    },
    async getPreviewHealth({ principal, params }) {
      const environment = await environments.find(principal.organizationId, params.previewId)
      return { status: environment.status, ...(await healthOf(parts, environment)) }
    },
    async getPreviewLog({ principal, params, query }) {
      const environment = await environments.find(principal.organizationId, params.previewId)
      return environments.log(environment, query.follow === true)
    },
  }
}
