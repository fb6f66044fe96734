import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  copyFileSync,
  lchownSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { shiftIds } from './base/shift-ids.ts'
import { containerRootId } from './records/ids.ts'
import type { UnpackedSnapshot } from './snapshots/snapshot.ts'

/** Root file systems of images as others make them, built by hand. */
export interface Images {
  /** musl and busybox: no glibc, no bash, no list of shells */
  readonly alpine: UnpackedSnapshot
  /** one static program `/app` and nothing else */
  readonly scratch: UnpackedSnapshot
  /** glibc and Python: no shell, no other programs */
  readonly distroless: UnpackedSnapshot
  remove(): void
}

/** Builds them beside the default snapshot, so that what they share with it are links. */
export function buildImages(defaultRootfs: string): Images {
  const folder = mkdtempSync(join(dirname(dirname(defaultRootfs)), '.images-'))
  chmodSync(folder, 0o755)
  const make = (
    name: string,
    build: (root: string) => void,
    change: Partial<UnpackedSnapshot> = {},
  ): UnpackedSnapshot => {
    const rootfs = join(folder, name)
    mkdirSync(rootfs)
    build(rootfs)
    const nothing = { workDir: null, env: {}, entrypoint: null, sizeBytes: 0, createdAtMs: 0 }
    return { name, rootfs, user: 'root', ...nothing, ...change }
  }
  try {
    return {
      alpine: make('alpine', buildAlpine, { workDir: '/work' }),
      scratch: make('scratch', buildScratch),
      distroless: make('distroless', (root) => buildDistroless(root, defaultRootfs), { user: '65532' }),
      remove: () => rmSync(folder, { recursive: true }),
    }
  } catch (error) {
    rmSync(folder, { recursive: true })
    throw error
  }
}

function buildAlpine(root: string): void {
  for (const name of ['bin', 'etc', 'home', 'home/app', 'lib', 'root', 'tmp', 'work']) mkdirSync(join(root, name))
  chmodSync(join(root, 'tmp'), 0o1777)
  copyFileSync('/bin/busybox', join(root, 'bin/busybox'))
  for (const applet of ['sh', 'ash', 'cat', 'echo', 'env', 'id', 'ls', 'mkdir', 'sleep', 'sed', 'head', 'rm', 'tr']) {
    symlinkSync('busybox', join(root, 'bin', applet))
  }
  const loader = readdirSync('/lib').find((name) => name.startsWith('ld-musl-')) ?? 'no musl'
  copyFileSync(join('/lib', loader), join(root, 'lib', loader))
  writeFileSync(join(root, 'etc/passwd'), 'root:x:0:0:root:/root:/bin/ash\napp:x:1000:1000::/home/app:/bin/ash\n')
  chownSync(join(root, 'home/app'), 1000, 1000)
  shiftIds(root, containerRootId)
}

function buildScratch(root: string): void {
  copyFileSync('/bin/busybox', join(root, 'app'))
  shiftIds(root, containerRootId)
}

/** Its files are links to those of the default snapshot, which have their owners already. */
function buildDistroless(root: string, from: string): void {
  const triplet = execFileSync('gcc', ['-dumpmachine'], { encoding: 'utf8' }).trim()
  const folders = ['usr', 'usr/bin', 'usr/lib', 'usr/lib64', `usr/lib/${triplet}`, 'usr/lib/python3.11', 'etc', 'home']
  for (const name of [...folders, 'tmp']) {
    mkdirSync(join(root, name))
    lchownSync(join(root, name), containerRootId, containerRootId)
  }
  lchownSync(root, containerRootId, containerRootId)
  chmodSync(join(root, 'tmp'), 0o1777)
  mkdirSync(join(root, 'home/nonroot'))
  lchownSync(join(root, 'home/nonroot'), containerRootId + 65_532, containerRootId + 65_532)
  writeFileSync(join(root, 'etc/passwd'), 'nonroot:x:65532:65532::/home/nonroot:/sbin/nologin\n')
  for (const name of ['lib', 'lib64', 'bin']) symlinkSync(`usr/${name}`, join(root, name))
  share(from, root, 'usr/bin/python3.11')
  symlinkSync('python3.11', join(root, 'usr/bin/python3'))
  for (const name of readdirSync(join(from, `usr/lib/${triplet}`))) {
    if (name.includes('.so')) share(from, root, `usr/lib/${triplet}/${name}`)
  }
  for (const name of readdirSync(join(from, 'usr/lib64'))) share(from, root, `usr/lib64/${name}`)
  shareFolder(from, root, 'usr/lib/python3.11')
}

function share(from: string, root: string, path: string): void {
  const stats = lstatSync(join(from, path))
  if (stats.isSymbolicLink()) symlinkSync(readlinkSync(join(from, path)), join(root, path))
  else if (stats.isFile()) linkSync(join(from, path), join(root, path))
}

function shareFolder(from: string, root: string, path: string): void {
  mkdirSync(join(root, path), { recursive: true })
  for (const entry of readdirSync(join(from, path), { withFileTypes: true })) {
    if (entry.name === 'dist-packages' || entry.name === 'test') continue
    if (entry.isDirectory()) shareFolder(from, root, join(path, entry.name))
    else share(from, root, join(path, entry.name))
  }
}
