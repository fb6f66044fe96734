import { createHash, hash } from 'node:crypto'
import { isEqual } from './credentials.ts'
import { S3Error } from './s3-error.ts'
import type { Signer } from './signed-request.ts'

/** How a body in chunks is read. */
export interface ChunkOptions {
  /** for chunks that are signed: signature of the head, and who signs */
  readonly signed: { readonly seed: string; readonly signer: Signer } | null
  /** whether fields may follow the last chunk */
  readonly hasTrailer: boolean
  /** bytes of all chunks, as the head has said */
  readonly sizeBytes: number
}

/** Longest line before a chunk, and longest trailer, bytes. */
const lineBytes = 300
const trailerBytes = 8192
const emptyHash = hash('sha256', '')

/**
 * Takes the chunks of `aws-chunked` apart and gives what is in them; each signature is checked when its chunk is whole.
 * Returns the fields of the trailer, in lower case. Throws S3Error for anything that is not so.
 */
export async function* decodeChunks(
  source: AsyncIterable<Buffer>,
  { signed, hasTrailer, sizeBytes }: ChunkOptions,
): AsyncGenerator<Buffer, Map<string, string>> {
  let state: 'line' | 'data' | 'data end' | 'trailer' = 'line'
  let held: Buffer = Buffer.alloc(0)
  let rest = 0
  let total = 0
  let claimed = ''
  let previous = signed?.seed ?? ''
  let digest = createHash('sha256')

  function checkSignature(): void {
    if (signed === null) return
    const { signer } = signed
    const text = [
      'AWS4-HMAC-SHA256-PAYLOAD',
      signer.date,
      signer.scope,
      previous,
      emptyHash,
      digest.digest('hex'),
    ].join('\n')
    if (!isEqual(claimed, signer.sign(text))) wrong('SignatureDoesNotMatch', 'The signature of a chunk does not match')
    previous = claimed
    digest = createHash('sha256')
  }

  for await (const piece of source) {
    held = held.length === 0 ? piece : Buffer.concat([held, piece])
    for (;;) {
      if (state === 'line') {
        const end = held.indexOf('\r\n')
        if (end < 0 ? held.length > lineBytes : end > lineBytes)
          wrong('InvalidRequest', 'The line before a chunk is too long')
        if (end < 0) break
        ;[rest, claimed] = readLine(held.toString('latin1', 0, end), signed !== null)
        held = held.subarray(end + 2)
        total += rest
        if (total > sizeBytes) wrong('IncompleteBody', 'The chunks hold more than x-amz-decoded-content-length says')
        state = rest === 0 ? 'trailer' : 'data'
        if (rest === 0) checkSignature()
      } else if (state === 'data') {
        if (held.length === 0) break
        const data = held.subarray(0, rest)
        held = held.subarray(data.length)
        rest -= data.length
        if (signed !== null) digest.update(data)
        yield data
        if (rest > 0) break
        checkSignature()
        state = 'data end'
      } else if (state === 'data end') {
        if (held.length < 2) break
        if (held[0] !== 13 || held[1] !== 10) wrong('InvalidRequest', 'A chunk is longer than it says')
        held = held.subarray(2)
        state = 'line'
      } else {
        if (held.length > trailerBytes) wrong('InvalidRequest', 'The trailer is too long')
        break
      }
    }
  }
  if (state !== 'trailer' || total !== sizeBytes)
    wrong('IncompleteBody', 'The body ended before all of its chunks had come')
  const fields = readTrailer(held.toString('latin1'))
  if (!hasTrailer && fields.size > 0) wrong('InvalidRequest', 'A trailer came that the head has not named')
  if (hasTrailer && signed !== null) checkTrailer(fields, signed.signer, previous)
  return fields
}

function readLine(line: string, isSigned: boolean): [size: number, signature: string] {
  const pattern = isSigned ? /^([0-9a-fA-F]{1,10});chunk-signature=([0-9a-f]{64})$/ : /^([0-9a-fA-F]{1,10})$/
  const [, size = '', signature = ''] =
    pattern.exec(line) ?? wrong('InvalidRequest', 'The line before a chunk is not one')
  return [Number.parseInt(size, 16), signature]
}

function readTrailer(text: string): Map<string, string> {
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== '')
  return new Map(
    lines.map((line) => {
      const [, name = '', value = ''] =
        /^([\w-]{1,100}):(.*)$/.exec(line) ?? wrong('InvalidRequest', 'The trailer is not one')
      return [name.toLowerCase(), value.trim()]
    }),
  )
}

function checkTrailer(fields: Map<string, string>, signer: Signer, previous: string): void {
  const claimed = fields.get('x-amz-trailer-signature') ?? ''
  fields.delete('x-amz-trailer-signature')
  const canonical = [...fields].map(([name, value]) => `${name}:${value}\n`).join('')
  const text = ['AWS4-HMAC-SHA256-TRAILER', signer.date, signer.scope, previous, hash('sha256', canonical)].join('\n')
  if (!isEqual(claimed, signer.sign(text)))
    wrong('SignatureDoesNotMatch', 'The signature of the trailer does not match')
}

function wrong(code: ConstructorParameters<typeof S3Error>[0], message: string): never {
  throw new S3Error(code, message)
}
