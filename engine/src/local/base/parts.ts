import { createHash } from 'node:crypto'
import { chmodSync, constants, linkSync, mkdirSync, readdirSync, statSync } from 'node:fs'
import { access, chmod, copyFile, cp, mkdir, mkdtemp, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** A file or folder of a runtime folder. */
export interface Part {
  /** path inside the runtime folder */
  readonly name: string
  /** another one whenever its content is another */
  readonly identity: string
  /** Puts it at a path whose folder is there. */
  place(target: string): Promise<void>
}

/** A small file that every runtime folder has its own copy of. */
export function textPart(name: string, content: Uint8Array, mode = 0o644): Part {
  return {
    name,
    identity: `${digest(content)} ${mode}`,
    async place(target) {
      await writeFile(target, content)
      await chmod(target, mode)
    },
  }
}

/** Makes what several runtime folders share, at a path that is not there yet. */
export type Make = (path: string) => Promise<void>

/**
 * Parts kept once per base folder and linked into each runtime folder: they cost neither time nor room again, and
 * sandboxes share their pages in memory whatever runtime they have. Use it under the lock of the runtime folders.
 */
export class PartStore {
  readonly #folder: string

  constructor(baseDir: string) {
    this.#folder = join(baseDir, 'parts')
  }

  /** A part that is made at most once for its key, which says all that its content depends on. */
  part(name: string, key: string, make: Make): Part {
    return {
      name,
      identity: key,
      place: async (target) => linkTree(await this.#keep(`${name.replaceAll('/', '-')}-${key}`, make), target),
    }
  }

  /** A copy of a file of this machine; a copy, as the file may be changed later, and by whom it belongs to. */
  async file(name: string, path: string): Promise<Part> {
    return this.part(name, await versionOf(path), (target) => copyFile(path, target, constants.COPYFILE_FICLONE))
  }

  /** A copy of a folder without what is not wanted; the key is its version. */
  folder(name: string, key: string, source: string, isWanted: (path: string) => boolean): Part {
    return this.part(name, key, (target) =>
      cp(source, target, { recursive: true, filter: isWanted, mode: constants.COPYFILE_FICLONE }),
    )
  }

  /** Removes what a killed process left half-made. */
  async removeLeftovers(): Promise<void> {
    await rm(join(this.#folder, making), { recursive: true, force: true })
  }

  async #keep(key: string, make: Make): Promise<string> {
    const kept = join(this.#folder, key)
    if (await exists(kept)) return kept
    await mkdir(join(this.#folder, making), { recursive: true })
    const temporary = await mkdtemp(join(this.#folder, making, 'part-'))
    try {
      await make(join(temporary, 'part'))
      openToAll(join(temporary, 'part'))
      await rename(join(temporary, 'part'), kept)
    } finally {
      await rm(temporary, { recursive: true, force: true })
    }
    return kept
  }
}

const making = '.making'

/** Names what a file of this machine holds now. Reading it would take longer: platforms ask at every start. */
export async function versionOf(path: string): Promise<string> {
  const { size, mtimeNs } = await stat(path, { bigint: true })
  return digest(Buffer.from(`${path} ${size} ${mtimeNs}`))
}

function digest(content: Uint8Array): string {
  return createHash('sha256').update(content).digest('hex').slice(0, 32)
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}

/** Sandboxes run under ids of their own: they may read all, and run what its owner may run. */
function openToAll(path: string): void {
  const stats = statSync(path)
  chmodSync(path, stats.isDirectory() || (stats.mode & 0o100) !== 0 ? 0o755 : 0o644)
  if (stats.isDirectory()) for (const name of readdirSync(path)) openToAll(join(path, name))
}

/** Gives all files of a folder a second name. */
function linkTree(source: string, target: string): void {
  if (!statSync(source).isDirectory()) {
    linkSync(source, target)
    return
  }
  mkdirSync(target)
  chmodSync(target, 0o755)
  for (const name of readdirSync(source)) linkTree(join(source, name), join(target, name))
}
