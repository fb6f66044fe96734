import { hash } from 'node:crypto'
import { type FileHandle, open, rm } from 'node:fs/promises'
import { Agent, type IncomingMessage, request as openPlain } from 'node:http'
import { request as openTls, Agent as TlsAgent } from 'node:https'
import { setTimeout as sleep } from 'node:timers/promises'
import { AwsClient } from 'aws4fetch'

/** Where a bucket is, and who we are there. */
export interface S3Place {
  /** URL of the service, without a slash at its end; the bucket is the first part of the path */
  readonly endpoint: string
  readonly region: string
  readonly bucket: string
  /** what all our keys begin with, without slashes around; may be empty */
  readonly prefix: string
  readonly accessKey: string
  readonly secretKey: string
  /** of credentials for a time */
  readonly sessionToken?: string
}

/** One folder of a bucket. What fails for a moment is tried again before anything is thrown. */
export interface Bucket {
  /** Puts a file, in parts when it is large; it is there as a whole or not at all. */
  put(name: string, file: string, sizeBytes: number): Promise<void>
  /** Writes an object into a new file; false when there is none. A connection that is cut is taken up where it ended. */
  get(name: string, file: string, sizeBytes: number): Promise<boolean>
  /** Also ends uploads of that name. Does nothing when there is none. */
  remove(name: string): Promise<void>
  /** Names of all objects, and of uploads that were never completed. */
  list(): Promise<string[]>
}

const MiB = 1024 * 1024
/** Size of a part, bytes; larger where else there would be more than a service takes. */
const partBytes = 16 * MiB
const mostParts = 9000
/** Parts that are on their way at a time. */
const parallel = 3
const attempts = 6
const firstPauseMs = 200
/** Longest time without a byte, ms. */
const idleMs = 60_000
/** Longest answer that is read into memory, bytes. */
const answerBytes = 16 * MiB
/** Most pages of a listing, of 1000 names each. */
const mostPages = 10_000

/** A call was answered with an error. */
class S3Failure extends Error {
  readonly status: number
  constructor(what: string, status: number, text: string) {
    const code = /<Code>([^<]{1,100})<\/Code>/.exec(text)?.[1] ?? 'no code'
    const message = /<Message>([^<]{1,300})<\/Message>/.exec(text)?.[1] ?? ''
    super(`${what}: ${status} ${code} ${message}`.trim())
    this.status = status
  }
}

/** True when the bucket itself is not there. */
export function isMissing(error: unknown): boolean {
  return error instanceof S3Failure && /NoSuchBucket/.test(error.message)
}

interface Call {
  readonly method: string
  readonly name?: string
  readonly query?: Readonly<Record<string, string>>
  readonly body?: Buffer | string
  readonly headers?: Readonly<Record<string, string>>
}

/** Opens a folder of the bucket. Nothing is called before it is needed. */
export function createBucket(
  { endpoint, region, bucket, accessKey, secretKey, sessionToken }: S3Place,
  folder: string,
): Bucket {
  const client = new AwsClient({
    accessKeyId: accessKey,
    secretAccessKey: secretKey,
    service: 's3',
    region,
    retries: 0,
    ...(sessionToken === undefined ? {} : { sessionToken }),
  })

  const options = { keepAlive: true, maxSockets: 2 * parallel }
  const agent = endpoint.startsWith('https:') ? new TlsAgent(options) : new Agent(options)

  /** One call; the answer is of the twos, or 404 or 416 for an object, else it throws. */
  async function once({ method, name, query = {}, body, headers = {} }: Call): Promise<IncomingMessage> {
    const path = name === undefined ? '' : `/${folder}/${name}`
    const url = new URL(`${endpoint}/${bucket}${path}`)
    for (const [key, value] of Object.entries(query)) url.searchParams.set(key, value)
    const { headers: signed } = await client.sign(url.href.replaceAll('+', '%20'), {
      method,
      headers: { 'x-amz-content-sha256': hash('sha256', body ?? ''), ...headers },
    })
    const response = await send(url, { method, headers: Object.fromEntries(signed), body, agent })
    const status = response.statusCode ?? 0
    // What lies behind the end is as little there as what is missing.
    if ((status >= 200 && status < 300) || (name !== undefined && [404, 416].includes(status))) return response
    throw new S3Failure(`${method} ${bucket}${path}`, status, await textOf(response))
  }

  /** The same with its body read, again while it fails for a moment. */
  const call = (wanted: Call): Promise<{ status: number; text: string; etag: string }> =>
    persist(async () => {
      const response = await once(wanted)
      const text = await textOf(response)
      // Completing an upload can fail after its status has been sent.
      const status = response.statusCode ?? 0
      if (status < 300 && /<Error>/.test(text.slice(0, 500)))
        throw new S3Failure(`${wanted.method} ${wanted.name}`, 500, text)
      return { status, text, etag: response.headers.etag ?? '' }
    })

  async function must(wanted: Call): Promise<{ text: string; etag: string }> {
    const answer = await call(wanted)
    if (answer.status === 404) throw new S3Failure(`${wanted.method} ${wanted.name}`, 404, answer.text)
    return answer
  }

  async function putParts(name: string, handle: FileHandle, sizeBytes: number): Promise<void> {
    const size = Math.max(partBytes, Math.ceil(sizeBytes / mostParts / MiB) * MiB)
    const count = Math.ceil(sizeBytes / size)
    const { text } = await must({ method: 'POST', name, query: { uploads: '' } })
    const uploadId = field(text, 'UploadId')
    try {
      const etags: string[] = []
      let next = 0
      const work = async (): Promise<void> => {
        while (next < count) {
          const index = next++
          const body = await readPart(handle, index * size, Math.min(size, sizeBytes - index * size))
          const { etag } = await must({ method: 'PUT', name, query: { partNumber: String(index + 1), uploadId }, body })
          etags[index] = etag
        }
      }
      const workers = await Promise.allSettled(Array.from({ length: parallel }, work))
      const failed = workers.find((worker) => worker.status === 'rejected')
      if (failed !== undefined) throw failed.reason
      const parts = etags.map(
        (etag, index) =>
          `<Part><PartNumber>${index + 1}</PartNumber><ETag>${etag.replaceAll('"', '&quot;')}</ETag></Part>`,
      )
      const body = `<CompleteMultipartUpload xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${parts.join('')}</CompleteMultipartUpload>`
      const done = await call({ method: 'POST', name, query: { uploadId }, body })
      // An answer may have been lost after the work was done: then the object is there, and the upload is not.
      if (done.status === 404 && (await sizeOf(name)) !== sizeBytes) throw new S3Failure(`POST ${name}`, 404, done.text)
    } catch (error) {
      await call({ method: 'DELETE', name, query: { uploadId } }).catch(() => {}) // Litter, which `list` finds.
      throw error
    }
  }

  const sizeOf = (name: string): Promise<number | null> =>
    persist(async () => {
      const response = await once({ method: 'HEAD', name })
      response.resume()
      return response.statusCode === 404 ? null : Number(response.headers['content-length'])
    })

  /** All of a listing; `take` reads a page and says how the next one is asked for. */
  async function pages(
    take: (text: string) => Record<string, string> | null,
    first: Record<string, string>,
  ): Promise<void> {
    let query: Record<string, string> | null = first
    for (let page = 0; query !== null; page++) {
      if (page >= mostPages) throw new Error(`The listing of ${bucket} does not come to an end`)
      query = take((await call({ method: 'GET', query })).text)
    }
  }

  const uploadsOf = async (prefix: string): Promise<{ name: string; uploadId: string }[]> => {
    const found: { name: string; uploadId: string }[] = []
    const base = { uploads: '', prefix: `${folder}/${prefix}` }
    await pages((text) => {
      for (const [, upload = ''] of text.matchAll(/<Upload>(.*?)<\/Upload>/gs)) {
        found.push({ name: field(upload, 'Key').slice(folder.length + 1), uploadId: field(upload, 'UploadId') })
      }
      if (!/<IsTruncated>true</.test(text)) return null
      return {
        ...base,
        'key-marker': field(text, 'NextKeyMarker'),
        'upload-id-marker': field(text, 'NextUploadIdMarker'),
      }
    }, base)
    return found
  }

  return {
    async put(name, file, sizeBytes) {
      const handle = await open(file, 'r')
      try {
        if (sizeBytes > partBytes) await putParts(name, handle, sizeBytes)
        else await must({ method: 'PUT', name, body: await readPart(handle, 0, sizeBytes) })
      } finally {
        await handle.close()
      }
    },
    async get(name, file, sizeBytes) {
      await rm(file, { force: true })
      const handle = await open(file, 'wx', 0o600)
      try {
        let at = 0
        let isThere = true
        const more = () =>
          persist(async () => {
            const response = await once({ method: 'GET', name, headers: { range: `bytes=${at}-` } })
            isThere = (response.statusCode ?? 0) < 300
            // One that knows no ranges begins anew.
            if (response.statusCode !== 206) at = 0
            if (!isThere) response.resume()
            else
              for await (const chunk of response as AsyncIterable<Buffer>) {
                if (at + chunk.length > sizeBytes) isThere = false // It is another one.
                if (!isThere) break
                await handle.write(chunk, 0, chunk.length, at)
                at += chunk.length
              }
          })
        for (let before = -1; isThere && at < sizeBytes && at > before; ) {
          before = at
          try {
            await more()
          } catch (error) {
            // Whatever moves on has all its attempts again.
            if (at <= before) throw error
          }
        }
        if (sizeBytes === 0) isThere = (await sizeOf(name)) !== null
        return isThere
      } finally {
        await handle.close()
      }
    },
    async remove(name) {
      await call({ method: 'DELETE', name })
      for (const { name: found, uploadId } of await uploadsOf(name)) {
        if (found === name) await call({ method: 'DELETE', name, query: { uploadId } })
      }
    },
    async list() {
      const names: string[] = []
      const base = { 'list-type': '2', prefix: `${folder}/` }
      await pages((text) => {
        for (const [, content = ''] of text.matchAll(/<Contents>(.*?)<\/Contents>/gs))
          names.push(field(content, 'Key').slice(folder.length + 1))
        return /<IsTruncated>true</.test(text)
          ? { ...base, 'continuation-token': field(text, 'NextContinuationToken') }
          : null
      }, base)
      const unfinished = (await uploadsOf('')).map(({ name }) => name)
      return [...new Set([...names, ...unfinished])]
    },
  }
}

/** Does it again with growing pauses while it fails for what may pass: cut connections, and what the service calls its own fault. */
async function persist<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work()
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      const mayPass =
        error instanceof S3Failure ? error.status >= 500 || [408, 429].includes(error.status) : code !== 'ENOSPC'
      if (!mayPass || attempt >= attempts) throw error
      await sleep(firstPauseMs * 2 ** (attempt - 1) * (0.5 + Math.random()))
    }
  }
}

interface Sending {
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer | string | undefined
  readonly agent: Agent
}

/** Sends a request; gives the answer when its head has come. */
function send(url: URL, { method, headers, body, agent }: Sending): Promise<IncomingMessage> {
  const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }
  return new Promise((done, fail) => {
    const open = url.protocol === 'https:' ? openTls : openPlain
    const sent = open(url, { method, headers: { ...headers, ...length }, agent }, done)
    sent.setTimeout(idleMs, () => sent.destroy(new Error('the archive store has fallen silent')))
    sent.once('error', fail)
    sent.end(body)
  })
}

async function textOf(response: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = []
  let size = 0
  for await (const piece of response as AsyncIterable<Buffer>) {
    size += piece.length
    if (size > answerBytes) throw new Error('The answer of the service is too long')
    pieces.push(piece)
  }
  return Buffer.concat(pieces).toString('utf8')
}

async function readPart(handle: FileHandle, at: number, size: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(size)
  for (let filled = 0; filled < size; ) {
    const { bytesRead } = await handle.read(buffer, filled, size - filled, at + filled)
    if (bytesRead === 0) throw new Error('The file has become shorter while it was read')
    filled += bytesRead
  }
  return buffer
}

function field(text: string, name: string): string {
  const value = new RegExp(`<${name}>([^<]*)</${name}>`).exec(text)?.[1] ?? ''
  const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }
  return value.replaceAll(/&(\w{2,4});/g, (whole, entity: string) => entities[entity] ?? whole)
}
