/*
 * The program that puts files into a stage. It is run inside, in the sandbox of the build and as its root, by the Node
 * of the agent's runtime: links and names of strangers lead nowhere but to what is inside. It is handed over as text, so
 * it stands alone: only types are imported.
 */
import {
  chmodSync,
  closeSync,
  copyFileSync,
  existsSync,
  fchmodSync,
  fchownSync,
  futimesSync,
  lchownSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readlinkSync,
  statSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeSync,
} from 'node:fs'
import { basename, dirname, join, matchesGlob } from 'node:path'
import process from 'node:process'
import type { CopyJob, Frame, Job } from './job.ts'

const { copy, folders } = JSON.parse(process.argv[1] ?? '') as Job

try {
  for (const { path, uid, gid } of folders) makeFolders(path, uid, gid)
  if (copy?.source.kind === 'frames') await takeFrames(copy)
  else if (copy?.source.kind === 'folder') takeFolder(copy, copy.source.root, copy.source.paths)
  else if (copy?.source.kind === 'urls') for (const url of copy.source.urls) await takeUrl(copy, url)
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`)
  process.exitCode = 1
}

/** Makes a folder and all above it. */
function makeFolders(path: string, uid: number, gid: number): void {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) return
  if (path !== '/') makeFolders(dirname(path), uid, gid)
  if (lstatSync(path, { throwIfNoEntry: false }) !== undefined)
    throw new Error(`cannot make the folder ${path}: a file is there`)
  mkdirSync(path, 0o755)
  lchownSync(path, uid, gid)
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true
}

/** Where a frame goes. */
function placeOf(
  { to, isFolder: isInto }: CopyJob,
  { path, name, type }: Pick<Frame, 'path' | 'name' | 'type'>,
): string {
  if (path !== '') return join(to, path)
  return type !== 'folder' && (isInto || isFolder(to)) ? join(to, name) : to
}

/** Makes room for a file: what was there goes, but not a folder. */
function clear(path: string): void {
  const there = lstatSync(path, { throwIfNoEntry: false })
  if (there?.isDirectory() === true) throw new Error(`cannot put a file in place of the folder ${path}`)
  if (there !== undefined) unlinkSync(path)
}

/** Gives the permissions that were asked for, else these. */
function modeOf(job: CopyJob, mode: number): number {
  return job.mode ?? mode
}

function ownerOf(job: CopyJob, frame: { uid: number; gid: number }): { uid: number; gid: number } {
  return job.owner ?? frame
}

/** Makes what a frame tells of; of a file the open file, to be written. */
function make(job: CopyJob, frame: Frame): number | null {
  const path = placeOf(job, frame)
  const { uid, gid } = ownerOf(job, frame)
  const parent = job.owner ?? { uid: 0, gid: 0 }
  if (frame.type === 'folder') {
    if (isFolder(path)) return null
    makeFolders(dirname(path), parent.uid, parent.gid)
    if (lstatSync(path, { throwIfNoEntry: false }) !== undefined)
      throw new Error(`cannot put a folder in place of the file ${path}`)
    mkdirSync(path)
    lchownSync(path, uid, gid)
    chmodSync(path, modeOf(job, frame.mode))
    return null
  }
  makeFolders(dirname(path), parent.uid, parent.gid)
  clear(path)
  if (frame.type === 'symlink') {
    symlinkSync(frame.target, path)
    lchownSync(path, uid, gid)
    return null
  }
  if (frame.type === 'hardlink') {
    linkSync(join(job.to, frame.target), path)
    return null
  }
  const file = openSync(path, 'wx', 0o600)
  fchownSync(file, uid, gid)
  fchmodSync(file, modeOf(job, frame.mode))
  return file
}

function finish(file: number, mtime: number): void {
  futimesSync(file, mtime, mtime)
  closeSync(file)
}

async function takeFrames(job: CopyJob): Promise<void> {
  const input = process.stdin[Symbol.asyncIterator]()
  let rest: Buffer = Buffer.alloc(0)
  const some = async (most: number): Promise<Buffer> => {
    while (rest.length === 0) {
      const { value, done } = await input.next()
      if (done === true) throw new Error('the files ended too early')
      rest = value as Buffer
    }
    const part = rest.subarray(0, most)
    rest = rest.subarray(part.length)
    return part
  }
  const exactly = async (size: number): Promise<Buffer> => {
    const parts: Buffer[] = []
    for (let missing = size; missing > 0; missing -= parts.at(-1)?.length ?? 0) parts.push(await some(missing))
    return Buffer.concat(parts)
  }
  if (job.isFolder) makeFolders(job.to, job.owner?.uid ?? 0, job.owner?.gid ?? 0)
  let last = ''
  for (;;) {
    const length = (await exactly(4)).readUInt32BE()
    const frame = JSON.parse((await exactly(length)).toString('utf8')) as Frame
    if (frame.type === 'end') return
    const file = make(job, frame)
    if (file === null) continue
    if (frame.type === 'copy') {
      closeSync(file)
      copyFileSync(last, placeOf(job, frame))
      continue
    }
    last = placeOf(job, frame)
    for (let missing = frame.size; missing > 0; ) {
      const part = await some(missing)
      for (let at = 0; at < part.length; ) at += writeSync(file, part, at)
      missing -= part.length
    }
    finish(file, frame.mtime)
  }
}

/** Path below the root, after all links, which lead no further than the root. */
function resolveIn(root: string, path: string): string | null {
  const todo = path.split('/').filter((name) => name !== '')
  let current: string[] = []
  let links = 0
  while (todo.length > 0) {
    const name = todo.shift() ?? ''
    if (name === '.') continue
    if (name === '..') {
      current.pop()
      continue
    }
    const next = [...current, name]
    const there = lstatSync(join(root, ...next), { throwIfNoEntry: false })
    if (there === undefined) return null
    if (!there.isSymbolicLink()) {
      current = next
      continue
    }
    if (++links > 40) return null
    const target = readlinkSync(join(root, ...next))
    if (target.startsWith('/')) current = []
    todo.unshift(...target.split('/').filter((part) => part !== ''))
  }
  return current.join('/')
}

/** Copies what is named in another root. */
function takeFolder(job: CopyJob, root: string, paths: readonly string[]): void {
  const named = paths.flatMap((path) => (/[*?[\\]/.test(path) ? findFitting(root, path) : [path]))
  if (named.length === 0) throw new Error(`nothing fits ${paths.join(' ')}`)
  if (named.length > 1 && !job.isFolder) throw new Error('the destination of more than one file must end with a /')
  if (job.isFolder) makeFolders(job.to, job.owner?.uid ?? 0, job.owner?.gid ?? 0)
  for (const path of named) {
    const real = resolveIn(root, path)
    if (real === null) throw new Error(`stat /${path}: file does not exist`)
    if (isFolder(join(root, real))) {
      makeFolders(job.to, job.owner?.uid ?? 0, job.owner?.gid ?? 0)
      for (const name of readdirSync(join(root, real))) takeTree(job, join(root, real, name), name)
    } else takeOne(job, join(root, real), '', basename(path))
  }
}

function takeTree(job: CopyJob, from: string, path: string): void {
  takeOne(job, from, path, '')
  if (!lstatSync(from).isDirectory()) return
  for (const name of readdirSync(from)) takeTree(job, join(from, name), `${path}/${name}`)
}

function takeOne(job: CopyJob, from: string, path: string, name: string): void {
  const there = lstatSync(from)
  const { uid, gid, mode, mtimeMs } = there
  const type = there.isDirectory() ? 'folder' : there.isSymbolicLink() ? 'symlink' : 'file'
  if (type === 'file' && !there.isFile()) return // A pipe or a socket: it belongs to a program that has ended.
  const target = type === 'symlink' ? readlinkSync(from) : ''
  const frame = { type, path, name, mode: mode & 0o7777, mtime: mtimeMs / 1000, size: 0, target, uid, gid } as const
  const file = make(job, frame)
  if (file === null) return
  closeSync(file)
  const to = placeOf(job, frame)
  copyFileSync(from, to)
  // Writing takes the bits away that lend a program its owner.
  chmodSync(to, modeOf(job, frame.mode))
  utimesSync(to, frame.mtime, frame.mtime)
}

function findFitting(root: string, pattern: string): string[] {
  let reached = ['']
  for (const part of pattern.split('/')) {
    reached = reached.flatMap((folder) => {
      const path = join(root, folder)
      if (!existsSync(path) || !lstatSync(path).isDirectory()) return []
      return readdirSync(path)
        .filter((name) => matchesGlob(name, part))
        .map((name) => join(folder, name))
    })
  }
  return reached.sort()
}

async function takeUrl(job: CopyJob, url: string): Promise<void> {
  const response = await fetch(url, { redirect: 'follow' }).catch((error: Error) => {
    throw new Error(`cannot fetch ${url}: ${(error.cause as Error | undefined)?.message ?? error.message}`)
  })
  if (!response.ok || response.body === null) throw new Error(`cannot fetch ${url}: HTTP ${response.status}`)
  const name = basename(new URL(response.url).pathname) || basename(new URL(url).pathname)
  if (name === '' && (job.isFolder || isFolder(job.to))) throw new Error(`cannot determine filename for source ${url}`)
  if (job.isFolder) makeFolders(job.to, job.owner?.uid ?? 0, job.owner?.gid ?? 0)
  const changed = Date.parse(response.headers.get('last-modified') ?? '') / 1000
  const mtime = Number.isFinite(changed) ? changed : 0
  const file = make(job, { type: 'file', path: '', name, mode: 0o600, mtime, size: 0, target: '', uid: 0, gid: 0 })
  if (file === null) return
  for await (const part of response.body) for (let at = 0; at < part.length; ) at += writeSync(file, part, at)
  finish(file, mtime)
}
