import { createReadStream } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { pipeline } from 'node:stream/promises'
import { limits } from '@sandyard/protocol'
import { planBody, readText, receiveBody } from './body.ts'
import { listObjects, listParts, listUploads } from './listings.ts'
import type { ObjectFolder, StoredObject } from './object-folder.ts'
import { bucket, keyText, type ObjectKey, parseKey } from './object-key.ts'
import { type Parameter, parametersOf } from './parameters.ts'
import type { Room } from './room.ts'
import { S3Error } from './s3-error.ts'
import { decode, type RawRequest } from './signed-request.ts'
import { chooseParts, joinParts, type Upload, type Uploads } from './uploads.ts'
import type { Caller } from './verify.ts'
import { parseParts, writeXml } from './xml.ts'

/** What S3 calls need. */
export interface CallParts {
  readonly folder: ObjectFolder
  readonly uploads: Uploads
  readonly room: Room
  /** epoch ms */
  readonly clock: () => number
}

/** A call that has been let in. */
export interface S3Call {
  readonly raw: RawRequest
  readonly caller: Caller
  readonly request: IncomingMessage
  readonly response: ServerResponse
}

/** An answer; `object` is streamed. */
interface S3Answer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string | number>>
  readonly xml?: string
  readonly object?: { readonly file: string; readonly start: number; readonly end: number }
}

/** Answers what clients of S3 ask of the bucket; see api.md 2.10 for those that must work. */
export function createCalls({
  folder,
  uploads,
  room,
  clock,
}: CallParts): (path: string, call: S3Call) => Promise<void> {
  /** completions under way or done not long ago, by id of the upload: a client whose answer was lost asks again */
  const completions = new Map<string, Promise<StoredObject>>()

  async function answer(path: string, call: S3Call): Promise<S3Answer> {
    const { raw, caller } = call
    const parameter = parametersOf(raw)
    const slash = path.indexOf('/')
    const [bucketName, rawKey] = slash < 0 ? [path, ''] : [path.slice(0, slash), path.slice(slash + 1)]
    if (bucketName === '') throw new S3Error('AccessDenied', 'Access Denied')
    if (decode(bucketName) !== bucket) throw new S3Error('NoSuchBucket', 'The specified bucket does not exist')
    if (rawKey === '') return onBucket(call, parameter)
    const key = parseKey(decode(rawKey), caller.organizationId)
    const uploadId = parameter('uploadId')
    switch (raw.method) {
      case 'HEAD':
        return withoutBody(readObject(raw, key))
      case 'GET':
        return uploadId === undefined
          ? readObject(raw, key)
          : { status: 200, xml: listParts(bucket, uploads, uploads.require(uploadId, key), parameter) }
      case 'PUT':
        if (raw.headers.has('x-amz-copy-source')) throw new S3Error('NotImplemented', 'Objects are not copied here')
        return uploadId === undefined
          ? await put(call, key)
          : await putPart(call, uploads.require(uploadId, key), parameter('partNumber'))
      case 'POST':
        if (parameter('uploads') !== undefined) return begin(key)
        if (uploadId !== undefined) return await complete(call, key, uploadId)
        break
      case 'DELETE':
        if (uploadId === undefined) throw new S3Error('AccessDenied', 'Access Denied')
        return abort(uploads.require(uploadId, key))
    }
    throw new S3Error('MethodNotAllowed', 'The specified method is not allowed against this resource')
  }

  function onBucket({ raw, caller }: S3Call, parameter: Parameter): S3Answer {
    if (raw.method === 'HEAD') return { status: 200 }
    if (raw.method !== 'GET') throw new S3Error('AccessDenied', 'Access Denied')
    if (parameter('location') !== undefined) return { status: 200, xml: writeXml('LocationConstraint', {}) }
    if (parameter('uploads') !== undefined)
      return { status: 200, xml: listUploads(bucket, uploads, caller.organizationId, parameter) }
    if (parameter('list-type') !== '2')
      throw new S3Error('NotImplemented', 'Of the listings only ListObjectsV2 is served')
    return {
      status: 200,
      xml: listObjects(bucket, { folder, organizationId: caller.organizationId, nowMs: clock() }, parameter),
    }
  }

  function readObject(raw: RawRequest, key: ObjectKey): S3Answer {
    const object = folder.find(key)
    if (object === null) throw new S3Error('NoSuchKey', 'The specified key does not exist')
    folder.touch(object, clock())
    const { headers } = raw
    if (listed(headers.get('if-none-match'), object.etag))
      return { status: 304, headers: { etag: quoted(object.etag) } }
    const wanted = headers.get('if-match')
    if (wanted !== undefined && !listed(wanted, object.etag))
      throw new S3Error('PreconditionFailed', 'The object is another one')
    const { start, end, isPart } = readRange(headers.get('range'), object.sizeBytes)
    return {
      status: isPart ? 206 : 200,
      headers: {
        ...headersOf(object),
        'accept-ranges': 'bytes',
        'content-type': 'application/octet-stream',
        'content-length': end - start,
        ...(isPart ? { 'content-range': `bytes ${start}-${end - 1}/${object.sizeBytes}` } : {}),
      },
      ...(end > start ? { object: { file: object.file, start, end: end - 1 } } : {}),
    }
  }

  async function put(call: S3Call, key: ObjectKey): Promise<S3Answer> {
    const isNewOnly = call.raw.headers.get('if-none-match') === '*'
    const refuse = (): never => {
      throw new S3Error('PreconditionFailed', 'There is an object of this key already')
    }
    if (isNewOnly && folder.find(key) !== null) refuse()
    const object = await receive(call, true, async (file) => {
      if (isNewOnly && folder.find(key) !== null) refuse()
      return await commit(file, key)
    })
    return { status: 200, headers: { etag: quoted(object.etag) } }
  }

  async function putPart(call: S3Call, upload: Upload, numberText: string | undefined): Promise<S3Answer> {
    const number = /^[1-9]\d{0,4}$/.test(numberText ?? '') ? Number(numberText) : 0
    if (number < 1 || number > limits.objectParts) {
      throw new S3Error('InvalidArgument', `Part number must be an integer between 1 and ${limits.objectParts}`)
    }
    const part = await receive(call, false, async (file) => {
      if (completions.has(upload.id)) throw new S3Error('NoSuchUpload', 'The upload has been completed')
      const { part: added, replaced } = uploads.addPart(upload, { number, file }, clock())
      room.note(upload.key.organizationId, { bytes: added.sizeBytes - (replaced?.sizeBytes ?? 0), objects: 0 })
      return added
    })
    return { status: 200, headers: { etag: quoted(part.etag) } }
  }

  /** Writes the body of the call to a file and hands it on when it is what it should be. */
  async function receive<T>(
    { raw, caller, request }: S3Call,
    isObject: boolean,
    use: (file: string) => Promise<T>,
  ): Promise<T> {
    const plan = planBody(raw, caller)
    const place = room.reserve(caller.organizationId, { bytes: plan.sizeBytes, isObject })
    const file = folder.newFile()
    try {
      await folder.requireRoom(plan.sizeBytes)
      await receiveBody(request, plan, caller, file)
      return await use(file)
    } finally {
      await folder.discard(file)
      place.release()
    }
  }

  async function commit(file: string, key: ObjectKey): Promise<StoredObject> {
    const before = folder.find(key)
    const object = folder.commit(file, key, clock())
    const { sizeBytes } = await object
    room.note(key.organizationId, { bytes: sizeBytes - (before?.sizeBytes ?? 0), objects: before === null ? 1 : 0 })
    return await object
  }

  function begin(key: ObjectKey): S3Answer {
    if (uploads.list(key.organizationId).length >= limits.objectUnfinished) {
      throw new S3Error(
        'SlowDown',
        `${limits.objectUnfinished} uploads in parts are under way already; complete or abort some`,
      )
    }
    const { id } = uploads.begin(key, clock())
    return {
      status: 200,
      xml: writeXml('InitiateMultipartUploadResult', { Bucket: bucket, Key: keyText(key), UploadId: id }),
    }
  }

  async function complete({ request, raw }: S3Call, key: ObjectKey, uploadId: string): Promise<S3Answer> {
    const named = parseParts(await readText(request, limits.objectPartListBytes), limits.objectParts)
    let completion = completions.get(uploadId)
    if (completion === undefined) {
      const upload = uploads.require(uploadId, key)
      completion = joinUpload(upload, chooseParts(uploads.parts(upload), named))
      remember(uploadId, completion)
    }
    const object = await completion
    if (keyText(object.key) !== keyText(key)) throw new S3Error('NoSuchUpload', 'The upload is one of another key')
    const location = `http://${raw.headers.get('host') ?? ''}${raw.path}`
    return {
      status: 200,
      xml: writeXml('CompleteMultipartUploadResult', {
        Location: location,
        Bucket: bucket,
        Key: keyText(key),
        ETag: quoted(object.etag),
      }),
    }
  }

  async function joinUpload(upload: Upload, parts: ReturnType<typeof chooseParts>): Promise<StoredObject> {
    const bytes = uploads.parts(upload).reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
    const file = folder.newFile()
    try {
      await folder.requireRoom(bytes)
      await joinParts(parts, file)
      const object = await commit(file, upload.key)
      uploads.remove(upload)
      room.note(upload.key.organizationId, { bytes: -bytes, objects: 0 })
      return object
    } catch (error) {
      completions.delete(upload.id)
      throw error
    } finally {
      await folder.discard(file)
    }
  }

  function remember(uploadId: string, completion: Promise<StoredObject>): void {
    completion.catch(() => {}) // Those who asked for it are told.
    completions.set(uploadId, completion)
    const [oldest] = completions.keys()
    if (completions.size > 1000 && oldest !== undefined) completions.delete(oldest)
  }

  function abort(upload: Upload): S3Answer {
    if (completions.has(upload.id)) throw new S3Error('OperationAborted', 'The upload is just being completed')
    const bytes = uploads.parts(upload).reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
    uploads.remove(upload)
    room.note(upload.key.organizationId, { bytes: -bytes, objects: 0 })
    return { status: 204 }
  }

  return async (path, call) => {
    const { status, headers = {}, xml, object } = await answer(path, call)
    const { response } = call
    const length =
      xml === undefined ? {} : { 'content-type': 'application/xml', 'content-length': Buffer.byteLength(xml) }
    response.writeHead(status, {
      ...(xml === undefined && object === undefined && status !== 204 && status !== 304 ? { 'content-length': 0 } : {}),
      ...headers,
      ...length,
    })
    if (object === undefined) response.end(xml)
    else await pipeline(createReadStream(object.file, { start: object.start, end: object.end }), response)
  }
}

function headersOf(object: StoredObject): Record<string, string> {
  return { etag: quoted(object.etag), 'last-modified': new Date(object.modifiedAtMs).toUTCString() }
}

function quoted(etag: string): string {
  return `"${etag}"`
}

function listed(header: string | undefined, etag: string): boolean {
  return header === undefined ? false : header.split(',').some((one) => ['*', etag, quoted(etag)].includes(one.trim()))
}

function withoutBody({ status, headers }: S3Answer): S3Answer {
  return headers === undefined ? { status } : { status, headers }
}

/** One range of bytes, or all; `end` is not in it. */
function readRange(header: string | undefined, size: number): { start: number; end: number; isPart: boolean } {
  const match = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header ?? '')
  if (match === null || match[0] === 'bytes=-') return { start: 0, end: size, isPart: false }
  const [, first = '', last = ''] = match
  const start = first === '' ? Math.max(0, size - Number(last)) : Number(first)
  const end = first === '' || last === '' ? size : Math.min(size, Number(last) + 1)
  if (start >= end) throw new S3Error('InvalidRange', 'The requested range is not satisfiable')
  return { start, end, isPart: true }
}
