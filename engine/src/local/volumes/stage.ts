import { randomUUID } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, rmdirSync } from 'node:fs'
import { join } from 'node:path'
import { PlatformError, type VolumeMount } from '@sandyard/protocol'
import { runMountScript } from '../disk/mapped-mount.ts'
import { listMounts } from '../disk/pool.ts'
import { mustRun, run } from '../host/run.ts'
import { type Layout, stagesFolder } from '../layout.ts'
import { containerRootId } from '../records/ids.ts'
import { volumePath } from './volumes.ts'

/** Exit code of the script for a subpath that is not a way to a folder. */
const refused = 3

/**
 * Opens the folder of each volume that is wanted and mounts a clone of it under the owners of the sandbox. Folders of a
 * volume are whatever its users make of them, at any time: each name of a subpath is looked up in the folder before it,
 * which is held open, and may neither be a link nor lead out of the volume.
 */
const script = String.raw`
my ($refused, $owner) = splice(@ARGV, 0, 2);
my $PATH_AND_CLOSE = 012000000; # O_PATH and O_CLOEXEC
my $INSIDE = 1 | 2 | 4 | 8; # RESOLVE_NO_XDEV, NO_MAGICLINKS, NO_SYMLINKS and BENEATH of openat2(2)
umask 0;

sub open_folder {
  my ($folder, $name, $resolve) = @_;
  my $how = pack('Q3', $PATH_AND_CLOSE | $o_directory, 0, $resolve);
  return syscall($OPENAT2, $folder, $name, $how, length $how);
}

sub open_or_make {
  my ($folder, $name) = @_;
  # Somebody may remove it again in between, but not for ever.
  for (1 .. 10) {
    my $found = open_folder($folder, $name, $INSIDE);
    return $found if $found >= 0 || !$!{ENOENT};
    next unless mkdir "/proc/self/fd/$folder/$name", 0777;
    my $made = open_folder($folder, $name, $INSIDE);
    chown $owner, $owner, "/proc/self/fd/$made" if $made >= 0;
    return $made if $made >= 0;
  }
  return -1;
}

while (my ($volume, $subpath, $target) = splice(@ARGV, 0, 3)) {
  my $folder = open_folder($HERE, $volume, 0);
  die "$volume: $!\n" if $folder < 0;
  for my $name (split m{/}, $subpath) {
    $folder = open_or_make($folder, $name);
    if ($folder < 0) { print STDERR "$!"; exit $refused; }
  }
  attach(clone_mapped($folder, $empty, $NO_SETUID | $NO_DEVICES), $target);
}
`

/** Volumes that are mounted where the OCI runtime finds them. */
export interface StagedVolumes {
  /** on the host, in the order of the spec; each holds what the sandbox is to see */
  readonly sources: readonly string[]
  /** Takes the mounts away; those that were made of them stay. */
  unstage(): Promise<void>
}

/**
 * Mounts volumes for the container of one sandbox: nobody may set ids or find devices there, and files are owned by the
 * ids of its range. Throws BAD_REQUEST for a volume that is not there and for a subpath that is not a folder, or leads
 * over a link. A failure leaves nothing behind; a crash leaves mounts that `unstageAll` finds.
 * @param rootId host id of root inside, see ids.ts
 */
export async function stageVolumes(
  layout: Layout,
  volumes: readonly VolumeMount[],
  rootId: number,
): Promise<StagedVolumes> {
  if (volumes.length === 0) return { sources: [], unstage: async () => {} }
  const missing = volumes.find(({ volumeId }) => !existsSync(volumePath(layout, volumeId)))
  if (missing !== undefined) throw new PlatformError('BAD_REQUEST', `There is no volume ${missing.volumeId}`)
  const stage = join(stagesFolder(layout), randomUUID())
  const sources = volumes.map((_, index) => join(stage, String(index)))
  for (const source of sources) mkdirSync(source, { recursive: true, mode: 0o700 })
  try {
    const args = volumes.flatMap(({ volumeId, subpath }, index) => [
      volumePath(layout, volumeId),
      subpath ?? '',
      sources[index] ?? '',
    ])
    const { exitCode, stderr } = await runMountScript(script, rootId, [`${refused}`, `${containerRootId}`, ...args])
    if (exitCode === refused) {
      const names = volumes.flatMap(({ subpath }) => (subpath === null ? [] : [subpath])).join(', ')
      throw new PlatformError('BAD_REQUEST', `A subpath of a volume cannot be mounted (${names}): ${stderr.trim()}`)
    }
    if (exitCode !== 0) throw new Error(`Volumes cannot be mounted: ${stderr.trim()}`)
  } catch (error) {
    await unstage(stage)
    throw error
  }
  return { sources, unstage: () => unstage(stage) }
}

/** Takes away what a crash has left. Nothing may be staged meanwhile. */
export async function unstageAll(layout: Layout): Promise<void> {
  const folder = stagesFolder(layout)
  if (!existsSync(folder)) return
  for (const name of readdirSync(folder)) await unstage(join(folder, name))
}

/** Folders are only ever removed when they are empty: below a mount that is still there lies somebody's work. */
async function unstage(stage: string): Promise<void> {
  if (!existsSync(stage)) return
  const mounted = listMounts().filter((mount) => mount.startsWith(`${stage}/`))
  if (mounted.length > 0) {
    const gentle = await run('umount', mounted)
    if (gentle.exitCode !== 0) {
      const left = listMounts().filter((mount) => mount.startsWith(`${stage}/`))
      if (left.length > 0) await mustRun('umount', ['--lazy', ...left])
    }
  }
  for (const name of readdirSync(stage)) rmdirSync(join(stage, name))
  rmdirSync(stage)
}
