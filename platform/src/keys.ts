import { randomBytes } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { PlatformError } from '@sandyard/protocol'
import type { Config } from './config.ts'

/** The administrator's key and where people find it. */
export interface AdminKey {
  readonly key: string
  /** file that keeps it; `null` when it was given by flag or variable */
  readonly file: string | null
}

/** The key that is configured, else the one in the data folder, made there the first time (mode 0600). */
export async function adminKey(config: Config): Promise<AdminKey> {
  if (config.apiKey !== null) return { key: config.apiKey, file: null }
  const file = join(config.data, 'api-key')
  try {
    await writeFile(file, `dtn_${randomBytes(32).toString('hex')}\n`, { flag: 'wx', mode: 0o600 })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
  const key = (await readFile(file, 'utf8')).trim()
  if (!/^[\w-]{16,256}$/.test(key)) {
    throw new PlatformError('BAD_REQUEST', `${file} does not hold a key; remove it, and a new one is made`)
  }
  return { key, file }
}
