import type { IncomingMessage } from 'node:http'
import { basename, resolve } from 'node:path'
import type { fileRoutes, RouteOutput } from '@sandyard/protocol'
import { PlatformError } from '@sandyard/protocol/errors'
import { type Body, openBody } from './body.ts'
import { readParts } from './multipart.ts'
import { writeFile } from './write-file.ts'

/** Writes one file from a request: its multipart field `file`, or the body itself when it is not multipart. */
export async function uploadFile(
  path: string,
  request: IncomingMessage,
): Promise<RouteOutput<typeof fileRoutes.uploadFile>> {
  if (isMultipart(request)) await uploadFormFile(path, request)
  else await uploadBody(path, request)
  const full = resolve(path)
  return { name: basename(full), path: full, type: 'file' }
}

/** Writes one file from the multipart field `file` of a request. */
export async function uploadFormFile(path: string, request: IncomingMessage): Promise<void> {
  let isWritten = false
  for await (const part of readParts(request)) {
    if (part.name !== 'file' || isWritten) continue
    await writeFile(path, part.body)
    isWritten = true
  }
  if (!isWritten) throw new PlatformError('INVALID_REQUEST_BODY', 'The form has no field named file')
}

async function uploadBody(path: string, request: IncomingMessage): Promise<void> {
  const body = openBody(request)
  try {
    await writeFile(path, batchesOf(body))
  } finally {
    body.release()
  }
}

async function* batchesOf(body: Body): AsyncGenerator<Buffer[]> {
  for (let batch = await body.take(); batch !== null; batch = await body.take()) yield batch
}

function isMultipart(request: IncomingMessage): boolean {
  return /^multipart\/form-data\b/i.test(request.headers['content-type'] ?? '')
}
