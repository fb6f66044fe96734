import { createBackOff } from '../sandboxes/back-off.ts'
import type { EnvironmentStore } from '../store/environments.ts'
import type { ProjectStore } from '../store/projects.ts'
import type { VolumeParts } from '../volumes/parts.ts'
import type { Environments } from './environments.ts'
import { readPages } from './pages.ts'
import type { ProjectRecord } from './records.ts'
import { removeCache } from './steps/cache.ts'

/** Projects that are looked at in one round. */
const mostAtOnce = 20

/** Deletes projects: their environments first, then their caches, then their rows. */
export interface ProjectRemoval {
  /** Notes that a project goes, with its environments. From here on it happens by itself, also after a crash. */
  begin(project: ProjectRecord): Promise<void>
  /** Goes on with those that go; called in each round. */
  tidy(): Promise<void>
}

/** What it needs. */
interface Parts {
  readonly projects: ProjectStore
  readonly environments: Pick<Environments, 'remove'>
  readonly environmentStore: Pick<EnvironmentStore, 'ofProject'>
  readonly volumeParts: VolumeParts
  /** True when all that was to be told of the project's environments at the git host is told. */
  isTold(projectId: string): Promise<boolean>
  readonly clock: () => number
}

/** Makes it. */
export function createProjectRemoval(parts: Parts): ProjectRemoval {
  const { projects, environments, environmentStore, volumeParts, isTold, clock } = parts
  const backOff = createBackOff(clock)
  const leaving = readPages(mostAtOnce, projects.leaving, ({ id }) => id)

  /** `true` when there is none any more. */
  async function sendAway(project: ProjectRecord): Promise<boolean> {
    const all = await environmentStore.ofProject(project.id)
    const staying = all.filter(({ status }) => status !== 'deleting')
    for (const { id } of staying) await environments.remove(id)
    return all.length === 0
  }

  return {
    async begin(project) {
      await projects.leave(project.id)
      await sendAway(project)
    },
    async tidy() {
      const page = await leaving()
      backOff.retain(new Set(page.map(({ id }) => id)))
      for (const project of page) {
        const isEmpty = await sendAway(project)
        if (!isEmpty || !(await isTold(project.id))) continue
        if (backOff.try(project.id) === 0) continue
        if (await removeCache(volumeParts, project)) await projects.delete(project.id)
      }
    },
  }
}
