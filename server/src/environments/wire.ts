import type { previewEnvironmentRoutes, RouteOutput } from '@sandyard/protocol'
import { previewUrl, type Site } from '../previews/site.ts'
import { wireDate, wireDateOrNull } from '../wire-date.ts'
import type { EnvironmentRecord, ProjectRecord, StepRecord } from './records.ts'
import { servingOf } from './serving.ts'

/** A preview environment in the form of its row. */
export type WirePreview = RouteOutput<(typeof previewEnvironmentRoutes)['getPreview']>

/** What is said of one, for a caller who came by this site. The URL of a private one is plain: it asks who comes. */
export function toWirePreview(
  environment: EnvironmentRecord,
  {
    project,
    steps,
    site,
    previewDomains,
  }: {
    readonly project: Pick<ProjectRecord, 'repository'>
    /** of its last run, in their order */
    readonly steps: readonly StepRecord[]
    readonly site: Site
    readonly previewDomains: readonly string[]
  },
): WirePreview {
  const { id, organizationId, projectId, branch, commit, status, error, sandboxId, run, plan } = environment
  const { headRepository, pullNumber, pullTitle, pullUrl } = environment
  const isFork = headRepository !== ''
  return {
    ...{ id, organizationId, projectId, commit, status, error, sandboxId, run },
    repository: isFork ? headRepository : project.repository,
    branch: branch === '' ? null : branch,
    pullRequest: pullNumber === null ? null : { number: pullNumber, title: pullTitle, url: pullUrl, isFork },
    framework: plan?.framework ?? null,
    packageManager: plan?.packageManager ?? null,
    port: plan?.port ?? null,
    url: servingOf(environment) === null ? null : previewUrl(site, previewDomains, id, null),
    notes: [...(plan?.notes ?? [])],
    steps: steps.map((step) => ({
      name: step.name,
      state: step.state,
      attempts: step.attempts,
      startedAt: wireDateOrNull(step.startedAtMs),
      endedAt: wireDateOrNull(step.endedAtMs),
      reason: step.reason,
    })),
    createdAt: wireDate(environment.createdAtMs),
    updatedAt: wireDate(environment.updatedAtMs),
  }
}
