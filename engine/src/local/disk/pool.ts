import { existsSync, mkdirSync, readFileSync, rmSync, statfsSync } from 'node:fs'
import { open, rename } from 'node:fs/promises'
import { mustRun, run } from '../host/run.ts'
import type { Layout } from '../layout.ts'

const btrfsMagic = 0x9123_683e
const GiB = 1024 ** 3

/**
 * Makes `layout.disks` a folder on btrfs with quotas on: part of the data folder's own file system when that is
 * btrfs, else a file system of our own in a sparse file. Safe to repeat.
 */
export async function openDiskPool(layout: Layout, sizeGib: number): Promise<void> {
  mkdirSync(layout.disks, { recursive: true, mode: 0o711 })
  if (!isBtrfs(layout.data)) await mountPool(layout, sizeGib)
  await mustRun('btrfs', ['quota', 'enable', layout.disks])
}

/** Removes the pool for good, with all disks in it. */
export async function removeDiskPool(layout: Layout): Promise<void> {
  if (isMounted(layout.disks)) await mustRun('umount', [layout.disks])
  rmSync(layout.diskPool, { force: true })
  rmSync(layout.disks, { recursive: true, force: true })
}

async function mountPool(layout: Layout, sizeGib: number): Promise<void> {
  if (isMounted(layout.disks)) return
  if (!existsSync(layout.diskPool)) await makePool(layout.diskPool, sizeGib)
  // Direct I/O keeps the kernel from caching every block twice, once for the file and once for the file system.
  const loop = (await mustRun('losetup', ['--find', '--show', '--direct-io=on', layout.diskPool])).trim()
  try {
    await mustRun('mount', ['-t', 'btrfs', '-o', 'noatime,discard=async', loop, layout.disks])
  } finally {
    // Detaching a mounted device only marks it: it goes away by itself at the unmount.
    await run('losetup', ['--detach', loop])
  }
}

/** The file gets its name only when it is a whole file system, so a crash never leaves a half-made one. */
async function makePool(file: string, sizeGib: number): Promise<void> {
  const temporary = `${file}.new`
  rmSync(temporary, { force: true })
  const handle = await open(temporary, 'wx', 0o600)
  try {
    await handle.truncate(sizeGib * GiB)
  } finally {
    await handle.close()
  }
  await mustRun('mkfs.btrfs', ['--quiet', '--label', 'sandyard', temporary])
  await rename(temporary, file)
}

function isBtrfs(path: string): boolean {
  return statfsSync(path).type === btrfsMagic
}

/** True when a file system is mounted exactly there. */
function isMounted(path: string): boolean {
  return listMounts().includes(path)
}

/** All mount points of this mount namespace, innermost last. */
export function listMounts(): string[] {
  return readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => unescapeOctal(line.split(' ')[4] ?? ''))
}

function unescapeOctal(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)))
}
