import { createEnvironments, type Environments } from '../environments/environments.ts'
import { createProjects, type Projects } from '../environments/projects.ts'
import type { Step } from '../environments/step.ts'
import type { SandboxParts } from '../sandboxes/parts.ts'
import type { Cipher } from '../secrets/cipher.ts'
import type { Store } from '../store/store.ts'
import { createDestinations } from '../webhooks/destination.ts'
import type { Feeds } from './changes.ts'

/** What makes previews of repositories. */
export interface PreviewWork {
  readonly projects: Projects
  readonly environments: Environments
  /** What is to be done in each round of the reconciler. */
  round(): Promise<void>
  /** Lets go of what is under way; sandboxes go on running. */
  close(): Promise<void>
}

/** What it needs. */
interface Parts {
  readonly store: Store
  readonly feeds: Feeds
  readonly sandboxParts: SandboxParts
  readonly steps: readonly Step[]
  readonly cipher: Cipher
  /** where logs are kept */
  readonly folder: string
}

/** Wires projects and preview environments together. */
export function createPreviewWork({ store, feeds, sandboxParts, steps, cipher, folder }: Parts): PreviewWork {
  const { config, clock, log } = sandboxParts
  const destinations = createDestinations(config.observation.webhookAllow)
  const projects = createProjects({ projects: store.projects, cipher, destinations, clock })
  const environments = createEnvironments({
    ...store,
    ...feeds,
    projects: { byId: store.projects.byId, token: projects.token },
    steps,
    sandboxParts,
    folder,
    atOnce: config.previewBuilds,
    clock,
    log,
  })
  return { projects, environments, round: environments.round, close: environments.close }
}
