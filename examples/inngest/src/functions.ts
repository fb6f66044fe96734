import type { Daytona } from '@sandyard/sdk'
import { type Inngest, NonRetriableError } from 'inngest'
import type { Projects } from './projects.ts'
import {
  buildProject,
  cloneRepository,
  detectProject,
  installPackages,
  makeSandbox,
  removeSandboxes,
  startApplication,
  waitUntilReady,
} from './steps.ts'

/** Event that makes a preview of a project, or makes it anew. */
export const cloneAndPreview = 'github/clone-and-preview'

/** Data of that event. */
export interface CloneAndPreview {
  readonly projectId: string
  readonly repoUrl: string
  readonly userId: string
  readonly branch?: string
}

/** What the functions work with. */
export interface Parts {
  readonly inngest: Inngest
  readonly daytona: Daytona
  readonly projects: Projects
}

/**
 * Clones a repository into a sandbox of its own and serves it. Each step may be run again at any time; what a step
 * answers is kept by Inngest, so no token is among it. The preview of the run before serves until this one answers.
 */
export function createCloneAndPreview({ inngest, daytona, projects }: Parts) {
  return inngest.createFunction(
    {
      id: 'clone-and-preview-repository',
      triggers: [{ event: cloneAndPreview }],
      retries: 2,
      // Five at once, and of one project one after the other.
      concurrency: [{ limit: 5 }, { limit: 1, key: 'event.data.projectId' }],
      onFailure: async ({ event, error, step }) => {
        const { projectId } = readData(event.data.event.data)
        const run = { projectId, runId: event.data.run_id }
        await step.run('remove-sandbox', () => removeSandboxes(daytona, run, 'of'))
        await step.run('update-project', () =>
          projects.update(projectId, { status: 'failed', metadata: { error: error.message.slice(0, 4000) } }),
        )
      },
    },
    async ({ event, runId, step }) => {
      const { projectId, repoUrl, userId, branch } = readData(event.data)
      const run = { projectId, runId }

      const sandboxId = await step.run('create-sandbox', async () => {
        if ((await projects.find(projectId)) === null) throw new NonRetriableError(`There is no project ${projectId}`)
        await projects.update(projectId, { status: 'building' })
        return await makeSandbox(daytona, run)
      })
      const sandbox = () => daytona.get(sandboxId)

      await step.run('clone-repository', async () => {
        const token = await projects.tokenOf(userId)
        await cloneRepository(await sandbox(), { url: repoUrl, branch, token })
      })
      const plan = await step.run('detect-framework', async () => await detectProject(await sandbox()))
      await step.run('install-dependencies', async () => await installPackages(await sandbox(), plan))
      await step.run('build-project', async () => await buildProject(await sandbox(), plan))
      const commandId = await step.run(
        'start-preview-server',
        async () => await startApplication(await sandbox(), plan),
      )
      const previewUrl = await step.run(
        'wait-until-ready',
        async () => await waitUntilReady(await sandbox(), plan, commandId),
      )
      await step.run('update-project', () =>
        projects.update(projectId, {
          status: 'deployed',
          sandbox_url: previewUrl,
          framework: plan.framework,
          metadata: {
            sandboxId,
            port: plan.port,
            readyPath: plan.readyPath,
            packageManager: plan.packageManager,
            repoUrl,
            notes: plan.notes,
            error: null,
            ...(branch === undefined ? {} : { branch }),
          },
        }),
      )
      await step.run('remove-old-sandboxes', () => removeSandboxes(daytona, run, 'but'))
      return { success: true, sandboxId, previewUrl, framework: plan.framework }
    },
  )
}

/** The data of an event, which anybody with the key may have sent. */
function readData(data: unknown): CloneAndPreview {
  const { projectId, repoUrl, userId, branch } = (data ?? {}) as Partial<Record<keyof CloneAndPreview, unknown>>
  if (!isText(projectId) || !isText(userId) || !isText(repoUrl))
    throw new NonRetriableError('The event must have projectId, repoUrl and userId.')
  if (!/^https?:\/\//.test(repoUrl)) throw new NonRetriableError('repoUrl must begin with https://')
  if (branch === undefined || branch === null) return { projectId, repoUrl, userId }
  if (!isText(branch)) throw new NonRetriableError('branch must be a text.')
  return { projectId, repoUrl, userId, branch }
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= 1000
}
