import { Daytona, type Sandbox } from '@sandyard/sdk'
import { apiUrl } from '../../platform/organizations.ts'
import type { Platform } from '../../platform/platform.tsx'
import type { Picked } from './picked.ts'
import { createUploadFetch, type UploadFetch } from './upload-fetch.ts'
import type { Upload, Workspace } from './workspace.ts'

/** Uploads of a sandbox, which go on while other pages are looked at. */
export interface Uploader {
  /** Sends files, those that are there are replaced. `onDone` hears the path of each. */
  send(files: readonly Picked[], onDone: (path: string) => void): void
  /** Sends those again that have failed, from their beginning. */
  sendAgain(): void
  cancel(id: number): void
  cancelAll(): void
}

/** files that are sent at once */
const atOnce = 3
/** how often the page is told how far a file is, ms */
const tellMs = 120
const uploaders = new WeakMap<Workspace, Uploader>()

/** The uploads of a workspace. */
export function uploaderOf(workspace: Workspace, platform: Platform): Uploader {
  const known = uploaders.get(workspace)
  if (known !== undefined) return known
  const made = createUploader(workspace, platform)
  uploaders.set(workspace, made)
  return made
}

interface Job {
  readonly id: number
  readonly picked: Picked
  readonly onDone: (path: string) => void
}

function createUploader(workspace: Workspace, { keeper, organization }: Platform): Uploader {
  const wire: UploadFetch = createUploadFetch(keeper)
  const daytona = new Daytona({ jwtToken: 'session', organizationId: organization.id, apiUrl, fetch: wire.fetch })
  let waiting: Job[] = []
  const failed = new Map<number, Job>()
  const sending = new Map<number, AbortController>()
  let lastId = 0
  let sandbox: Promise<Sandbox> | null = null

  function change(id: number, to: Partial<Upload>): void {
    workspace.view.set((view) => ({
      ...view,
      uploads: view.uploads.map((upload) => (upload.id === id ? { ...upload, ...to } : upload)),
    }))
  }

  async function run(job: Job): Promise<void> {
    const { id, picked, onDone } = job
    const { file, path } = picked
    const ending = new AbortController()
    sending.set(id, ending)
    change(id, { state: 'sending' })
    let toldMs = 0
    wire.watch(file, (sentBytes) => {
      if (performance.now() - toldMs < tellMs) return
      toldMs = performance.now()
      change(id, { sentBytes })
    })
    sandbox ??= daytona.get(workspace.sandboxId)
    try {
      const { fs } = await sandbox
      await fs.uploadFileStream(file, path, { signal: ending.signal, timeout: 0 })
      change(id, { state: 'done', sentBytes: file.size })
      onDone(path)
    } catch (error) {
      const isCancelled = ending.signal.aborted
      if (!isCancelled) failed.set(id, job)
      change(id, { state: isCancelled ? 'cancelled' : 'failed', fault: isCancelled ? null : messageOf(error) })
      onDone(path)
      sandbox = isCancelled ? sandbox : null
    } finally {
      sending.delete(id)
      next()
    }
  }

  function next(): void {
    while (sending.size < atOnce) {
      const job = waiting.shift()
      if (job === undefined) return
      void run(job)
    }
  }

  function cancel(id: number): void {
    sending.get(id)?.abort()
    if (!waiting.some((job) => job.id === id)) return
    waiting = waiting.filter((job) => job.id !== id)
    change(id, { state: 'cancelled' })
  }

  return {
    send(files, onDone) {
      const jobs = files.map((picked): Job => ({ id: ++lastId, picked, onDone }))
      const added = jobs.map(({ id, picked: { path, file } }): Upload => {
        return { id, path, sizeBytes: file.size, sentBytes: 0, state: 'waiting', fault: null }
      })
      workspace.view.set((view) => ({ ...view, uploads: [...view.uploads, ...added] }))
      waiting = [...waiting, ...jobs]
      next()
    },
    sendAgain() {
      // Those that were cleared from the list are meant no more.
      const shown = new Set(workspace.view.get().uploads.map(({ id }) => id))
      const jobs = [...failed.values()].filter(({ id }) => shown.has(id))
      failed.clear()
      for (const { id } of jobs) change(id, { state: 'waiting', sentBytes: 0, fault: null })
      waiting = [...waiting, ...jobs]
      next()
    },
    cancel,
    cancelAll() {
      const gone = new Set(waiting.map(({ id }) => id))
      waiting = []
      workspace.view.set((view) => ({
        ...view,
        uploads: view.uploads.map((upload) => (gone.has(upload.id) ? { ...upload, state: 'cancelled' } : upload)),
      }))
      for (const ending of sending.values()) ending.abort()
    },
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
