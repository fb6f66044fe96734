import type { Sandbox } from '@sandyard/sdk'
import { type TextFile, writeTextFile } from './text-file.ts'

/** What becomes of one file. */
export interface FileChange {
  /** absolute */
  readonly path: string
  /** whether there is one as the change begins */
  readonly exists: boolean
  /** null where there was none; `other`: it is binary or very large, and its content is not known */
  readonly before: TextFile | 'other' | null
  /** null: it goes */
  readonly after: TextFile | 'other' | null
  /** the file whose permissions it gets, for one that was moved */
  readonly modeOf?: string
}

/**
 * Makes all changes, or, where one fails, takes back those that were made. What goes is deleted last: that cannot be
 * taken back where the content is not known. Throws an Error that says what was changed all the same.
 */
export async function commitFiles(sandbox: Sandbox, changes: readonly FileChange[]): Promise<void> {
  const done: FileChange[] = []
  const writes = changes.filter((change) => change.after !== null && change.after !== change.before)
  const deletions = changes.filter((change) => change.after === null && change.before !== null)
  try {
    for (const change of [...writes, ...deletions]) {
      // Before it is done: a write that fails may have changed the file.
      done.unshift(change)
      await make(sandbox, change)
    }
  } catch (error) {
    const left: string[] = []
    for (const change of done) {
      try {
        await takeBack(sandbox, change)
      } catch {
        left.push(change.path)
      }
    }
    const rest = left.length === 0 ? 'All files are as they were.' : `These may be changed: ${left.join(', ')}.`
    throw new Error(`apply_patch failed: ${error instanceof Error ? error.message : error}. ${rest}`)
  }
}

async function make(sandbox: Sandbox, { path, after, modeOf }: FileChange): Promise<void> {
  if (after === null) return await sandbox.fs.deleteFile(path, false)
  if (after === 'other') return
  await writeTextFile(sandbox, path, after)
  if (modeOf === undefined) return
  const { permissions } = await sandbox.fs.getFileDetails(modeOf)
  await sandbox.fs.chmod(path, permissions)
}

async function takeBack(sandbox: Sandbox, { path, before }: FileChange): Promise<void> {
  if (before === 'other') throw new Error('its content is not known')
  if (before !== null) return await writeTextFile(sandbox, path, before)
  if (await sandbox.fs.exists(path)) await sandbox.fs.deleteFile(path, false)
}
