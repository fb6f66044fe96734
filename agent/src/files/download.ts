import type { IncomingHttpHeaders, ServerResponse } from 'node:http'
import { basename } from 'node:path'
import { filenameParams } from './disposition.ts'
import { type ByteRange, parseRange } from './range.ts'
import { openSource, type Source } from './source.ts'

/** One download: the file and who wants it. */
export interface Download {
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly response: ServerResponse
  readonly signal: AbortSignal
}

/** Answers with the bytes of a file, or one range of them (206, 416), or 304 when they have not changed. */
export async function downloadFile({ path, headers, response, signal }: Download): Promise<void> {
  const source = await openSource(path)
  try {
    response.setHeader('last-modified', source.modifiedAt.toUTCString())
    if (isUnchanged(headers['if-modified-since'], source.modifiedAt)) {
      response.writeHead(304).end()
      return
    }
    const range = wantedRange(headers, source)
    if (range === 'unsatisfiable') {
      response.writeHead(416, { 'content-range': `bytes */${source.size}`, 'content-length': 0 }).end()
      return
    }
    writeHead(response, path, source.size, range)
    await source.send({ response, signal }, range?.start ?? 0, range?.length ?? source.size)
    response.end()
  } finally {
    await source.close()
  }
}

function writeHead(response: ServerResponse, path: string, size: number | null, range: ByteRange | null): void {
  response.setHeader('content-type', 'application/octet-stream')
  response.setHeader('content-disposition', `attachment; ${filenameParams(basename(path), 0x7e)}`)
  const length = range?.length ?? size
  if (length !== null) response.setHeader('content-length', length)
  if (size !== null) response.setHeader('accept-ranges', 'bytes')
  if (range === null) response.writeHead(200)
  else {
    const last = range.start + range.length - 1
    response.writeHead(206, { 'content-range': `bytes ${range.start}-${last}/${size}` })
  }
}

function wantedRange(headers: IncomingHttpHeaders, source: Source): ByteRange | 'unsatisfiable' | null {
  if (source.size === null) return null
  // There are no entity tags here, so If-Range holds only with the very date.
  const condition = headers['if-range']
  if (condition !== undefined && condition !== source.modifiedAt.toUTCString()) return null
  return parseRange(headers.range, source.size)
}

function isUnchanged(since: string | undefined, modifiedAt: Date): boolean {
  const seconds = Math.floor(Date.parse(since ?? '') / 1000)
  return Math.floor(modifiedAt.getTime() / 1000) <= seconds
}
