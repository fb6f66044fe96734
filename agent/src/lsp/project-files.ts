import type { Dirent } from 'node:fs'
import { lstat, opendir } from 'node:fs/promises'
import { join } from 'node:path'
import { limits } from '@sandyard/protocol/limits'
import type { ServerKind } from './kinds.ts'

/** A file that was made, changed or removed; the numbers are those of the protocol. */
export interface FileChange {
  readonly path: string
  readonly type: 1 | 2 | 3
}

/** Clocks of file systems tick in steps: a stamp is sure only when the change before it is older than this, ms. */
const tickMs = 100

const skipped = /^(\..*|node_modules|__pycache__)$/

/**
 * Files of a project that a server must hear of when they change. Servers here watch nothing; the project is looked
 * through before a request instead, up to a bound. Packages and hidden folders are left out, as servers do.
 */
export class ProjectFiles {
  readonly #folder: string
  readonly #kind: ServerKind
  #stamps = new Map<string, string>()
  #isComplete = true

  constructor(folder: string, kind: ServerKind) {
    this.#folder = folder
    this.#kind = kind
  }

  /** Looks through the project and tells what is other than the time before. */
  async update(): Promise<FileChange[]> {
    const before = this.#stamps
    const wasComplete = this.#isComplete
    await this.#look()
    const isWhole = wasComplete && this.#isComplete // else a file may only have come into, or gone out of, sight
    const changes: FileChange[] = []
    for (const [path, stamp] of this.#stamps) {
      const old = before.get(path)
      if (old === undefined ? isWhole : old !== stamp || stamp === unsure) {
        changes.push({ path, type: old === undefined ? 1 : 2 })
      }
    }
    for (const path of before.keys()) {
      if (isWhole && !this.#stamps.has(path)) changes.push({ path, type: 3 })
    }
    return changes
  }

  /** Sources, one of each folder before a second one of any. */
  sources(most: number): string[] {
    const folders = new Map<string, string[]>()
    for (const path of this.#stamps.keys()) {
      if (!this.#kind.sources.test(path)) continue
      const folder = path.slice(0, path.lastIndexOf('/'))
      const files = folders.get(folder)
      if (files === undefined) folders.set(folder, [path])
      else files.push(path)
    }
    const chosen: string[] = []
    for (let round = 0; chosen.length < most; round++) {
      const found = [...folders.values()].flatMap((files) => files[round] ?? [])
      if (found.length === 0) break
      chosen.push(...found)
    }
    return chosen.slice(0, most)
  }

  async #look(): Promise<void> {
    const stamps = new Map<string, string>()
    const folders = [this.#folder]
    let room = limits.languageServerProjectEntries
    for (const folder of folders) {
      const entries = await entriesOf(folder, room + 1)
      room -= entries.length
      const names = entries.filter((entry) => entry.isFile() && this.#isOfInterest(entry.name)).map(({ name }) => name)
      for (const [path, stamp] of await Promise.all(names.map((name) => stampOf(join(folder, name))))) {
        if (stamp !== null) stamps.set(path, stamp)
      }
      if (room < 0) break
      for (const entry of entries) {
        if (entry.isDirectory() && !skipped.test(entry.name)) folders.push(join(folder, entry.name))
      }
    }
    this.#stamps = stamps
    this.#isComplete = room >= 0
  }

  #isOfInterest(name: string): boolean {
    return this.#kind.sources.test(name) || this.#kind.configuration.test(name)
  }
}

const unsure = 'unsure'

async function stampOf(path: string): Promise<readonly [path: string, stamp: string | null]> {
  try {
    const { mtimeMs, ctimeMs, size, ino } = await lstat(path)
    return [path, Math.abs(Date.now() - ctimeMs) < tickMs ? unsure : `${ino} ${size} ${mtimeMs} ${ctimeMs}`]
  } catch {
    return [path, null]
  }
}

async function entriesOf(folder: string, most: number): Promise<Dirent[]> {
  const entries: Dirent[] = []
  try {
    for await (const entry of await opendir(folder, { bufferSize: 256 })) {
      entries.push(entry)
      if (entries.length >= most) break
    }
  } catch {
    // Gone, or not ours to read: there is nothing in it for us.
  }
  return entries
}
