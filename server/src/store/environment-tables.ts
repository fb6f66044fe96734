import type { EnvironmentStatus, GitHost, Reporting, StepName, StepState } from '@sandyard/protocol'

/** What the store has of preview environments. */
export interface EnvironmentTables {
  previewProjects: ProjectTable
  previewEnvironments: EnvironmentTable
  /** the steps of an environment's last run */
  previewSteps: StepTable
  /** sandboxes of environments that are to be destroyed; without reference: the row of the environment can be gone */
  previewLitter: { sandboxId: string; environmentId: string }
  gitReports: ReportTable
  /** webhooks of git hosts that were taken in, so that none counts twice */
  gitDeliveries: { projectId: string; deliveryId: string; receivedAtMs: number }
}

/** A repository, as previews are made of it. */
export interface ProjectTable {
  id: string
  organizationId: string
  name: string
  /** as it was given; without credentials */
  repository: string
  /** the same for all ways to write it; unique in the organization */
  repositoryKey: string
  host: GitHost
  apiUrl: string | null
  /** sealed; see Cipher */
  token: string | null
  username: string | null
  reporting: Reporting
  forks: number
  /** JSON; see ServingSettings */
  settings: string
  /** sealed */
  webhookSecret: string
  lastWebhookAtMs: number | null
  /** why nothing is told the git host any more; null: it is */
  reportError: string | null
  /** 1: it goes, as soon as its environments are gone */
  isLeaving: number
  createdAtMs: number
  updatedAtMs: number
}

/** A preview environment. */
export interface EnvironmentTable {
  id: string
  organizationId: string
  projectId: string
  /** repository that the branch is of, where it is a fork's; empty: the project's own. With the branch unique in a project */
  headRepository: string
  /** empty: the repository's own, whose name is not known yet */
  branch: string
  /** 1: it was asked for without a branch */
  isDefaultBranch: number
  pullNumber: number | null
  pullTitle: string | null
  pullUrl: string | null
  status: EnvironmentStatus
  error: string | null
  /** commit that is to be built; null: where the branch is */
  wantedCommit: string | null
  commit: string | null
  /** counts what was asked for; a run that is for less is out of date and ends */
  wantedRun: number
  /** the run that the steps are of */
  run: number
  /** 1: the next run makes a sandbox anew */
  isFresh: number
  sandboxId: string | null
  /** JSON; see FormerServing: what serves until a run with a fresh sandbox ends */
  former: string | null
  /** JSON; see ProjectPlan; null until it is known */
  plan: string | null
  /** that answered when a run ended well last: visitors go there; null: none has */
  servedPort: number | null
  /** 1: somebody has asked for it by a call; it stays when its pull request is closed */
  isPinned: number
  createdAtMs: number
  updatedAtMs: number
}

/** What was told the git host of an environment; outlives it until its end is told, too. */
export interface ReportTable {
  environmentId: string
  projectId: string
  pullNumber: number | null
  branch: string
  /** of the comment, as the git host names it; null: none is known */
  commentId: string | null
  /** digest of the comment's text as it was told last */
  toldComment: string | null
  /** commit and state of the status that was told last */
  toldStatus: string | null
  /** that have failed since */
  attempts: number
  nextAtMs: number
}

/** A step of a run. */
export interface StepTable {
  environmentId: string
  name: StepName
  state: StepState
  attempts: number
  startedAtMs: number | null
  endedAtMs: number | null
  reason: string | null
  /** JSON: what the step left behind to go on from after a crash, such as the command that it waits for */
  memory: string | null
}
