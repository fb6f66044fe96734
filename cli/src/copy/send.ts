import { createReadStream, lstatSync } from 'node:fs'
import { realpath, stat } from 'node:fs/promises'
import { basename, posix, resolve } from 'node:path'
import type { Sandbox } from '@sandyard/sdk'
import { CommandError, exitCodes } from '../exit-codes.ts'
import { startInside } from '../inside/program.ts'
import { quoteWords } from '../inside/quote.ts'
import type { Screen } from '../screen.ts'
import { showRate } from './rate.ts'

/** How files get into a sandbox. */
export interface Sending {
  readonly sandbox: Sandbox
  readonly screen: Screen
  readonly signal: AbortSignal
}

/** Sends standard input to a file. */
export async function sendStream(path: string, { sandbox, screen, signal }: Sending): Promise<void> {
  if (path.endsWith('/') || (await isFolderInside(sandbox, path)))
    throw new CommandError(`${path} is a folder: name a file in it`, exitCodes.usage)
  const progress = showRate(screen, `Copying to ${sandbox.name}:${path}`)
  try {
    await sandbox.fs.uploadFileStream(counted(process.stdin, progress.add), path, { signal })
    progress.end(1)
  } finally {
    progress.drop()
  }
}

/** Sends a file, or a folder with all that is in it. What is a folder inside gets it under its own name. */
export async function send(source: string, target: string, folder: string, sending: Sending): Promise<void> {
  const { sandbox } = sending
  const path = resolve(folder, source)
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') throw new CommandError(`there is no file or folder ${source}`, exitCodes.notFound)
    throw new CommandError(`${source} cannot be read: ${error.code ?? error.message}`)
  })
  const isInto = target.endsWith('/') || (await isFolderInside(sandbox, target))
  // `folder/.` is its content
  const isContent = found.isDirectory() && /(^|\/)\.$/.test(source)
  const place = isInto && !isContent ? posix.join(target, basename(path)) : target.replace(/(.)\/+$/, '$1')
  // a link that is named is followed; those below stay links
  if (found.isDirectory()) await sendFolder(await realpath(path), place, sending)
  else if (found.isFile()) await sendFile(path, place, { ...found, mode: found.mode & 0o777 }, sending)
  else throw new CommandError(`${source} is neither a file nor a folder`)
}

async function sendFile(
  path: string,
  place: string,
  { size, mode }: { readonly size: number; readonly mode: number },
  { sandbox, screen, signal }: Sending,
): Promise<void> {
  const progress = showRate(screen, `Copying ${basename(path)} to ${sandbox.name}`, size)
  try {
    await sandbox.fs.uploadFileStream(counted(createReadStream(path), progress.add), place, { signal })
    await sandbox.fs.chmod(place, mode.toString(8).padStart(3, '0'))
    progress.end(1)
  } finally {
    progress.drop()
  }
}

/** A folder goes as one stream: an archive that is unpacked on the way. */
async function sendFolder(path: string, place: string, { sandbox, screen, signal }: Sending): Promise<void> {
  const { listEntries, writeTar } = await import('@sandyard/sdk')
  const entries = listEntries(path, '.').map((entry) => ({
    ...entry,
    name: entry.name === '.' ? '.' : entry.name.slice(2),
    mode: entry.mode & 0o777,
    modified: lstatSync(entry.path).mtimeMs / 1000,
  }))
  const files = entries.filter(({ kind }) => kind === 'file')
  const progress = showRate(
    screen,
    `Copying ${basename(path)} to ${sandbox.name}`,
    files.reduce((sum, { size }) => sum + size, 0),
  )
  const words = ['-xpo', '-f', '-', '-C', place]
  let complaint = ''
  const program = await startInside(sandbox, {
    command: `mkdir -p -- ${quoteWords([place])} && exec tar ${quoteWords(words)}`,
    env: {},
    onOutput: async () => {},
    onErrorOutput: async (bytes) => {
      complaint = (complaint + Buffer.from(bytes).toString('utf8')).slice(0, 2000)
    },
    signal,
  })
  try {
    for await (const piece of writeTar(entries)) {
      signal.throwIfAborted()
      await program.input(piece)
      progress.add(piece.length)
    }
    await program.endInput()
    const code = await program.exited
    if (code !== 0) throw tarFailure(sandbox, code, complaint)
    progress.end(files.length)
  } finally {
    program.close()
    progress.drop()
  }
}

/** Why tar inside has failed. */
export function tarFailure(sandbox: Sandbox, code: number, complaint: string): CommandError {
  if (code === 127)
    return new CommandError(
      `${sandbox.name} has no tar, which folders are copied with`,
      exitCodes.failed,
      'install it there, or copy file by file',
    )
  return new CommandError(complaint.trim() || `tar in ${sandbox.name} ended with ${code}`)
}

/** Whether there is a folder at the path. */
async function isFolderInside(sandbox: Sandbox, path: string): Promise<boolean> {
  const { DaytonaError } = await import('@sandyard/sdk')
  try {
    return (await sandbox.fs.getFileDetails(path)).isDir
  } catch (error) {
    if (error instanceof DaytonaError && error.statusCode === 404) return false
    throw error
  }
}

async function* counted(source: AsyncIterable<unknown>, add: (count: number) => void): AsyncGenerator<Uint8Array> {
  for await (const piece of source) {
    add((piece as Uint8Array).length)
    yield piece as Uint8Array
  }
}
