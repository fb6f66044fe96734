import type { EnvironmentStatus, GitHost, ProjectPlan, Reporting, StepName, StepState } from '@sandyard/protocol'

/** How a repository is brought to serve, as somebody has said it; what is absent is found out. */
export interface ServingSettings {
  readonly rootDirectory?: string
  readonly mode?: 'production' | 'development'
  readonly install?: string | null
  readonly build?: string | null
  readonly start?: string | null
  readonly port?: number
  readonly env?: Readonly<Record<string, string>>
  readonly secrets?: readonly string[]
  readonly snapshot?: string
  readonly cpu?: number
  readonly memory?: number
  readonly disk?: number
  readonly public?: boolean
  readonly autoStopInterval?: number
}

/** A repository, as previews are made of it. */
export interface ProjectRecord {
  readonly id: string
  readonly organizationId: string
  readonly name: string
  readonly repository: string
  readonly repositoryKey: string
  readonly host: GitHost
  readonly apiUrl: string | null
  /** sealed for `project.<id>` */
  readonly token: string | null
  readonly username: string | null
  readonly reporting: Reporting
  readonly forks: boolean
  readonly settings: ServingSettings
  /** sealed for `project.<id>` */
  readonly webhookSecret: string
  readonly lastWebhookAtMs: number | null
  /** why nothing is told the git host any more; null: it is */
  readonly reportError: string | null
  readonly isLeaving: boolean
  readonly createdAtMs: number
  readonly updatedAtMs: number
}

/** What serves until a run with a fresh sandbox ends: it comes back when that fails. */
export interface FormerServing {
  readonly sandboxId: string
  readonly commit: string | null
  readonly plan: ProjectPlan | null
}

/** A preview environment. */
export interface EnvironmentRecord {
  readonly id: string
  readonly organizationId: string
  readonly projectId: string
  /** URL of the fork that the branch is of; empty: the project's own */
  readonly headRepository: string
  /** empty: the repository's own, whose name is not known yet */
  readonly branch: string
  /** it was asked for without a branch */
  readonly isDefaultBranch: boolean
  readonly pullNumber: number | null
  readonly pullTitle: string | null
  readonly pullUrl: string | null
  readonly status: EnvironmentStatus
  readonly error: string | null
  readonly wantedCommit: string | null
  readonly commit: string | null
  readonly wantedRun: number
  readonly run: number
  readonly isFresh: boolean
  readonly sandboxId: string | null
  readonly former: FormerServing | null
  readonly plan: ProjectPlan | null
  /** that answered when a run ended well last; null: none has */
  readonly servedPort: number | null
  /** somebody has asked for it by a call; it stays when its pull request is closed */
  readonly isPinned: boolean
  readonly createdAtMs: number
  readonly updatedAtMs: number
}

/** A step of an environment's last run. */
export interface StepRecord {
  readonly environmentId: string
  readonly name: StepName
  readonly state: StepState
  readonly attempts: number
  readonly startedAtMs: number | null
  readonly endedAtMs: number | null
  readonly reason: string | null
  /** what it left behind to go on from */
  readonly memory: string | null
}
