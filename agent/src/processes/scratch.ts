import { spawn } from 'node:child_process'
import { closeSync, constants, fstatSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { PlatformError } from '@sandyard/protocol/errors'
import { newId } from '../new-id.ts'

/** Both ends of a pipe that nothing else has open. The holder closes them. */
export interface Pipe {
  /** does not block */
  readonly readEnd: number
  /** blocks in the child, as pipes of a shell do */
  readonly writeEnd: number
}

/** Short-lived things that commands need: pipes and files without a name. */
export interface Scratch {
  /** a fresh pipe; null where the image cannot make one */
  openPipe(): Promise<Pipe | null>
  /** a file that has this content and no name; the caller closes the descriptor */
  openFile(content: Buffer): number
  /** makes pipes ahead of the first command */
  prepare(): void
  /** removes the folder */
  close(): void
}

const batch = 16

/** `mkfifo` takes a millisecond; one that a program of the sandbox has stopped would hold up all commands, ms. */
const mkfifoLimitMs = 2000

/**
 * Pipes are made with the `mkfifo` program and lose their name once opened. A socket pair, which Node would give, is
 * no replacement: `echo x >/dev/stderr` fails on it, and stdout and stderr could not share one in order.
 * The folder is in memory where it can be, so that commands run on a full disk, too.
 */
export function createScratch(
  findMkfifo: () => readonly string[] | null,
  parents: readonly string[] = ['/dev/shm', tmpdir(), '/tmp', homedir()],
): Scratch {
  const names: string[] = []
  let folder: string | null = null
  let filling: Promise<number> | null = null

  /** Makes names and tells how many. */
  const fill = (): Promise<number> => {
    filling ??= makeNames()
      .then((made) => {
        names.push(...made)
        return made.length
      })
      .finally(() => {
        filling = null
      })
    return filling
  }

  const makeNames = async (): Promise<string[]> => {
    const program = findMkfifo()
    if (program === null) return []
    for (const parent of parents) {
      const place = folder ?? makeFolder(parent)
      folder = null
      if (place === null) continue
      const made = Array.from({ length: batch }, () => join(place, newId()))
      if (await runMkfifo(program, made)) {
        folder = place
        return made
      }
      removeFolder(place) // full, or removed behind our back
    }
    return []
  }

  return {
    async openPipe() {
      for (let failures = 0; failures < 3 * batch; ) {
        // Many wait for the same names, and who comes too late for these waits for the next.
        if (names.length === 0) {
          if ((await fill()) === 0) failures += batch
          continue
        }
        const pipe = openNamed(names.pop() ?? '')
        if (names.length < batch / 4) void fill()
        if (pipe !== null) return pipe
        failures++
      }
      return null
    },
    openFile(content) {
      for (const parent of [folder, ...parents]) {
        const fd = parent === null ? null : writeNameless(parent, content)
        if (fd !== null) return fd
      }
      throw new PlatformError('INSUFFICIENT_STORAGE', 'There is no room to store the script, in memory or on disk')
    },
    prepare() {
      if (names.length === 0) void fill()
    },
    close() {
      if (folder !== null) removeFolder(folder)
    },
  }
}

/** A fresh pipe. Throws SERVICE_UNAVAILABLE where none can be made. */
export async function requirePipe(scratch: Scratch): Promise<Pipe> {
  const pipe = await scratch.openPipe()
  if (pipe !== null) return pipe
  throw new PlatformError(
    'SERVICE_UNAVAILABLE',
    'The sandbox has no room for a pipe: processes, memory or disk are full',
  )
}

function makeFolder(parent: string): string | null {
  try {
    return mkdtempSync(join(parent, '.sandyard-'))
  } catch {
    return null // the next parent is tried
  }
}

function removeFolder(path: string): void {
  try {
    rmSync(path, { recursive: true, force: true })
  } catch {
    // Somebody has put into it what we may not remove: it is theirs now.
  }
}

function runMkfifo(program: readonly string[], paths: readonly string[]): Promise<boolean> {
  const [file = '', ...args] = program
  return new Promise((resolve) => {
    try {
      const options = { stdio: 'ignore', timeout: mkfifoLimitMs, killSignal: 'SIGKILL' } as const
      const child = spawn(file, [...args, '-m', '600', ...paths], options)
      child.once('error', () => resolve(false))
      child.once('exit', (code) => resolve(code === 0))
    } catch {
      resolve(false) // no memory for another process: the caller does without
    }
  })
}

function openNamed(path: string): Pipe | null {
  const flags = constants.O_NONBLOCK | constants.O_NOFOLLOW
  let readEnd: number | null = null
  try {
    readEnd = openSync(path, constants.O_RDONLY | flags)
    if (fstatSync(readEnd).isFIFO()) {
      // Not by its name, which can be another file's by now.
      const writeEnd = openSync(`/proc/self/fd/${readEnd}`, constants.O_WRONLY | constants.O_NONBLOCK)
      removeFile(path)
      return { readEnd, writeEnd }
    }
  } catch {
    // Somebody removed or replaced it, or descriptors ran out: the next one is tried.
  }
  if (readEnd !== null) closeSync(readEnd)
  return null
}

function writeNameless(parent: string, content: Buffer): number | null {
  const path = join(parent, `.sandyard-${newId()}`)
  let file: number | null = null
  try {
    file = openSync(path, 'wx', 0o600)
    writeFileSync(file, content)
    // Not by its name: a pipe that somebody has put in its place would be waited for, with all else.
    return openSync(`/proc/self/fd/${file}`, constants.O_RDONLY)
  } catch {
    return null // full or read-only: the next parent is tried
  } finally {
    if (file !== null) {
      closeSync(file)
      removeFile(path)
    }
  }
}

function removeFile(path: string): void {
  try {
    rmSync(path, { force: true })
  } catch {
    // Somebody has put a folder in its place.
  }
}
