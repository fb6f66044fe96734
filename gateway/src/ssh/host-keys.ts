import { createHash } from 'node:crypto'
import { link, open, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import ssh2 from 'ssh2'

/** A key by which clients know this host. */
export interface HostKey {
  /** in the format of OpenSSH */
  readonly privateKey: string
  /** type and key, as a line of `known_hosts` has them behind the host */
  readonly publicKey: string
  /** `SHA256:` and base64, as clients show it */
  readonly fingerprint: string
}

const fileName = 'ssh_host_ed25519_key'

/** Reads the host key of a data folder, or makes it at the first start. It never changes by itself. */
export async function openHostKey(folder: string): Promise<HostKey> {
  const path = join(folder, fileName)
  const privateKey = (await read(path)) ?? (await make(path))
  const parsed = ssh2.utils.parseKey(privateKey)
  if (parsed instanceof Error) throw new Error(`${path} is no SSH key: ${parsed.message}`, { cause: parsed })
  const body = parsed.getPublicSSH()
  return {
    privateKey,
    publicKey: `${parsed.type} ${body.toString('base64')}`,
    fingerprint: `SHA256:${createHash('sha256').update(body).digest('base64').replace(/=+$/, '')}`,
  }
}

async function read(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8')
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw thrown
  }
}

/** Makes a key. About one in 250 that the library writes cannot be read, by itself or by OpenSSH: those are made again. */
export function generateHostKey(): string {
  for (;;) {
    const key = ssh2.utils.generateKeyPairSync('ed25519', { comment: 'sandyard' }).private
    if (!(ssh2.utils.parseKey(key) instanceof Error)) return key
  }
}

/** It gets its name when all of it is on disk, so that a crash leaves no half of one. */
async function make(path: string): Promise<string> {
  const key = generateHostKey()
  const temporary = `${path}.new`
  await rm(temporary, { force: true })
  const file = await open(temporary, 'wx', 0o600)
  try {
    await file.writeFile(key)
    await file.sync()
  } finally {
    await file.close()
  }
  await link(temporary, path)
  await rm(temporary)
  return key
}
