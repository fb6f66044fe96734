// The system packages that Sandyard uses, and their installation with apt.
// Runs on the machine's own Node before anything is installed, so it uses nothing but Node itself.
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, openSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { seconds } from './node-24.mjs'

/** name of the package, files that prove it (any of them), what it is for */
export const systemPackages = [
  { name: 'runc', files: ['runc'], reason: 'runs sandboxes' },
  { name: 'catatonit', files: ['catatonit'], reason: 'is process 1 of each sandbox' },
  { name: 'nftables', files: ['nft'], reason: 'keeps sandboxes apart on the network' },
  { name: 'iproute2', files: ['ip'], reason: 'makes their network' },
  { name: 'btrfs-progs', files: ['mkfs.btrfs'], reason: 'makes their disks' },
  { name: 'util-linux', files: ['setpriv'], reason: 'makes namespaces' },
  { name: 'mount', files: ['losetup'], reason: 'mounts their disks' },
  {
    name: 'golang-github-containers-common',
    files: ['/usr/share/containers/seccomp.json'],
    reason: 'is the seccomp profile',
  },
  { name: 'ca-certificates', files: ['/etc/ssl/certs/ca-certificates.crt'], reason: 'trusts HTTPS servers' },
  { name: 'mmdebstrap', files: ['mmdebstrap'], reason: 'makes the default snapshot' },
  {
    name: 'debian-archive-keyring',
    files: ['/usr/share/keyrings/debian-archive-keyring.gpg'],
    reason: 'checks the packages of the default snapshot',
  },
  { name: 'tar', files: ['tar'], reason: 'unpacks' },
  { name: 'zstd', files: ['zstd'], reason: 'packs disks of archived sandboxes' },
  { name: 'skopeo', files: ['skopeo'], reason: 'fetches images from registries' },
  { name: 'perl-base', files: ['perl'], reason: 'unpacks images and mounts disks' },
  { name: 'git', files: ['git'], reason: 'is our git in each sandbox' },
  { name: 'openssh-client', files: ['ssh'], reason: 'is what git reaches SSH remotes with' },
  {
    name: 'openssh-sftp-server',
    files: ['/usr/lib/openssh/sftp-server'],
    reason: 'answers sftp and scp in each sandbox',
  },
  { name: 'rsync', files: ['rsync'], reason: 'answers rsync in each sandbox' },
  { name: 'patchelf', files: ['patchelf'], reason: 'makes them start in any image' },
  // `busybox` alone may be the one that needs libraries
  {
    name: 'busybox-static',
    files: ['/usr/share/doc/busybox-static'],
    reason: 'stands in for tools that an image lacks',
  },
]

/** What only the tests need. */
export const testPackages = [
  { name: 'openssl', files: ['openssl'], reason: 'makes certificates for the tests' },
  {
    name: 'musl',
    files: ['/lib/ld-musl-x86_64.so.1', '/lib/ld-musl-aarch64.so.1'],
    reason: 'is the libc of a test image',
  },
  { name: 'docker-registry', files: ['docker-registry'], reason: 'is the registry of the tests' },
  { name: 'tmux', files: ['tmux'], reason: 'is the terminal that the command line is tested in' },
  { name: 'chromium', files: ['chromium'], reason: 'opens previews in the tests' },
  { name: 'python3-venv', files: ['/usr/share/doc/python3-venv'], reason: 'runs the Python client in the tests' },
]

/** What only `npm run bench -- previews` needs. */
export const benchPackages = [
  { name: 'nginx-light', files: ['nginx'], reason: 'is what previews are compared with' },
  { name: 'wrk', files: ['wrk'], reason: 'makes the load' },
  { name: 'curl', files: ['curl'], reason: 'downloads' },
]

const programFolders = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin']

/** Those packages of which no file is there. */
export function missingPackages(packages) {
  const exists = (file) =>
    (file.startsWith('/') ? [file] : programFolders.map((folder) => join(folder, file))).some(existsSync)
  return packages.filter(({ files }) => !files.some(exists))
}

/** Installs the missing ones with apt, or tells how and ends. */
export async function ensurePackages(packages) {
  const missing = missingPackages(packages)
  if (missing.length === 0) return
  console.log('Missing system packages:')
  for (const { name, reason } of missing) console.log(`  ${name.padEnd(32)} ${reason}`)
  const names = missing.map(({ name }) => name)
  const install = ['install', '-y', '--no-install-recommends', ...names]
  const hasApt = spawnSync('apt-get', ['--version'], { stdio: 'ignore' }).status === 0
  if (process.getuid() !== 0 || !hasApt) {
    console.error(hasApt ? 'Installing them needs root. Run:' : 'There is no apt here. On Debian or Ubuntu:')
    console.error(`  sudo apt-get update && sudo apt-get ${install.join(' ')}`)
    process.exit(1)
  }
  const startedMs = Date.now()
  await apt(['update'], 'Reading package lists')
  await apt(install, 'Installing')
  const stillMissing = missingPackages(packages)
  if (stillMissing.length > 0) {
    console.error(
      `apt-get has installed ${stillMissing.map(({ name }) => name).join(', ')}, but not the files we look for.`,
    )
    process.exit(1)
  }
  console.log(`  done in ${seconds(startedMs)}`)
}

/** Runs apt-get with its output in a log whose end is shown when it fails. Waits for another apt up to two minutes. */
async function apt(args, label) {
  const log = join(tmpdir(), `sandyard-apt-${process.pid}.log`)
  const output = openSync(log, 'a', 0o600)
  console.log(`  ${label} …`)
  const child = spawn('apt-get', ['-o', 'DPkg::Lock::Timeout=120', ...args], {
    stdio: ['ignore', output, output],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C.UTF-8' },
  })
  const code = await new Promise((done) => {
    child.once('error', () => done(1))
    child.once('close', done)
  })
  // lists of a repository that does not matter here may fail to load; the installation tells
  if (code === 0 || args[0] === 'update') return
  console.error(readFileSync(log, 'utf8').split('\n').slice(-30).join('\n'))
  console.error(`apt-get ${args.join(' ')} failed; all of its output is in ${log}`)
  process.exit(1)
}
