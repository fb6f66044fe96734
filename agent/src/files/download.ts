import type { IncomingHttpHeaders, ServerResponse } from 'node:http'
import { basename } from 'node:path'
import { newId } from '../new-id.ts'
import { checkConditions, mayContinue } from './conditions.ts'
import { filenameParams } from './disposition.ts'
import { type ByteRange, parseRanges } from './range.ts'
import { type Receiver, send } from './send.ts'
import { openSource, type Source } from './source.ts'

/** One download: the file and who wants it. */
export interface Download {
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly response: ServerResponse
  readonly signal: AbortSignal
}

const contentType = 'application/octet-stream'

/** Answers with the bytes of a file or ranges of them (206, 416), or what its conditions come to (304, 412). */
export async function downloadFile({ path, headers, response, signal }: Download): Promise<void> {
  const source = await openSource(path)
  try {
    response.setHeader('last-modified', source.modifiedAt.toUTCString())
    if (source.tag !== null) response.setHeader('etag', source.tag)
    const outcome = checkConditions(headers, source)
    if (outcome !== 'send') {
      if (outcome === 'failed') response.setHeader('content-length', 0)
      response.writeHead(outcome === 'failed' ? 412 : 304).end()
      return
    }
    const size = source.size
    const ranges =
      size === null || !mayContinue(headers['if-range']?.toString(), source) ? null : parseRanges(headers.range, size)
    if (size !== null) response.setHeader('accept-ranges', 'bytes')
    if (ranges === 'unsatisfiable') {
      response.writeHead(416, { 'content-range': `bytes */${size}`, 'content-length': 0 }).end()
      return
    }
    response.setHeader('content-disposition', `attachment; ${filenameParams(basename(path), 0x7e)}`)
    const receiver = { response, signal }
    const [range] = ranges ?? []
    if (ranges === null || range === undefined || size === null) await sendWhole(receiver, source)
    else if (ranges.length === 1) await sendRange(receiver, source, range, size)
    else await sendRanges(receiver, source, ranges, size)
    response.end()
  } finally {
    await source.close()
  }
}

async function sendWhole(receiver: Receiver, source: Source): Promise<void> {
  const { response } = receiver
  if (source.size !== null) response.setHeader('content-length', source.size)
  response.writeHead(200, { 'content-type': contentType })
  await source.send(receiver, 0, source.size)
}

async function sendRange(receiver: Receiver, source: Source, range: ByteRange, size: number): Promise<void> {
  receiver.response.writeHead(206, {
    'content-type': contentType,
    'content-length': range.length,
    'content-range': contentRange(range, size),
  })
  await source.send(receiver, range.start, range.length)
}

/** Several ranges come as the parts of one answer (RFC 9110, 14.6). */
async function sendRanges(
  receiver: Receiver,
  source: Source,
  ranges: readonly ByteRange[],
  size: number,
): Promise<void> {
  const boundary = `sandyard-${newId()}`
  const heads = ranges.map((range) => {
    const lines = [`--${boundary}`, `Content-Type: ${contentType}`, `Content-Range: ${contentRange(range, size)}`]
    return `${lines.join('\r\n')}\r\n\r\n`
  })
  const end = `--${boundary}--\r\n`
  const length = ranges.reduce((sum, range, index) => sum + (heads[index]?.length ?? 0) + range.length + 2, end.length)
  receiver.response.writeHead(206, {
    'content-type': `multipart/byteranges; boundary=${boundary}`,
    'content-length': length,
  })
  for (const [index, range] of ranges.entries()) {
    await send(receiver, heads[index] ?? '')
    await source.send(receiver, range.start, range.length)
    await send(receiver, '\r\n')
  }
  await send(receiver, end)
}

function contentRange({ start, length }: ByteRange, size: number): string {
  return `bytes ${start}-${start + length - 1}/${size}`
}
