import { chmod, mkdir } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { Base, Progress } from './base.ts'
import { prepareDefaultSnapshot } from './default-snapshot.ts'
import { prepareRuntime } from './runtime.ts'

/** Where the base is, and from what it is made. */
export interface PrepareOptions {
  readonly baseDir: string
  /** the checkout: agent sources and node_modules */
  readonly projectDir: string
  /** URL of the Debian mirror; none is this machine's own */
  readonly debianMirror?: string | null
  readonly progress?: Progress
  /** stops the making; nothing is left behind */
  readonly signal?: AbortSignal
}

/**
 * Makes the agent runtime and the default snapshot where they are missing; both are reused later and shared by all
 * platforms with the same folder. Needs root, and about a minute the first time.
 */
export async function prepareBase(options: PrepareOptions): Promise<Base> {
  const baseDir = resolve(options.baseDir)
  const progress = options.progress ?? ((): void => {})
  await mkdir(baseDir, { recursive: true })
  // sandboxes run under ids of their own and must reach what is mounted from here
  await chmod(baseDir, 0o755)
  const runtimeFolder = await prepareRuntime(baseDir, options.projectDir, progress)
  const snapshot = await prepareDefaultSnapshot({
    baseDir,
    projectDir: options.projectDir,
    debianMirror: options.debianMirror ?? null,
    progress,
    signal: options.signal,
  })
  return { runtimeFolder, snapshots: [snapshot] }
}
