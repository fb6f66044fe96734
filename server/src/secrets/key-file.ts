import { randomBytes, randomUUID } from 'node:crypto'
import { link, mkdir, open, readFile, rm } from 'node:fs/promises'
import { dirname } from 'node:path'

const keyBytes = 32

/** The key of 32 bytes in this file, which is made at the first call and readable for the owner only. */
export async function openKeyFile(file: string): Promise<Buffer> {
  return (await readKey(file)) ?? (await makeKey(file))
}

async function readKey(file: string): Promise<Buffer | undefined> {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
  if (!/^[0-9a-f]{64}\n?$/.test(text)) throw new Error(`${file} does not hold a key of ${keyBytes} bytes`)
  return Buffer.from(text.trim(), 'hex')
}

/** The file appears whole, and one that is there is never replaced: whoever comes second takes the first one's key. */
async function makeKey(file: string): Promise<Buffer> {
  const folder = dirname(file)
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const temporary = `${file}.${randomUUID()}`
  const handle = await open(temporary, 'wx', 0o600)
  try {
    await handle.writeFile(`${randomBytes(keyBytes).toString('hex')}\n`)
    await handle.sync()
  } finally {
    await handle.close()
  }
  try {
    await link(temporary, file)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  } finally {
    await rm(temporary, { force: true })
  }
  const parent = await open(folder, 'r')
  await parent.sync().finally(() => parent.close())
  const key = await readKey(file)
  if (key === undefined) throw new Error(`${file} is gone as soon as it was made`)
  return key
}
