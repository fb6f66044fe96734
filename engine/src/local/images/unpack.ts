import type { FileHandle } from 'node:fs/promises'
import { limits, PlatformError } from '@sandyard/protocol'
import { type Command, type RowResult, runRow } from '../host/run.ts'
import { containerIdCount, containerRootId } from '../records/ids.ts'
import { unpackCalls, unpackScript } from './unpack-script.ts'

/** Time for one layer, ms. */
const unpackTimeoutMs = 1_800_000
const memoryBytes = 1024 ** 3
/** user of the programs that unzip: nobody's */
const nobody = '65534'

/** A layer to unpack. */
export interface Unpacking {
  /** the packed tar file, open and not read yet */
  readonly file: FileHandle
  /** folder that takes it, with root inside as its owner */
  readonly folder: string
  /** true when the folder holds the layers below already, which this one changes; else its whiteouts stay as such */
  readonly isApplied: boolean
  /** most that the tar file may unzip to */
  readonly maxBytes: number
  readonly signal: AbortSignal
}

/** What was unpacked. */
export interface Unpacked {
  /** digest of the tar file: `sha256:` and hex */
  readonly diffId: string
  /** what was left out, for people */
  readonly notes: readonly string[]
}

/** Unpacks one layer of an image, which is hostile. Throws BAD_REQUEST for one that cannot be unpacked. */
export async function unpackLayer({ file, folder, isApplied, maxBytes, signal }: Unpacking): Promise<Unpacked> {
  if (!(await file.stat()).isFile()) throw new Error('A layer is no file')
  const unzip = await unzipCommand(async (buffer) => (await file.read(buffer, 0, buffer.length, 0)).bytesRead)
  const ids = [containerRootId, containerIdCount].map(String)
  const bounds = [limits.imageLayerEntries, maxBytes].map(String)
  const args = [unpackCalls(), folder, ...ids, isApplied ? 'apply' : '', ...bounds]
  const perl = [`--as=${memoryBytes}`, '--core=0', '--nofile=64', 'perl', '-e', unpackScript, ...args]
  const commands = [unzip, { program: 'prlimit', args: perl }, { program: 'sha256sum', args: [] }]
  const result = await runRow(commands, { inputFd: file.fd, timeoutMs: unpackTimeoutMs, signal })
  signal.throwIfAborted()
  return readResult(result)
}

function readResult({ ends, stdout, timedOut }: RowResult): Unpacked {
  const [unzip, unpack, digest] = ends
  const refuse = (why: string): never => {
    throw new PlatformError('BAD_REQUEST', `A layer of the image cannot be unpacked: ${why}`)
  }
  if (timedOut) refuse(`it took longer than ${unpackTimeoutMs / 60_000} minutes`)
  const why = unpack?.stderr.trim() ?? ''
  const last = why.split('\n').at(-1) ?? ''
  if (unpack?.exitCode !== 0) {
    if (/^full$/m.test(why)) throw new LayerTooLarge()
    if (/^large$/m.test(why)) throw new LayerTooLarge()
    if (/^many$/m.test(why)) refuse(`it has more than ${limits.imageLayerEntries} files`)
    if (/out of memory/i.test(why)) refuse('it has too many files')
    const broken = /^broken: (.*)$/m.exec(why)?.[1]
    // What it could read was not all there was: the program before it knows why.
    if (broken !== undefined) refuse(unzip?.exitCode === 0 || !/midst/.test(broken) ? broken : 'it is damaged')
    throw new Error(`A layer could not be unpacked: ${last}`)
  }
  // gzip says 2 for what follows the end, which is not taken.
  if (unzip?.exitCode !== 0 && unzip?.exitCode !== 2) refuse(`it is damaged: ${unzip?.stderr.trim().slice(-200)}`)
  if (digest?.exitCode !== 0) throw new Error(`sha256sum: ${digest?.stderr}`)
  const notes = [...last.matchAll(/(\w+)=(\d+)/g)].map(([, name = '', count]) => `${count} ${noteNames[name] ?? name}`)
  return { diffId: `sha256:${stdout.slice(0, 64)}`, notes }
}

const noteNames: Readonly<Record<string, string>> = {
  devices: 'device files are left out',
  owners: 'files have owners above 65535 and belong to nobody',
  attributes: 'extended attributes are left out',
}

/** The disk that it was to be unpacked to is full. */
export class LayerTooLarge extends Error {}

/** By what it begins with, as the media type is only what somebody wrote. The program may do nothing but read and write. */
async function unzipCommand(read: (buffer: Buffer) => Promise<number>): Promise<Command> {
  const start = Buffer.alloc(6)
  const magic = start.subarray(0, await read(start)).toString('hex')
  const unzip = unzipOf(magic)
  const harmless = ['--reuid', nobody, '--regid', nobody, '--clear-groups', '--no-new-privs', '--bounding-set=-all']
  return { program: 'prlimit', args: [`--as=${memoryBytes}`, '--core=0', 'setpriv', ...harmless, '--', ...unzip] }
}

function unzipOf(magic: string): readonly string[] {
  if (magic.startsWith('1f8b')) return ['gzip', '-dc']
  if (magic.startsWith('28b52ffd') || /^5.2a4d18/.test(magic)) return ['zstd', '-qdc']
  if (magic.startsWith('fd377a585a00') || magic.startsWith('425a68')) {
    throw new PlatformError(
      'BAD_REQUEST',
      'A layer of the image is packed with xz or bzip2; only gzip and zstd can be unpacked',
    )
  }
  return ['cat']
}
