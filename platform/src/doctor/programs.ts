import { existsSync } from 'node:fs'
import { type Check, fail, ok } from './check.ts'
import { ask, findProgram } from './look.ts'

/** The programs and files of the distribution that sandboxes are made with. */
export const programChecks: readonly Check[] = [
  {
    name: 'runc',
    async run() {
      const version = (await ask('runc', '--version'))?.split('\n')[0]?.replace('runc version ', '')
      if (version === undefined) return fail('not installed', 'apt-get install runc')
      const [major = 0, minor = 0] = version.split('.').map(Number)
      if (major === 1 && minor < 1) return fail(`version ${version}`, 'runc 1.1 or later is needed')
      return ok(`version ${version}`)
    },
  },
  program('catatonit', 'catatonit'),
  program('nft', 'nftables'),
  program('ip', 'iproute2'),
  program('mkfs.btrfs', 'btrfs-progs'),
  program('setpriv', 'util-linux'),
  program('mmdebstrap', 'mmdebstrap'),
  program('zstd', 'zstd'),
  program('skopeo', 'skopeo'),
  program('perl', 'perl-base'),
  program('git', 'git'),
  program('ssh', 'openssh-client'),
  program('rsync', 'rsync'),
  program('patchelf', 'patchelf'),
  program('busybox', 'busybox-static'),
  file('seccomp profile', '/usr/share/containers/seccomp.json', 'golang-github-containers-common'),
  file('Debian keys', '/usr/share/keyrings/debian-archive-keyring.gpg', 'debian-archive-keyring'),
]

function program(name: string, packageName: string): Check {
  return {
    name,
    run() {
      const path = findProgram(name)
      return path === null ? fail('not installed', `apt-get install ${packageName}`) : ok(path)
    },
  }
}

function file(name: string, path: string, packageName: string): Check {
  return {
    name,
    run: () => (existsSync(path) ? ok(path) : fail(`${path} is missing`, `apt-get install ${packageName}`)),
  }
}
