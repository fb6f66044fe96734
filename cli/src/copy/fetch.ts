import { mkdir, open, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join, posix, resolve } from 'node:path'
import type { Sandbox } from '@sandyard/sdk'
import { startInside } from '../inside/program.ts'
import { quoteWords } from '../inside/quote.ts'
import type { Screen } from '../screen.ts'
import { showRate } from './rate.ts'
import { tarFailure } from './send.ts'
import { unpackBelow } from './unpack.ts'

/** How files come out of a sandbox. */
export interface Fetching {
  readonly sandbox: Sandbox
  readonly screen: Screen
  readonly signal: AbortSignal
}

/** Writes a file to standard output as it is, or a folder as an archive. */
export async function fetchToStream(source: string, fetching: Fetching): Promise<void> {
  const { sandbox, screen, signal } = fetching
  if ((await sandbox.fs.getFileDetails(source)).isDir)
    return await readArchive(source, fetching, (bytes) => screen.write(bytes))
  for await (const bytes of await sandbox.fs.downloadFileStream(source, { signal })) await screen.write(bytes)
}

/** Fetches a file, or a folder with all that is in it. What is a folder here gets it under its own name. */
export async function fetchInto(source: string, target: string, folder: string, fetching: Fetching): Promise<void> {
  const { sandbox } = fetching
  const { isDir, size, permissions } = await sandbox.fs.getFileDetails(source)
  const path = resolve(folder, target)
  const isInto = target.endsWith('/') || ((await stat(path).catch(() => null))?.isDirectory() ?? false)
  const isContent = isDir && /(^|\/)\.$/.test(source)
  // a name that the sandbox gives is never a way out of the folder
  const name = basename(posix.resolve('/', source)) || sandbox.name
  const place = isInto && !isContent ? join(path, name) : path
  if (isDir) await fetchFolder(source, place, fetching)
  else await fetchFile(source, place, { size, mode: Number.parseInt(permissions, 8) & 0o777 }, fetching)
}

/** Written beside its place first, so that an interrupted copy leaves what was there. */
async function fetchFile(
  source: string,
  place: string,
  { size, mode }: { readonly size: number; readonly mode: number },
  { sandbox, screen, signal }: Fetching,
): Promise<void> {
  const progress = showRate(screen, `Copying ${basename(place)} from ${sandbox.name}`, size)
  const part = `${place}.${process.pid}.part`
  await mkdir(dirname(place), { recursive: true })
  const file = await open(part, 'wx', 0o600)
  try {
    for await (const bytes of await sandbox.fs.downloadFileStream(source, { signal })) {
      signal.throwIfAborted()
      await file.writeFile(bytes)
      progress.add(bytes.length)
    }
    await file.chmod(mode)
    await file.close()
    await rename(part, place)
    progress.end(1)
  } finally {
    progress.drop()
    await file.close().catch(() => {})
    await rm(part, { force: true })
  }
}

async function fetchFolder(source: string, place: string, fetching: Fetching): Promise<void> {
  const { sandbox, screen } = fetching
  const progress = showRate(screen, `Copying ${basename(place)} from ${sandbox.name}`)
  const unpacking = unpackBelow(place, '.', progress.add)
  try {
    await readArchive(source, fetching, (bytes) => unpacking.push(bytes))
    progress.end(await unpacking.finish())
  } finally {
    await unpacking.drop()
    progress.drop()
  }
}

/** The archive of a folder, whose own name in it is `.`. */
async function readArchive(
  source: string,
  { sandbox, signal }: Fetching,
  onBytes: (bytes: Uint8Array) => Promise<void>,
): Promise<void> {
  let complaint = ''
  const program = await startInside(sandbox, {
    command: `exec tar ${quoteWords(['-c', '-f', '-', '-C', source, '.'])}`,
    env: {},
    onOutput: onBytes,
    onErrorOutput: async (bytes) => {
      complaint = (complaint + Buffer.from(bytes).toString('utf8')).slice(0, 2000)
    },
    signal,
  })
  const stop = (): void => program.close()
  signal.addEventListener('abort', stop, { once: true })
  try {
    await program.endInput()
    const code = await program.exited
    if (code !== 0) throw tarFailure(sandbox, code, complaint)
  } finally {
    signal.removeEventListener('abort', stop)
    program.close()
  }
}
