import { open } from 'node:fs/promises'
import { objectName } from './repository.ts'
import { GitError } from './run-git.ts'

/** What the head of a bundle says. */
export interface Bundle {
  /** names of refs to commits */
  readonly refs: ReadonlyMap<string, string>
  /** byte of the file that the pack begins at */
  readonly packStart: number
}

/** bytes of a head: 21 refs and what they stand on */
const longestHead = 64 * 1024

/** Reads the head of a bundle of git, versions 2 and 3. */
export async function readBundle(file: string, format: 'sha1' | 'sha256'): Promise<Bundle> {
  await using handle = await open(file)
  const bytes = Buffer.alloc(longestHead)
  const { bytesRead } = await handle.read(bytes, 0, longestHead, 0)
  const end = bytes.subarray(0, bytesRead).indexOf('\n\n')
  const [first = '', ...lines] = bytes.toString('latin1', 0, Math.max(end, 0)).split('\n')
  if (end < 0 || !/^# v[23] git bundle$/.test(first)) throw new GitError('what the sandbox sent is no bundle of git')
  const refs = new Map<string, string>()
  for (const line of lines) {
    // `-` before commits that it stands on; git finds out by itself whether they are here.
    if (line.startsWith('-')) continue
    if (line.startsWith('@')) {
      if (line === `@object-format=${format}`) continue
      throw new GitError('the bundle that the sandbox sent is of another kind than the repository')
    }
    const [commit = '', name = ''] = line.split(' ')
    if (!objectName.test(commit) || !/^refs\/[\w/]{1,100}$/.test(name))
      throw new GitError('the bundle that the sandbox sent is not in order')
    refs.set(name, commit)
  }
  return { refs, packStart: end + 2 }
}
