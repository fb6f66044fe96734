import type { Dirent, Stats } from 'node:fs'
import { lstat, opendir } from 'node:fs/promises'
import { join } from 'node:path'
import { limits } from '@sandyard/protocol/limits'
import type { ServerKind } from './kinds.ts'
import { stampOf } from './stamp.ts'

/** A file that was made, changed or removed; the numbers are those of the protocol. */
export interface FileChange {
  readonly path: string
  readonly type: 1 | 2 | 3
}

const skipped = /^(\..*|node_modules|__pycache__)$/

/**
 * Files of a project that a server must hear of when they change. Servers here watch nothing; the project is looked
 * through before a request instead, up to a bound. Packages and hidden folders are left out, as servers do.
 */
export class ProjectFiles {
  readonly #folder: string
  readonly #kind: ServerKind
  /** by path; null for a file that can change again and look the same */
  #stamps = new Map<string, string | null>()
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
      if (old === undefined ? isWhole : stamp === null || old !== stamp) {
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
    const stamps = new Map<string, string | null>()
    const folders = [this.#folder]
    let room = limits.languageServerProjectEntries
    for (const folder of folders) {
      const entries = await entriesOf(folder, room + 1)
      room -= entries.length
      const names = entries.filter((entry) => entry.isFile() && this.#isOfInterest(entry.name)).map(({ name }) => name)
      const files = await Promise.all(names.map((name) => look(join(folder, name))))
      for (const { path, stats } of files) if (stats !== null) stamps.set(path, stampOf(stats))
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

async function look(path: string): Promise<{ readonly path: string; readonly stats: Stats | null }> {
  try {
    return { path, stats: await lstat(path) }
  } catch {
    return { path, stats: null } // removed meanwhile
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
