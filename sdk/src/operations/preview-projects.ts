// biome-ignore-all format: written by scripts/sdk-operations.mjs
// biome-ignore-all assist/source/organizeImports: likewise
/** Written by scripts/sdk-operations.mjs from protocol/src/api/preview-projects.ts: change that, and run it again. */

export interface CreatePreviewProject {
  rootDirectory?: string
  mode?: 'production' | 'development'
  install?: string | null
  build?: string | null
  start?: string | null
  port?: number
  env?: Record<string, string>
  secrets?: string[]
  snapshot?: string
  cpu?: number
  memory?: number
  disk?: number
  public?: boolean
  autoStopInterval?: number
  name?: string
  host?: 'github' | 'gitlab' | 'gitea' | 'other'
  apiUrl?: string | null
  token?: string | null
  username?: string | null
  reporting?: 'comment' | 'status' | 'both' | 'none'
  forks?: boolean
  repository: string
}

export interface CreatePreviewProjectInput {
  rootDirectory?: string | undefined
  mode?: 'production' | 'development' | undefined
  install?: string | null | undefined
  build?: string | null | undefined
  start?: string | null | undefined
  port?: number | undefined
  env?: Readonly<Record<string, string>> | undefined
  secrets?: readonly string[] | undefined
  snapshot?: string | undefined
  cpu?: number | undefined
  memory?: number | undefined
  disk?: number | undefined
  public?: boolean | undefined
  autoStopInterval?: number | undefined
  name?: string | undefined
  host?: 'github' | 'gitlab' | 'gitea' | 'other' | undefined
  apiUrl?: string | null | undefined
  token?: string | null | undefined
  username?: string | null | undefined
  reporting?: 'comment' | 'status' | 'both' | 'none' | undefined
  forks?: boolean | undefined
  repository: string
}

export interface HookAnswer {
  message: string
  previewId: string | null
}

export interface NewPreviewProject {
  id: string
  organizationId: string
  name: string
  repository: string
  host: 'github' | 'gitlab' | 'gitea' | 'other'
  apiUrl: string | null
  hasToken: boolean
  username: string | null
  reporting: 'comment' | 'status' | 'both' | 'none'
  forks: boolean
  webhookUrl: string
  lastWebhookAt: string | null
  reportError: string | null
  settings: {
    rootDirectory?: string
    mode?: 'production' | 'development'
    install?: string | null
    build?: string | null
    start?: string | null
    port?: number
    env?: Record<string, string>
    secrets?: string[]
    snapshot?: string
    cpu?: number
    memory?: number
    disk?: number
    public?: boolean
    autoStopInterval?: number
  }
  createdAt: string
  updatedAt: string
  webhookSecret: string
}

export interface PreviewProject {
  id: string
  organizationId: string
  name: string
  repository: string
  host: 'github' | 'gitlab' | 'gitea' | 'other'
  apiUrl: string | null
  hasToken: boolean
  username: string | null
  reporting: 'comment' | 'status' | 'both' | 'none'
  forks: boolean
  webhookUrl: string
  lastWebhookAt: string | null
  reportError: string | null
  settings: {
    rootDirectory?: string
    mode?: 'production' | 'development'
    install?: string | null
    build?: string | null
    start?: string | null
    port?: number
    env?: Record<string, string>
    secrets?: string[]
    snapshot?: string
    cpu?: number
    memory?: number
    disk?: number
    public?: boolean
    autoStopInterval?: number
  }
  createdAt: string
  updatedAt: string
}

export interface UpdatePreviewProject {
  rootDirectory?: string
  mode?: 'production' | 'development'
  install?: string | null
  build?: string | null
  start?: string | null
  port?: number
  env?: Record<string, string>
  secrets?: string[]
  snapshot?: string
  cpu?: number
  memory?: number
  disk?: number
  public?: boolean
  autoStopInterval?: number
  name?: string
  host?: 'github' | 'gitlab' | 'gitea' | 'other'
  apiUrl?: string | null
  token?: string | null
  username?: string | null
  reporting?: 'comment' | 'status' | 'both' | 'none'
  forks?: boolean
}

export interface UpdatePreviewProjectInput {
  rootDirectory?: string | undefined
  mode?: 'production' | 'development' | undefined
  install?: string | null | undefined
  build?: string | null | undefined
  start?: string | null | undefined
  port?: number | undefined
  env?: Readonly<Record<string, string>> | undefined
  secrets?: readonly string[] | undefined
  snapshot?: string | undefined
  cpu?: number | undefined
  memory?: number | undefined
  disk?: number | undefined
  public?: boolean | undefined
  autoStopInterval?: number | undefined
  name?: string | undefined
  host?: 'github' | 'gitlab' | 'gitea' | 'other' | undefined
  apiUrl?: string | null | undefined
  token?: string | null | undefined
  username?: string | null | undefined
  reporting?: 'comment' | 'status' | 'both' | 'none' | undefined
  forks?: boolean | undefined
}

/** What is sent and answered. */
export interface PreviewProjectOperations {
  /** Make previews of a repository: its settings, and where it sends its webhooks */
  createPreviewProject: {
    body: CreatePreviewProjectInput
    answer: NewPreviewProject
  }
  /** List the repositories that previews are made of */
  listPreviewProjects: {
    answer: PreviewProject[]
  }
  /** One repository that previews are made of */
  getPreviewProject: {
    params: { projectId: string | number | boolean }
    answer: PreviewProject
  }
  /** Change how previews of a repository are made, from the next run on */
  updatePreviewProject: {
    params: { projectId: string | number | boolean }
    body: UpdatePreviewProjectInput
    answer: PreviewProject
  }
  /** Delete a project with its preview environments and its cache */
  deletePreviewProject: {
    params: { projectId: string | number | boolean }
    answer: undefined
  }
  /** Make a new secret for the webhooks of a repository; the old one ends */
  rotatePreviewWebhookSecret: {
    params: { projectId: string | number | boolean }
    answer: {
      webhookSecret: string
    }
  }
  /** Webhook of a git host; its signature is what opens it */
  receivePreviewHook: {
    params: { projectId: string | number | boolean }
    answer: HookAnswer
  }
}

/** Method and path; with "bytes" where the answer is no JSON. */
export const previewProjectOperations = {
  createPreviewProject: 'POST /preview-projects',
  listPreviewProjects: 'GET /preview-projects',
  getPreviewProject: 'GET /preview-projects/{projectId}',
  updatePreviewProject: 'PATCH /preview-projects/{projectId}',
  deletePreviewProject: 'DELETE /preview-projects/{projectId}',
  rotatePreviewWebhookSecret: 'POST /preview-projects/{projectId}/webhook-secret',
  receivePreviewHook: 'POST /preview-hooks/{projectId}',
} as const
