import { constants } from 'node:fs'
import { type RunResult, run } from '../host/run.ts'
import { containerIdCount, containerRootId } from '../records/ids.ts'

/** System calls that differ by processor; the newer ones have the same number everywhere. */
const systemCalls = {
  x64: { mount: 165, umount2: 166, unshare: 272 },
  arm64: { mount: 40, umount2: 39, unshare: 97 },
}

/**
 * What scripts that clone mounts begin with. A clone shows the files of a folder under other owners (mount_setattr(2)):
 * `containerRootId` and those that follow as the ids of a range. Root outside keeps its id. No program of the
 * distributions we know does this, but perl is in all of them and can call the kernel.
 */
const prelude = String.raw`
use strict;
my ($OPEN_TREE, $MOVE_MOUNT, $OPENAT2, $MOUNT_SETATTR) = (428, 429, 437, 442);
my ($HERE, $EMPTY_PATH, $FROM_EMPTY_PATH, $CLONE_AND_CLOSE) = (-100, 0x1000, 4, 02000001);
my ($MAP_OWNERS, $NEW_USER, $NO_SETUID, $NO_DEVICES, $DETACH) = (0x100000, 0x10000000, 2, 4, 2);
my ($mount, $umount2, $unshare, $o_directory, $from, $to, $count) = splice(@ARGV, 0, 7);
my $empty = "\0";

sub make_namespace {
  pipe(my $ready, my $tell) and pipe(my $wait, my $go) or die "pipe: $!\n";
  my $pid = fork() // die "fork: $!\n";
  if ($pid == 0) {
    close $ready; close $go;
    if (syscall($unshare + 0, $NEW_USER) == 0) { syswrite($tell, "x"); sysread($wait, my $byte, 1); }
    kill 'KILL', $$; # at once, without what is to be done at the end
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

# A clone of a folder: of a path, or of what a descriptor stands for and the path is empty.
sub clone_mapped {
  my ($folder, $path, $flags) = @_;
  my $tree = syscall($OPEN_TREE, $folder, $path, $CLONE_AND_CLOSE | ($path eq $empty ? $EMPTY_PATH : 0));
  die "open_tree $path: $!\n" if $tree < 0;
  if ($namespace || $flags) {
    my $attributes = pack('Q4', $flags | ($namespace ? $MAP_OWNERS : 0), 0, 0, $namespace ? fileno($namespace) : 0);
    my $is_set = syscall($MOUNT_SETATTR, $tree, $empty, $EMPTY_PATH, $attributes, length $attributes) == 0;
    # Kernels before 5.12 cannot; what is mounted from the clone has its flags from the OCI runtime.
    $is_set || !$namespace && $!{ENOSYS} or die "mount_setattr $path: $!\n";
  }
  return $tree;
}

sub attach {
  my ($tree, $target) = @_;
  syscall($MOVE_MOUNT, $tree, $empty, $HERE, $target, $FROM_EMPTY_PATH) == 0 or die "move_mount $target: $!\n";
}
`

/** False for processors whose system calls we do not know. */
export const canCloneMounts: boolean = process.arch in systemCalls

/**
 * Runs a script after the prelude.
 * @param rootId host id that `containerRootId` appears as, which it may be itself; the others follow
 */
export function runMountScript(script: string, rootId: number, args: readonly string[]): Promise<RunResult> {
  const { mount, umount2, unshare } = systemCalls[process.arch as keyof typeof systemCalls]
  const numbers = [mount, umount2, unshare, constants.O_DIRECTORY, containerRootId, rootId, containerIdCount]
  return run('perl', ['-e', prelude + script, ...numbers.map(String), ...args])
}
