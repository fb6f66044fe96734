import { mkdirSync, mkdtempSync, rmdirSync, rmSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { mustRun, run } from '../host/run.ts'
import { containerIdCount, containerRootId, rangeRootId } from '../ids.ts'
import type { Layout } from '../layout.ts'

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

/** System calls that differ by processor; the newer ones have the same number everywhere. */
const systemCalls = {
  x64: { mount: 165, umount2: 166, unshare: 272 },
  arm64: { mount: 40, umount2: 39, unshare: 97 },
}

/**
 * The layers are cloned with a mapping of owners (mount_setattr(2)), the overlay is made of the clones, and then they
 * are taken away again: it keeps them for itself. Root outside keeps its id, as the overlay works in its name.
 * No program of the distributions we know does this, but perl is in all of them and can call the kernel.
 */
const script = String.raw`
use strict;
my ($OPEN_TREE, $MOVE_MOUNT, $MOUNT_SETATTR) = (428, 429, 442);
my ($HERE, $EMPTY_PATH, $FROM_EMPTY_PATH, $CLONE_AND_CLOSE) = (-100, 0x1000, 4, 02000001);
my ($MAP_OWNERS, $NEW_USER, $NO_DEVICES, $DETACH) = (0x100000, 0x10000000, 4, 2);
my ($mount, $umount2, $unshare, $from, $to, $count, $folder, $root, $disk, @layers) = @ARGV;
# Options hold a page, so names in them are short.
chdir $folder or die "$folder: $!\n";
my @clones;
END { my $code = $?; syscall($umount2 + 0, $_, $DETACH) for reverse @clones; rmdir $_ for @clones; $? = $code; }

sub make_namespace {
  pipe(my $ready, my $tell) and pipe(my $wait, my $go) or die "pipe: $!\n";
  my $pid = fork() // die "fork: $!\n";
  if ($pid == 0) {
    close $ready; close $go;
    if (syscall($unshare + 0, $NEW_USER) == 0) { syswrite($tell, "x"); sysread($wait, my $byte, 1); }
    kill 'KILL', $$; # at once, without the END above
  }
  close $tell; close $wait;
  sysread($ready, my $byte, 1) or die "no user namespace\n";
  for my $kind ('uid_map', 'gid_map') {
    open(my $file, '>', "/proc/$pid/$kind") or die "$kind: $!\n";
    print $file "0 0 1\n$from $to $count\n";
    close $file or die "$kind: $!\n";
  }
  open(my $namespace, '<', "/proc/$pid/ns/user") or die "namespace: $!\n";
  close $go; waitpid($pid, 0);
  return $namespace;
}
my $namespace = $from == $to ? undef : make_namespace();

sub clone_mapped {
  my ($source, $target) = @_;
  mkdir $target, 0700 or die "$target: $!\n";
  push @clones, $target;
  my $empty = "\0";
  my $tree = syscall($OPEN_TREE, $HERE, $source, $CLONE_AND_CLOSE);
  die "open_tree $source: $!\n" if $tree < 0;
  if ($namespace) {
    my $attributes = pack('Q4', $MAP_OWNERS, 0, 0, fileno($namespace));
    syscall($MOUNT_SETATTR, $tree, $empty, $EMPTY_PATH, $attributes, length $attributes) == 0 or die "mount_setattr $source: $!\n";
  }
  syscall($MOVE_MOUNT, $tree, $empty, $HERE, $target, $FROM_EMPTY_PATH) == 0 or die "move_mount $target: $!\n";
}
my @below = map { "$root.$_" } 0 .. $#layers;
clone_mapped($layers[$_], $below[$_]) for 0 .. $#layers;
clone_mapped($disk, "$root.disk");
my $lower = join(':', @below);
my ($name, $options) = ('overlay', "lowerdir=$lower,upperdir=$root.disk/upper,workdir=$root.disk/work");
syscall($mount + 0, $name, $root, $name, $NO_DEVICES, $options) == 0 or die "mount $root: $!\n";
`

/** Mounts it. A crash in between leaves `<root>.<number>` or `<root>.disk`, mounted or not. */
export async function mountMappedOverlay({ root, layers, disk, rootId }: MappedOverlay): Promise<void> {
  const { mount, umount2, unshare } = systemCalls[process.arch as keyof typeof systemCalls]
  const ids = [containerRootId, rootId, containerIdCount]
  const calls = [mount, umount2, unshare, ...ids].map(String)
  await mustRun('perl', ['-e', script, ...calls, dirname(root), basename(root), disk, ...layers])
}

/** True when this machine can: a kernel from 5.19 on, and file systems that take part. Tried for real. */
export async function canMapOwners(layout: Layout, layers: readonly string[]): Promise<boolean> {
  if (!(process.arch in systemCalls)) return false
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
