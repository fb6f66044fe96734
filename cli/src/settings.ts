import { randomUUID } from 'node:crypto'
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { CommandError } from './exit-codes.ts'

/** How to reach one platform. */
export interface Profile {
  readonly apiUrl: string
  readonly apiKey?: string
  /** id of the organization to act in; without it the key's own */
  readonly organization?: string
}

/** Content of the file. */
export interface Kept {
  readonly active: string
  readonly profiles: Readonly<Record<string, Profile>>
}

/** Profiles on disk, in a file that only its owner can read. */
export interface Settings {
  /** where it is, or will be */
  readonly file: string
  read(): Promise<Kept>
  /** replaces the file in one step */
  write(kept: Kept): Promise<void>
}

const emptySettings: Kept = { active: 'default', profiles: {} }

/** Settings in `$SANDYARD_CONFIG_DIR`, or `sandyard/` of the XDG place for configuration. */
export function openSettings(env: Readonly<Record<string, string | undefined>>): Settings {
  const home = env.XDG_CONFIG_HOME ?? join(env.HOME ?? '/', '.config')
  const file = join(env.SANDYARD_CONFIG_DIR ?? join(home, 'sandyard'), 'config.json')
  return {
    file,
    async read() {
      const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return null
        throw new CommandError(`${file} cannot be read: ${error.message}`)
      })
      return text === null ? emptySettings : asKept(file, text)
    },
    async write(kept) {
      await mkdir(dirname(file), { recursive: true, mode: 0o700 })
      // a file that is there already may be a link, or readable: it is not written to
      const next = `${file}.${randomUUID()}`
      try {
        await writeFile(next, `${JSON.stringify(kept, null, 2)}\n`, { mode: 0o600, flag: 'wx' })
        await rename(next, file)
      } catch (error) {
        await rm(next, { force: true })
        throw error
      }
    },
  }
}

function asKept(file: string, text: string): Kept {
  try {
    const { active, profiles } = JSON.parse(text) as Partial<Kept>
    if (typeof active === 'string' && typeof profiles === 'object' && profiles !== null) return { active, profiles }
  } catch {
    // told below
  }
  throw new CommandError(`${file} is not a file of ours`, undefined, 'move it away and log in again')
}
