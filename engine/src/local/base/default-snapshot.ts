import { chmod, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { containerRootId } from '../records/ids.ts'
import type { BaseSnapshot } from './base.ts'
import { findDebianMirror } from './debian-mirror.ts'
import { installDebian, type Making } from './debian-root.ts'
import { defaultRecipe, recipeDigest } from './default-recipe.ts'
import { downloadNpm, furnish } from './furnish.ts'
import { takeLock } from './lock.ts'
import { findNode } from './node-binary.ts'
import { shiftIds } from './shift-ids.ts'

/** Where the default snapshot is made, and from what. */
export interface DefaultSnapshotOptions extends Making {
  readonly baseDir: string
  readonly projectDir: string
  /** URL of the Debian mirror; `null` is this machine's own */
  readonly debianMirror: string | null
}

const making = '.making-'

/** Makes the default snapshot, or finds the one that the same recipe made. Of many callers one makes it. */
export async function prepareDefaultSnapshot(options: DefaultSnapshotOptions): Promise<BaseSnapshot> {
  const node = await findNode(options.projectDir)
  const folder = join(options.baseDir, 'snapshots')
  const target = join(folder, `default-${recipeDigest(node.version)}`)
  const found = await readSnapshot(target)
  if (found !== null) return found

  await mkdir(folder, { recursive: true })
  const onWait = (): void => options.progress('waiting for another process that is making the default snapshot')
  await using _lock = await takeLock(target, onWait, options.signal)
  const meanwhile = await readSnapshot(target)
  if (meanwhile !== null) return meanwhile
  await removeLeftovers(folder)
  const temporary = await mkdtemp(join(folder, making))
  try {
    await make(temporary, options)
    await rename(temporary, target)
  } finally {
    await rm(temporary, { recursive: true, force: true })
  }
  const made = await readSnapshot(target)
  if (made === null) throw new Error(`the default snapshot was made, but ${target} cannot be read`)
  return made
}

async function make(folder: string, options: DefaultSnapshotOptions): Promise<void> {
  const { signal, progress } = options
  const rootfs = join(folder, 'rootfs')
  const node = await findNode(options.projectDir)
  progress('downloading npm')
  const npmPackage = await downloadNpm(folder, signal)
  const mirror = await findDebianMirror(defaultRecipe.suite, options.debianMirror)
  progress(`asking ${mirror.sources[0]?.split(' ')[2]}`)
  await installDebian(rootfs, mirror, options)
  progress('adding Node, npm and the user')
  await furnish(rootfs, node, npmPackage, options)
  progress('giving the files to the ids of sandboxes')
  const sizeBytes = shiftIds(rootfs, containerRootId)
  await rm(npmPackage)
  const snapshot: Omit<BaseSnapshot, 'rootfs'> = {
    name: 'default',
    user: defaultRecipe.user.name,
    workDir: defaultRecipe.user.home,
    env: defaultRecipe.env,
    entrypoint: null,
    sizeBytes,
    createdAtMs: Date.now(),
  }
  await writeFile(join(folder, 'snapshot.json'), `${JSON.stringify(snapshot, null, 2)}\n`)
  await chmod(folder, 0o755)
}

/** The snapshot in a folder, or `null` when there is none. */
async function readSnapshot(folder: string): Promise<BaseSnapshot | null> {
  try {
    const text = await readFile(join(folder, 'snapshot.json'), 'utf8')
    return { ...(JSON.parse(text) as Omit<BaseSnapshot, 'rootfs'>), rootfs: join(folder, 'rootfs') }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}

/** Removes what a killed process left; nobody else makes anything here while we hold the lock. */
async function removeLeftovers(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (name.startsWith(making)) await rm(join(folder, name), { recursive: true, force: true })
  }
}
