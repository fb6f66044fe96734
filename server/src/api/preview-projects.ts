import type { previewProjectRoutes } from '@sandyard/protocol'
import type { ProjectRemoval } from '../environments/project-removal.ts'
import type { Projects } from '../environments/projects.ts'
import type { ProjectRecord } from '../environments/records.ts'
import type { Hooks } from '../git-hosts/hooks.ts'
import type { Reports } from '../git-hosts/reports.ts'
import { apiUrl, type Site } from '../previews/site.ts'
import type { ProjectStore } from '../store/projects.ts'
import { wireDate, wireDateOrNull } from '../wire-date.ts'
import type { Answers } from './call.ts'

/** What the calls on projects of previews need. */
interface Parts {
  readonly projects: Projects
  readonly projectStore: Pick<ProjectStore, 'of'>
  readonly removal: ProjectRemoval
  readonly hooks: Pick<Hooks, 'receive'>
  readonly reports: Pick<Reports, 'refresh'>
}

/** Answers of the calls on repositories that previews are made of. */
export function previewProjectAnswers(parts: Parts): Answers<typeof previewProjectRoutes> {
  const { projects, projectStore, removal, hooks, reports } = parts
  return {
    async createPreviewProject({ principal, body, site }) {
      const { project, webhookSecret } = await projects.create(principal.organizationId, body)
      return { ...toWire(project, site), webhookSecret }
    },
    async listPreviewProjects({ principal, site }) {
      return (await projectStore.of(principal.organizationId)).map((project) => toWire(project, site))
    },
    async getPreviewProject({ principal, params, site }) {
      return toWire(await projects.find(principal.organizationId, params.projectId), site)
    },
    async updatePreviewProject({ principal, params, body, site }) {
      const project = await projects.update(principal.organizationId, params.projectId, body)
      await reports.refresh(project.id)
      return toWire(project, site)
    },
    async deletePreviewProject({ principal, params }) {
      await removal.begin(await projects.find(principal.organizationId, params.projectId))
    },
    async rotatePreviewWebhookSecret({ principal, params }) {
      return { webhookSecret: await projects.rotate(principal.organizationId, params.projectId) }
    },
    receivePreviewHook: ({ params, request, body }) => hooks.receive(params.projectId, request.headers, body),
  }
}

function toWire(project: ProjectRecord, site: Site) {
  const { id, organizationId, name, repository, host, username, reporting, forks, reportError } = project
  const { secrets, ...settings } = project.settings
  return {
    ...{ id, organizationId, name, repository, host, username, reporting, forks, reportError },
    apiUrl: project.apiUrl,
    hasToken: project.token !== null,
    webhookUrl: `${apiUrl(site)}/preview-hooks/${id}`,
    lastWebhookAt: wireDateOrNull(project.lastWebhookAtMs),
    settings: { ...settings, ...(secrets === undefined ? {} : { secrets: [...secrets] }) },
    createdAt: wireDate(project.createdAtMs),
    updatedAt: wireDate(project.updatedAtMs),
  }
}
