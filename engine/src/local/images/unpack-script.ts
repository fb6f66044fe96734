/** System calls that perl has no word for; they differ by processor. */
const systemCalls = {
  x64: { unshare: 272, setresuid: 117, setresgid: 119, setgroups: 116, prctl: 157, mknodat: 259, fchownat: 260 },
  arm64: { unshare: 97, setresuid: 147, setresgid: 149, setgroups: 159, prctl: 167, mknodat: 33, fchownat: 54 },
}
const laterCalls = { x64: { utimensat: 280, lsetxattr: 189 }, arm64: { utimensat: 88, lsetxattr: 6 } }

/** Numbers of the calls as the script takes them, as one argument. */
export function unpackCalls(): string {
  const arch = process.arch as keyof typeof systemCalls
  const calls = { ...systemCalls[arch], ...laterCalls[arch] }
  return Object.entries(calls)
    .map(([name, number]) => `${name}=${number}`)
    .join(',')
}

/**
 * Reads a tar file from its input and unpacks it into a folder; what it reads it passes on, for its digest to be taken.
 * The tar file is a stranger's. What reads it has a user namespace of its own in which root is `from`, no network, and
 * the folder as its root: whatever a name or a link leads to is in there. What only real root may set, the mark of an
 * overlay's opaque folder, is set when that has ended, by its parent, with the folder as root too.
 *
 * A layer above others keeps its whiteouts as overlay takes them (a device 0:0, the mark). With `apply` there is a
 * whole tree already, and whiteouts take away what is there.
 *
 * It is perl for the reason that `disk/mapped-overlay.ts` has. Written: numbers of calls, folder, first id, count of
 * ids, `apply` or nothing, most entries, most bytes.
 */
export const unpackScript = String.raw`
use strict;
use Fcntl qw(:mode O_WRONLY O_CREAT O_EXCL O_NOFOLLOW);
use Errno qw(ENOENT ENOSPC EDQUOT EEXIST);
my ($numbers, $folder, $from, $count, $apply, $most_entries, $most_bytes) = @ARGV;
my %call = map { my ($name, $number) = split /=/; ($name, $number + 0) } split /,/, $numbers;
my ($NEW_USER, $NEW_NET, $NEW_IPC, $HERE, $NO_FOLLOW) = (0x10000000, 0x40000000, 0x08000000, -100, 0x100);
my $MiB = 1024 * 1024;
$apply = $apply eq 'apply';
chdir $folder or die "folder: $!\n";

pipe(my $ready, my $tell) and pipe(my $wait, my $go) and pipe(my $marks, my $mark) or die "pipe: $!\n";
my $pid = fork() // die "fork: $!\n";
if ($pid == 0) {
  close $ready; close $go; close $marks;
  syscall($call{unshare}, $NEW_USER | $NEW_NET | $NEW_IPC) == 0 or die "namespace: $!\n";
  syswrite($tell, 'x');
  sysread($wait, my $byte, 1) or exit 1;
  syscall($call{setgroups}, 0, 0) == 0 or die "groups: $!\n";
  syscall($call{setresgid}, 0, 0, 0) == 0 and syscall($call{setresuid}, 0, 0, 0) == 0 or die "user: $!\n";
  syscall($call{prctl}, 1, 9, 0, 0, 0) == 0 or die "prctl: $!\n";
  chroot '.' and chdir '/' or die "chroot: $!\n";
  umask 0;
  unpack_all();
  exit 0;
}
close $tell; close $wait; close $mark;
close STDIN; close STDOUT;
sysread($ready, my $byte, 1) or exit 1;
for my $kind ('uid_map', 'gid_map') {
  open(my $file, '>', "/proc/$pid/$kind") or die "$kind: $!\n";
  print $file "0 $from $count\n";
  close $file or die "$kind: $!\n";
}
syswrite($go, 'x');
my $opaque = '';
while (sysread($marks, my $part, $MiB)) { $opaque .= $part; die "too many opaque folders\n" if length $opaque > 64 * $MiB; }
waitpid($pid, 0);
exit($? >> 8 || 1) if $? != 0;
chroot '.' and chdir '/' or die "chroot: $!\n";
my ($attribute, $yes) = ("trusted.overlay.opaque\0", 'y');
for my $path (split /\0/, $opaque) {
  my $named = "/$path\0";
  syscall($call{lsetxattr}, $named, $attribute, $yes, 1, 0) == 0 or die "opaque: $!\n";
}
exit 0;

# --- the tar file -----------------------------------------------------------------------------------------------------

my ($buffer, $read, $entries, %made, @folders, %notes);

sub printable { my ($name) = @_; $name =~ s/[^ -~]/?/g; return length $name > 200 ? substr($name, 0, 200) . '...' : $name; }
sub broken { die "broken: $_[0]\n"; }
sub failed {
  my ($what, $name) = @_;
  die "full\n" if $! == ENOSPC || $! == EDQUOT;
  die "broken: $what " . printable($name) . ": $!\n";
}

sub fill {
  my $got = sysread(STDIN, my $part, $MiB);
  defined $got or die "read: $!\n";
  return 0 if $got == 0;
  $read += $got;
  die "large\n" if $read > $most_bytes;
  for (my $done = 0; $done < $got;) { $done += syswrite(STDOUT, $part, $got - $done, $done) // die "write: $!\n"; }
  $buffer .= $part;
  return $got;
}
sub take {
  my ($size) = @_;
  while (length $buffer < $size) { fill() or broken('it ends in the midst of a file'); }
  return substr($buffer, 0, $size, '');
}
sub give {
  my ($size, $use) = @_;
  while ($size > 0) {
    length $buffer or fill() or broken('it ends in the midst of a file');
    my $part = substr($buffer, 0, $size < $MiB ? $size : $MiB, '');
    $size -= length $part;
    $use->($part) if $use;
  }
}
sub padding { return (512 - $_[0] % 512) % 512; }

sub number {
  my ($field) = @_;
  if (ord($field) & 0x80) {
    my @bytes = unpack 'C*', $field;
    my $is_negative = $bytes[0] & 0x40;
    return 0 if $is_negative;
    $bytes[0] &= 0x7f;
    my $value = 0;
    for my $byte (@bytes) { $value = $value * 256 + $byte; broken('a number is too large') if $value > 2 ** 50; }
    return $value;
  }
  $field =~ s/^[\s\0]+//; $field =~ s/[\s\0].*$//s;
  return 0 if $field eq '';
  $field =~ /^[0-7]{1,16}$/ or broken('a number is none');
  return oct $field;
}
sub decimal { $_[0] =~ /^(\d{1,15})(?:\.\d*)?$/ or return undef; return $1; }
sub plain { my ($field) = @_; $field =~ s/\0.*$//s; return $field; }

# Records of the extended header: "length key=value\n".
sub records {
  my ($text) = @_;
  my %found;
  while ($text ne '') {
    $text =~ /^(\d{1,8}) / or broken('an extended header is none');
    my $length = $1;
    my $head = length($1) + 1;
    $length > $head && $length <= length $text or broken('an extended header is cut off');
    my $record = substr(substr($text, 0, $length, ''), $head);
    $record =~ s/\n$// or broken('an extended header is cut off');
    my $at = index $record, '=';
    $at > 0 or broken('an extended header is none');
    $found{substr $record, 0, $at} = substr $record, $at + 1;
  }
  return \%found;
}

# As the folder's own names: no slash at the ends, nothing above it.
sub cleaned {
  my ($name) = @_;
  broken('a name has a zero byte') if $name =~ /\0/;
  broken('a name is too long') if length $name > 4096;
  my @parts;
  for my $part (split m{/+}, $name) {
    next if $part eq '' || $part eq '.';
    if ($part eq '..') { pop @parts; next; }
    push @parts, $part;
  }
  return join '/', @parts;
}

sub unpack_all {
  my ($extended, $long_name, $long_link) = ({}, undef, undef);
  ($buffer, $read, $entries) = ('', 0, 0);
  while (length $buffer >= 1 || fill()) {
    my $header = take(512);
    last if $header =~ /^\0+$/;
    my ($name, $mode, $uid, $gid, $size, $time, $sum, $type, $link, $magic, $prefix) =
      unpack 'a100 a8 a8 a8 a12 a12 a8 a1 a100 a8 x80 a155', $header;
    number($sum) == unpack('%32C*', substr($header, 0, 148) . ' ' x 8 . substr($header, 156)) or broken('it is no tar file, or damaged');
    ++$entries > $most_entries and die "many\n";
    ($name, $link, $size) = (plain($name), plain($link), number($size));
    if ($type =~ /[xgLK]/) {
      $size <= $MiB or broken('an extended header is too long');
      my $text = take($size);
      take(padding($size));
      if ($type eq 'x') { $extended = records($text); }
      elsif ($type eq 'L') { $long_name = plain($text); }
      elsif ($type eq 'K') { $long_link = plain($text); }
      next;
    }
    $name = plain($prefix) . "/$name" if $magic =~ /^ustar\0/ && plain($prefix) ne '';
    $name = $extended->{path} // $long_name // $name;
    $link = $extended->{linkpath} // $long_link // $link;
    if (defined $extended->{size}) { $size = decimal($extended->{size}) // broken('a size is none'); }
    $size = 0 if $type =~ /[123456]/;
    broken('it has sparse files, which are not supported') if $type eq 'S' || grep { /^GNU\.sparse\./ } keys %$extended;
    my %attributes = map { /^SCHILY\.xattr\.(.+)$/s ? ($1 => $extended->{$_}) : () } keys %$extended;
    my $entry = {
      name => cleaned($name), type => $type, link => $link, size => $size, mode => number($mode) & 07777,
      uid => decimal($extended->{uid} // '') // number($uid), gid => decimal($extended->{gid} // '') // number($gid),
      time => decimal($extended->{mtime} // '') // number($time), attributes => \%attributes,
    };
    $entry->{type} = '5' if $type =~ /[0\0]/ && $name =~ m{/$};
    unpack_one($entry);
    give($entry->{rest} // $size);
    give(padding($size));
    ($extended, $long_name, $long_link) = ({}, undef, undef);
  }
  1 while $buffer = '', fill();
  # Only now: what comes into a folder changes its time.
  for my $folder (reverse @folders) { set_time(@$folder); }
  print STDERR join(' ', 'notes', map { "$_=$notes{$_}" } sort keys %notes), "\n";
}

sub unpack_one {
  my ($entry) = @_;
  my ($above, $base) = $entry->{name} =~ m{^(?:(.*)/)?([^/]*)$}s;
  $above //= '';
  if ($base =~ s/^\.wh\.//) { return whiteout($above, $base); }
  my ($type, $path) = ($entry->{type}, "/$entry->{name}");
  if ($type =~ /[34]/) { $notes{devices}++; return; }
  $type =~ /[0\x0012567]/ or broken('it has an entry of the unknown kind ' . printable($type));
  make_folder($above);
  my @there = lstat $path;
  if (@there && !($type eq '5' && S_ISDIR($there[2]))) {
    $entry->{name} ne '' or broken('its root is no folder');
    # A folder in place of what is below, not together with it.
    mark_opaque($entry->{name}) if $type eq '5' && S_ISCHR($there[2]);
    my $is_own_link = $type eq '1' && "/" . cleaned($entry->{link}) eq $path;
    return if $is_own_link;
    remove($path);
    @there = ();
  }
  if ($type eq '5') { @there or mkdir $path, 0700 or failed('folder', $path); }
  elsif ($type eq '2') {
    $entry->{link} =~ /\0/ and broken('a link has a zero byte');
    symlink $entry->{link}, $path or failed('link', $path);
  }
  elsif ($type eq '1') {
    link '/' . cleaned($entry->{link}), $path or failed('hard link', $path);
    note($entry->{name});
    return;
  }
  elsif ($type eq '6') { make_node($path, S_IFIFO | 0600) or failed('pipe', $path); }
  else { write_file($entry, $path); }
  note($entry->{name});
  set_owner($path, $entry);
  if ($type ne '2') { chmod $entry->{mode}, $path or failed('mode', $path); }
  set_attributes($path, $entry->{attributes});
  if ($type eq '5') { push @folders, [$path, $entry->{time}]; } else { set_time($path, $entry->{time}); }
}

sub note { $made{$_[0]} = 1 if $apply; }

sub make_folder {
  my ($name) = @_;
  my $path = '';
  return if $name eq '' || -d "/$name";
  for my $part (split m{/}, $name) {
    $path .= "/$part";
    my @there = lstat $path;
    # It was taken away by a whiteout of the same layer.
    if (@there && S_ISCHR($there[2])) { remove($path); mark_opaque(substr $path, 1); @there = (); }
    next if @there;
    mkdir $path, 0755 or failed('folder', $path);
    chmod 0755, $path;
    note(substr $path, 1);
  }
}

sub write_file {
  my ($entry, $path) = @_;
  sysopen(my $file, $path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600) or failed('file', $path);
  give($entry->{size}, sub {
    my ($part) = @_;
    for (my $done = 0; $done < length $part;) {
      $done += syswrite($file, $part, length($part) - $done, $done) // failed('file', $path);
    }
  });
  $entry->{rest} = 0;
  close $file or failed('file', $path);
}

sub whiteout {
  my ($above, $name) = @_;
  if ($name eq '.wh..opq') {
    make_folder($above);
    $apply ? empty_of_below($above) : mark_opaque($above);
    return;
  }
  # What the union file system aufs kept for itself.
  return if $name =~ /^\.wh\./;
  $name !~ /^(?:|\.|\.\.)$/ or broken('a whiteout has no name');
  my $path = ($above eq '' ? '' : "/$above") . "/$name";
  my @there = lstat $path;
  if ($apply) {
    if (!@there) { return; }
    elsif (!$made{substr $path, 1}) { remove($path); }
    elsif (S_ISDIR($there[2])) { empty_of_below(substr $path, 1); }
    return;
  }
  # The layer has its own of this name: that stays, alone.
  if (@there) { mark_opaque(substr $path, 1) if S_ISDIR($there[2]); return; }
  make_folder($above);
  make_node($path, S_IFCHR) or failed('whiteout', $path);
}

sub empty_of_below {
  my ($name) = @_;
  my $path = $name eq '' ? '' : "/$name";
  opendir(my $list, "$path/") or failed('folder', $path);
  my @names = grep { !/^\.\.?$/ } readdir $list;
  closedir $list;
  for my $entry (@names) {
    my $inner = $name eq '' ? $entry : "$name/$entry";
    if (!$made{$inner}) { remove("/$inner"); }
    elsif (!-l "/$inner" && -d _) { empty_of_below($inner); }
  }
}

sub mark_opaque {
  my ($name) = @_;
  return if $apply;
  my $text = "$name\0";
  for (my $done = 0; $done < length $text;) { $done += syswrite($mark, $text, length($text) - $done, $done) // die "mark: $!\n"; }
}

sub remove {
  my ($path) = @_;
  my @there = lstat $path;
  return if !@there;
  if (!S_ISDIR($there[2])) { unlink $path or failed('remove', $path); return; }
  opendir(my $list, $path) or failed('remove', $path);
  my @names = grep { !/^\.\.?$/ } readdir $list;
  closedir $list;
  remove("$path/$_") for @names;
  rmdir $path or failed('remove', $path);
}

sub make_node {
  my ($path, $mode) = @_;
  my $named = "$path\0";
  return syscall($call{mknodat}, $HERE, $named, $mode + 0, 0) == 0;
}

sub set_owner {
  my ($path, $entry) = @_;
  my ($uid, $gid) = @$entry{qw(uid gid)};
  # Nobody: a sandbox has no more ids than these.
  if ($uid >= $count || $gid >= $count) {
    $notes{owners}++;
    $uid = 65534 if $uid >= $count;
    $gid = 65534 if $gid >= $count;
    $entry->{mode} &= 01777;
  }
  my $named = "$path\0";
  syscall($call{fchownat}, $HERE, $named, $uid + 0, $gid + 0, $NO_FOLLOW) == 0 or failed('owner', $path);
}

# Nothing that the overlay or the host would believe.
sub set_attributes {
  my ($path, $attributes) = @_;
  for my $name (keys %$attributes) {
    if ($name ne 'security.capability' && ($name !~ /^user\.[^\0]{1,200}$/s || $name =~ /^user\.overlay\./)) { $notes{attributes}++; next; }
    my ($named, $called, $value) = ("$path\0", "$name\0", $attributes->{$name});
    next if syscall($call{lsetxattr}, $named, $called, $value, length $value, 0) == 0;
    failed('attribute', $path) if $! == ENOSPC || $! == EDQUOT;
    $notes{attributes}++;
  }
}

sub set_time {
  my ($path, $time) = @_;
  my ($named, $times) = ("$path\0", pack('q4', $time, 0, $time, 0));
  syscall($call{utimensat}, $HERE, $named, $times, $NO_FOLLOW) == 0 or $! == ENOENT or failed('time', $path);
}
`
