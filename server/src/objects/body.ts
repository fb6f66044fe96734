import { open } from 'node:fs/promises'
import type { IncomingMessage } from 'node:http'
import { limits } from '@sandyard/protocol'
import { type ChecksumName, checksumNames, createChecksum } from './checksums.ts'
import { decodeChunks } from './chunks.ts'
import { S3Error } from './s3-error.ts'
import type { RawRequest } from './signed-request.ts'
import type { Caller } from './verify.ts'

/** How the body of a call is to be read, and what it must be. */
export interface BodyPlan {
  /** of what is in it, without the frames of chunks */
  readonly sizeBytes: number
  readonly chunks: { readonly isSigned: boolean; readonly hasTrailer: boolean } | null
  /** check values that are known beforehand */
  readonly expected: readonly { readonly name: ChecksumName; readonly value: Buffer }[]
  /** check values that the trailer brings */
  readonly inTrailer: readonly ChecksumName[]
}

const checksumBytes: Readonly<Record<ChecksumName, number>> = {
  md5: 16,
  sha256: 32,
  sha1: 20,
  crc32: 4,
  crc32c: 4,
  crc64nvme: 8,
}

const streaming: Readonly<Record<string, NonNullable<BodyPlan['chunks']>>> = {
  'STREAMING-AWS4-HMAC-SHA256-PAYLOAD': { isSigned: true, hasTrailer: false },
  'STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER': { isSigned: true, hasTrailer: true },
  'STREAMING-UNSIGNED-PAYLOAD-TRAILER': { isSigned: false, hasTrailer: true },
}

/** Reads from the head how the body comes. Throws S3Error for what is missing, wrong or unknown. */
export function planBody({ headers, query }: RawRequest, { payloadHash }: Pick<Caller, 'payloadHash'>): BodyPlan {
  const chunks = streaming[payloadHash] ?? null
  const expected: { name: ChecksumName; value: Buffer }[] = []
  if (chunks === null && payloadHash !== 'UNSIGNED-PAYLOAD') {
    if (payloadHash.startsWith('STREAMING-'))
      throw new S3Error('NotImplemented', `Bodies of ${payloadHash.slice(0, 100)} are not read here`)
    if (!/^[0-9a-f]{64}$/.test(payloadHash))
      throw new S3Error('InvalidArgument', 'x-amz-content-sha256 is not a SHA-256')
    expected.push({ name: 'sha256', value: Buffer.from(payloadHash, 'hex') })
  }
  for (const name of checksumNames) {
    const header = name === 'md5' ? 'content-md5' : `x-amz-checksum-${name}`
    const text = headers.get(header) ?? query.find(([parameter]) => parameter.toLowerCase() === header)?.[1]
    if (text === undefined) continue
    const value = Buffer.from(text, 'base64')
    if (value.length !== checksumBytes[name]) throw new S3Error('InvalidDigest', `The value of ${header} is not one`)
    expected.push({ name, value })
  }
  const encoding = headers.get('content-encoding')
  if (chunks === null && encoding !== undefined && /aws-chunked/.test(encoding)) {
    throw new S3Error('InvalidRequest', 'A body of aws-chunked needs its form in x-amz-content-sha256')
  }
  const length = headers.get(chunks === null ? 'content-length' : 'x-amz-decoded-content-length')
  if (length === undefined) throw new S3Error('MissingContentLength', 'You must provide the length of the body')
  if (!/^\d{1,15}$/.test(length)) throw new S3Error('InvalidArgument', 'The length of the body is not a number')
  return {
    sizeBytes: Number(length),
    chunks,
    expected,
    inTrailer: chunks?.hasTrailer === true ? readTrailerNames(headers) : [],
  }
}

function readTrailerNames(headers: ReadonlyMap<string, string>): ChecksumName[] {
  const names = (headers.get('x-amz-trailer') ?? '').split(',').map((name) => name.trim().toLowerCase())
  return names
    .filter((name) => name !== '')
    .map((header) => {
      const name = checksumNames.find((known) => known !== 'md5' && header === `x-amz-checksum-${known}`)
      if (name === undefined) throw new S3Error('InvalidRequest', `The trailer ${header.slice(0, 100)} is not known`)
      return name
    })
}

/** Bytes that are written at once. */
const writeBytes = 1024 * 1024

/**
 * Writes the body of a call to a new file, on disk when this resolves, and checks it. Throws S3Error when it is not what
 * the head says, or comes too slowly; what is in the file then is of no use.
 */
export async function receiveBody(
  request: IncomingMessage,
  plan: BodyPlan,
  caller: Caller,
  file: string,
): Promise<void> {
  const checks = [...plan.expected.map(({ name }) => name), ...plan.inTrailer]
  const checksums = [...new Set(checks)].map((name) => ({ name, checksum: createChecksum(name) }))
  const handle = await open(file, 'wx', 0o600)
  try {
    let held: Buffer[] = []
    let heldBytes = 0
    let total = 0
    let writing: Promise<unknown> = Promise.resolve()
    const write = async (): Promise<void> => {
      await writing
      const [pieces, size] = [held, heldBytes]
      ;[held, heldBytes] = [[], 0]
      writing = writeAll(handle, pieces, size)
      writing.catch(() => {}) // Awaited before the next one.
    }
    const take = async (data: Buffer): Promise<void> => {
      total += data.length
      if (total > plan.sizeBytes) throw new S3Error('IncompleteBody', 'The body is longer than it says')
      for (const { checksum } of checksums) checksum.update(data)
      held.push(data)
      heldBytes += data.length
      if (heldBytes >= writeBytes) await write()
    }
    let trailer = new Map<string, string>()
    try {
      const raw = withPatience(request)
      if (plan.chunks === null) for await (const data of raw) await take(data)
      else {
        const signed = plan.chunks.isSigned ? { seed: caller.signature, signer: caller.signer } : null
        const decoded = decodeChunks(raw, { signed, hasTrailer: plan.chunks.hasTrailer, sizeBytes: plan.sizeBytes })
        for (let step = await decoded.next(); ; step = await decoded.next()) {
          if (step.done === true) {
            trailer = step.value
            break
          }
          await take(step.value)
        }
      }
      await write()
    } finally {
      await writing
    }
    if (total !== plan.sizeBytes) throw new S3Error('IncompleteBody', 'The body is shorter than it says')
    const found = new Map(checksums.map(({ name, checksum }) => [name, checksum.digest()]))
    for (const { name, value } of plan.expected) compare(name, found.get(name), value)
    for (const name of plan.inTrailer)
      compare(name, found.get(name), Buffer.from(trailer.get(`x-amz-checksum-${name}`) ?? '', 'base64'))
    await handle.datasync()
  } finally {
    await handle.close()
  }
}

function compare(name: ChecksumName, found: Buffer | undefined, wanted: Buffer): void {
  if (found?.equals(wanted) === true) return
  if (name === 'md5') throw new S3Error('BadDigest', 'The Content-MD5 you specified did not match what we received')
  if (name === 'sha256')
    throw new S3Error('XAmzContentSHA256Mismatch', 'The SHA-256 you specified did not match what we received')
  throw new S3Error('XAmzContentChecksumMismatch', `The ${name} you specified did not match what we received`)
}

async function writeAll(
  handle: Awaited<ReturnType<typeof open>>,
  pieces: readonly Buffer[],
  size: number,
): Promise<void> {
  if (size === 0) return
  const { bytesWritten } = await handle.writev(pieces)
  // A write can be cut short where the disk is almost full; the rest of it then tells why.
  if (bytesWritten < size) await handle.writeFile(Buffer.concat(pieces).subarray(bytesWritten))
}

/** Reads a body of known, small size into memory. Throws S3Error when it is larger. */
export async function readText(request: IncomingMessage, mostBytes: number): Promise<string> {
  const pieces: Buffer[] = []
  let total = 0
  for await (const piece of withPatience(request)) {
    total += piece.length
    if (total > mostBytes) throw new S3Error('MalformedXML', 'The body is too long')
    pieces.push(piece)
  }
  return Buffer.concat(pieces).toString('utf8')
}

/** The pieces of a body; throws RequestTimeout for one that rests too long, or takes too long as a whole. */
async function* withPatience(request: IncomingMessage): AsyncGenerator<Buffer> {
  let timer: NodeJS.Timeout | undefined
  const deadline = performance.now() + limits.objectUploadMs
  const giveUp = (): void => {
    request.destroy(new S3Error('RequestTimeout', 'The body came too slowly'))
  }
  const wait = (): void => {
    clearTimeout(timer)
    timer = setTimeout(giveUp, Math.min(limits.objectIdleMs, Math.max(0, deadline - performance.now())))
  }
  wait()
  try {
    // Whoever leaves early still has to answer on the connection.
    for await (const piece of request.iterator({ destroyOnReturn: false })) {
      // What we take to write it does not count.
      clearTimeout(timer)
      yield piece as Buffer
      wait()
    }
  } catch (error) {
    throw error instanceof S3Error ? error : new S3Error('IncompleteBody', 'The connection ended before the body')
  } finally {
    clearTimeout(timer)
  }
}
