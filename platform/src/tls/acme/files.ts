import { hash } from 'node:crypto'
import { chmod, mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { crypto as acmeCrypto } from 'acme-client'

/** Tries that have come to nothing, and when the last one began. */
export interface Tries {
  readonly count: number
  /** epoch ms */
  readonly atMs: number
}

/** What is kept of one certificate authority, in a folder that only the platform reads. */
export interface AcmeFiles {
  /** key of the account, PEM; made at the first call */
  readonly accountKey: Buffer
  /** names with their key and chain in one text, PEM, as they were found at the start */
  readonly certificates: ReadonlyMap<string, string>
  readonly tries: ReadonlyMap<string, Tries>
  writeCertificate(name: string, pem: string): Promise<void>
  removeCertificate(name: string): Promise<void>
  writeTries(tries: ReadonlyMap<string, Tries>): Promise<void>
}

const ending = '.pem'

/**
 * Opens `<data>/acme`. Each authority has a folder of its own there, so that certificates of one that is for tests never
 * stand where real ones are wanted. Every file is whole or not there.
 */
export async function openAcmeFiles(data: string, directoryUrl: string): Promise<AcmeFiles> {
  const folder = join(data, 'acme', hash('sha256', directoryUrl).slice(0, 16))
  const names = join(folder, 'certificates')
  await mkdir(names, { recursive: true, mode: 0o700 })
  await chmod(join(data, 'acme'), 0o700)
  const accountKey = await readOr(join(folder, 'account.key'), async (file) => {
    const key = await acmeCrypto.createPrivateEcdsaKey('P-256')
    await writeWhole(file, key.toString())
    return key
  })
  const certificates = new Map<string, string>()
  for (const file of await readdir(names)) {
    if (file.startsWith('.')) await rm(join(names, file), { force: true })
    else if (file.endsWith(ending)) {
      certificates.set(file.slice(0, -ending.length), await readFile(join(names, file), 'utf8'))
    }
  }
  const triesFile = join(folder, 'tries.json')
  let writing: Promise<void> = Promise.resolve()
  return {
    accountKey,
    certificates,
    tries: readTries(await readOr(triesFile, async () => Buffer.from('{}'))),
    writeCertificate: (name, pem) => writeWhole(join(names, name + ending), pem),
    removeCertificate: (name) => rm(join(names, name + ending), { force: true }),
    writeTries(tries) {
      // One after the other: the last one is what stays.
      const text = JSON.stringify(Object.fromEntries(tries))
      const written = writing.catch(() => {}).then(() => writeWhole(triesFile, text))
      writing = written
      return written
    },
  }
}

async function readOr(file: string, make: (file: string) => Promise<Buffer>): Promise<Buffer> {
  try {
    return await readFile(file)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    return make(file)
  }
}

/** Of a file that somebody has changed, what can be used. */
function readTries(bytes: Buffer): Map<string, Tries> {
  const tries = new Map<string, Tries>()
  let all: unknown
  try {
    all = JSON.parse(bytes.toString())
  } catch {
    return tries
  }
  for (const [name, one] of Object.entries(all ?? {})) {
    const { count, atMs } = (one ?? {}) as Partial<Tries>
    if (typeof count === 'number' && typeof atMs === 'number') tries.set(name, { count, atMs })
  }
  return tries
}

/** Writes a file that is there as a whole after a crash too, or as it was before. */
async function writeWhole(file: string, text: string): Promise<void> {
  const folder = join(file, '..')
  const fresh = join(folder, `.${process.pid}-${performance.now()}`)
  const handle = await open(fresh, 'wx', 0o600)
  try {
    await handle.writeFile(text)
    await handle.sync()
  } finally {
    await handle.close()
  }
  await rename(fresh, file)
  const directory = await open(folder)
  await directory.sync().finally(() => directory.close())
}
