import { mkdirSync, mkdtempSync, rmdirSync, rmSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { mustRun, run } from '../host/run.ts'
import type { Layout } from '../layout.ts'
import { rangeRootId } from '../records/ids.ts'
import { canCloneMounts, runMountScript } from './mapped-mount.ts'

/**
 * Layers that fit below one overlay. The kernel takes a page of options, and every layer is one more place to look for
 * a name.
 */
export const mostLayers = 64

/** An overlay whose files show other owners than they have on disk. */
export interface MappedOverlay {
  /** mount point, which exists */
  readonly root: string
  /** what is below, the topmost first; at most `mostLayers` */
  readonly layers: readonly string[]
  /** holds the two folders `upper` and `work` */
  readonly disk: string
  /** host id that `containerRootId` appears as, which it may be itself; the others follow */
  readonly rootId: number
}

/**
 * The layers are cloned under other owners, the overlay is made of the clones, and then they are taken away again: it
 * keeps them for itself.
 */
const script = String.raw`
my ($folder, $root, $disk, @layers) = @ARGV;
# Options hold a page, so names in them are short.
chdir $folder or die "$folder: $!\n";
my @clones;
END { my $code = $?; syscall($umount2 + 0, $_, $DETACH) for reverse @clones; rmdir $_ for @clones; $? = $code; }

sub add_clone {
  my ($source, $target) = @_;
  mkdir $target, 0700 or die "$target: $!\n";
  push @clones, $target;
  attach(clone_mapped($HERE, $source, 0), $target);
}
my @below = map { "$root.$_" } 0 .. $#layers;
add_clone($layers[$_], $below[$_]) for 0 .. $#layers;
add_clone($disk, "$root.disk");
my $lower = join(':', @below);
my ($name, $options) = ('overlay', "lowerdir=$lower,upperdir=$root.disk/upper,workdir=$root.disk/work");
syscall($mount + 0, $name, $root, $name, $NO_DEVICES, $options) == 0 or die "mount $root: $!\n";
`

/** Mounts it. A crash in between leaves `<root>.<number>` or `<root>.disk`, mounted or not. */
export async function mountMappedOverlay({ root, layers, disk, rootId }: MappedOverlay): Promise<void> {
  const { exitCode, stderr } = await runMountScript(script, rootId, [dirname(root), basename(root), disk, ...layers])
  if (exitCode !== 0) throw new Error(`The overlay ${root} cannot be mounted: ${stderr.trim()}`)
}

/** True when this machine can: a kernel from 5.19 on, and file systems that take part. Tried for real. */
export async function canMapOwners(layout: Layout, layers: readonly string[]): Promise<boolean> {
  if (!canCloneMounts) return false
  const roots = join(layout.runtime, 'roots')
  mkdirSync(roots, { recursive: true, mode: 0o711 })
  const root = mkdtempSync(join(roots, 'trial-'))
  const disk = mkdtempSync(join(layout.disks, '.trial-'))
  try {
    for (const name of ['upper', 'work']) mkdirSync(join(disk, name))
    await mountMappedOverlay({ root, layers, disk, rootId: rangeRootId(0, 0) })
    // The kernel mounts what it cannot write to read-only, without a word.
    const written = await run('mkdir', [join(root, '.trial')])
    await mustRun('umount', [root])
    return written.exitCode === 0
  } catch {
    return false
  } finally {
    rmdirSync(root)
    rmSync(disk, { recursive: true, force: true })
  }
}
