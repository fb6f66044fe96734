// biome-ignore-all format: written by scripts/sdk-operations.mjs
// biome-ignore-all assist/source/organizeImports: likewise
/** Written by scripts/sdk-operations.mjs from protocol/src/api/preview-environments.ts: change that, and run it again. */

export interface CreatePreview {
  repository: string
  branch?: string
  token?: string | null
  username?: string | null
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

export interface CreatePreviewInput {
  repository: string
  branch?: string | undefined
  token?: string | null | undefined
  username?: string | null | undefined
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
}

export interface Preview {
  id: string
  organizationId: string
  projectId: string
  repository: string
  branch: string | null
  commit: string | null
  pullRequest: {
    number: number
    title: string | null
    url: string | null
    isFork: boolean
  } | null
  status: 'queued' | 'building' | 'ready' | 'failed' | 'deleting'
  error: string | null
  framework: 'nextjs' | 'nuxt' | 'sveltekit' | 'astro' | 'remix' | 'cra' | 'vue' | 'vite' | 'nest' | 'express' | 'fastify' | 'node' | 'static' | 'django' | 'fastapi' | 'flask' | 'streamlit' | 'python' | 'dockerfile' | 'procfile' | 'other' | null
  packageManager: 'npm' | 'pnpm' | 'yarn' | 'bun' | 'pip' | 'uv' | 'poetry' | null
  sandboxId: string | null
  port: number | null
  url: string | null
  notes: string[]
  run: number
  steps: PreviewStep[]
  createdAt: string
  updatedAt: string
}

export interface PreviewHealth {
  isAlive: boolean
  status: 'queued' | 'building' | 'ready' | 'failed' | 'deleting'
  sandboxState: string | null
}

export interface PreviewStep {
  name: 'sandbox' | 'clone' | 'detect' | 'prepare' | 'install' | 'build' | 'start' | 'ready'
  state: 'pending' | 'running' | 'done' | 'failed' | 'skipped'
  attempts: number
  startedAt: string | null
  endedAt: string | null
  reason: string | null
}

/** What is sent and answered. */
export interface PreviewEnvironmentOperations {
  /** Make a preview environment of a branch, or build it anew where there is one; answers at once */
  createPreview: {
    body: CreatePreviewInput
    answer: Preview
  }
  /** List preview environments, the newest first */
  listPreviews: {
    query?: {
      repository?: string | number | boolean | undefined
      branch?: string | number | boolean | undefined
      projectId?: string | number | boolean | undefined
    }
    answer: Preview[]
  }
  /** One preview environment with the steps of its last run */
  getPreview: {
    params: { previewId: string | number | boolean }
    answer: Preview
  }
  /** Delete a preview environment with its sandbox; answers at once */
  deletePreview: {
    params: { previewId: string | number | boolean }
    answer: undefined
  }
  /** Build a preview environment anew in a fresh sandbox; answers at once */
  restartPreview: {
    params: { previewId: string | number | boolean }
    answer: Preview
  }
  /** Whether a preview environment is alive */
  getPreviewHealth: {
    params: { previewId: string | number | boolean }
    answer: PreviewHealth
  }
  /** What the steps of the last run have told, as text; with follow until the run ends */
  getPreviewLog: {
    params: { previewId: string | number | boolean }
    query?: {
      follow?: string | number | boolean | undefined
    }
    answer: ReadableStream<Uint8Array>
  }
}

/** Method and path; with "bytes" where the answer is no JSON. */
export const previewEnvironmentOperations = {
  createPreview: 'POST /previews',
  listPreviews: 'GET /previews',
  getPreview: 'GET /previews/{previewId}',
  deletePreview: 'DELETE /previews/{previewId}',
  restartPreview: 'POST /previews/{previewId}/restart',
  getPreviewHealth: 'GET /previews/{previewId}/health',
  getPreviewLog: 'GET /previews/{previewId}/log bytes',
} as const
