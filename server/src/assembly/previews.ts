import { isSuspended } from '../auth/standing.ts'
import { createEnvironments, type Environments } from '../environments/environments.ts'
import { createKeeper, type Keeper } from '../environments/keeper.ts'
import { createProjectRemoval, type ProjectRemoval } from '../environments/project-removal.ts'
import { createProjects, type Projects } from '../environments/projects.ts'
import type { Step } from '../environments/step.ts'
import { createHooks, type Hooks } from '../git-hosts/hooks.ts'
import { createReports, type Reports } from '../git-hosts/reports.ts'
import { createSendToGitHost } from '../git-hosts/request.ts'
import { parseSite } from '../previews/site.ts'
import type { SandboxParts } from '../sandboxes/parts.ts'
import type { Cipher } from '../secrets/cipher.ts'
import type { Store } from '../store/store.ts'
import { createDestinations } from '../webhooks/destination.ts'
import type { Feeds } from './changes.ts'

/** What makes previews of repositories. */
export interface PreviewWork {
  readonly projects: Projects
  readonly environments: Environments
  readonly keeper: Pick<Keeper, 'isComing'>
  readonly removal: ProjectRemoval
  readonly hooks: Hooks
  readonly reports: Reports
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
  const destinations = createDestinations(config.observation.webhookAllow, undefined, 'the platform may call')
  const projects = createProjects({ projects: store.projects, cipher, destinations, clock })
  const environments = createEnvironments({
    ...store,
    ...feeds,
    projects: { byId: store.projects.byId, token: projects.token },
    async mayRun(id) {
      const organization = await store.accounts.organization(id)
      return organization !== undefined && !isSuspended(organization, clock())
    },
    steps,
    sandboxParts,
    folder,
    atOnce: config.previewBuilds,
    clock,
    log,
  })
  const reports = createReports({
    ...{ token: projects.token, projects: store.projects, environmentStore: store.environments, environments },
    gitReports: store.gitReports,
    send: createSendToGitHost(destinations),
    site: { home: parseSite(config.publicUrl), previewDomains: config.previewDomains },
    version: config.version,
    clock,
    log,
  })
  const keeper = createKeeper({
    environments: store.environments,
    projects: store.projects,
    degrade: environments.degrade,
    sandboxParts,
    feed: feeds.feed,
    log,
  })
  const removal = createProjectRemoval({
    projects: store.projects,
    environments,
    environmentStore: store.environments,
    volumeParts: sandboxParts,
    isTold: reports.isTold,
    clock,
  })
  const hooks = createHooks({
    ...projects,
    accounts: store.accounts,
    projects: store.projects,
    environments,
    environmentStore: store.environments,
    clock,
  })
  return {
    projects,
    environments,
    keeper,
    removal,
    hooks,
    reports,
    async round() {
      await environments.round()
      void keeper.round()
      await removal.tidy()
      await hooks.tidy()
      reports.round()
    },
    async close() {
      await reports.close()
      await keeper.close()
      await environments.close()
    },
  }
}
