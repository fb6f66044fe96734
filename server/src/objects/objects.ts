import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { limits } from '@sandyard/protocol'
import type { Log } from '../log.ts'
import { type Site, siteUrl } from '../previews/site.ts'
import { openKeyFile } from '../secrets/key-file.ts'
import { createCalls } from './calls.ts'
import { createCredentialMint } from './credentials.ts'
import { openObjectFolder } from './object-folder.ts'
import { bucket, isHash, isOrganizationId } from './object-key.ts'
import { type OwnContext, putContext } from './put.ts'
import { createRoom } from './room.ts'
import { S3Error } from './s3-error.ts'
import { readRequest } from './signed-request.ts'
import { openUploads } from './uploads.ts'
import { verify } from './verify.ts'
import { writeXml } from './xml.ts'

/** Path below which S3 is spoken, on the port of everything else. */
const s3Path = '/s3'

/** The file of a build context (api.md 2.10). */
const contextName = 'context.tar'

/** Time between two looks for what nobody uses any more, ms. */
const tidyEveryMs = 10 * 60 * 1000
/** Most that is read of a body after its call was refused, so that the client reads the answer, bytes and ms. */
const drain = { bytes: 8 * 1024 * 1024, ms: 2000 }

/** What `createObjects` takes. */
export interface ObjectsOptions {
  /** folder of its own, made when it is missing */
  readonly folder: string
  readonly home: Site
  readonly region: string
  /** epoch ms */
  readonly clock: () => number
  readonly log: Log
}

/** Where clients put the files that images are built with: a small S3, and the way to what they have put. */
export interface Objects {
  /** What a client of the organization needs to put contexts, for one hour (api.md appendix StorageAccessDto). */
  pushAccess(organizationId: string, site: Site): PushAccess
  /** True for a request that `listener` answers. */
  claims(request: Pick<IncomingMessage, 'url'>): boolean
  /** Answers a call of S3. */
  listener(request: IncomingMessage, response: ServerResponse): Promise<void>
  /** `file:` URL of the context that was put under this hash, which is in use then; null when there is none. */
  contextUrl(organizationId: string, hash: string): Promise<string | null>
  /** Keeps a context of ours; see `putContext`. */
  put(context: OwnContext): Promise<string>
  /** Removes what nobody has used for a time; cheap to call often. */
  tidy(): Promise<void>
}

/** Answer of push-access on the wire. */
export interface PushAccess {
  readonly accessKey: string
  readonly secret: string
  readonly sessionToken: string
  readonly storageUrl: string
  readonly organizationId: string
  readonly bucket: string
  readonly region: string
}

/** Opens the folder of objects. */
export async function createObjects({ folder, home, region, clock, log }: ObjectsOptions): Promise<Objects> {
  const mint = createCredentialMint(await openKeyFile(join(folder, '.key')))
  const files = openObjectFolder(folder)
  const uploads = openUploads(join(folder, '.uploads'))
  const room = createRoom((organizationId) => {
    const parts = uploads.list(organizationId).flatMap((upload) => uploads.parts(upload))
    const objects = files.list(organizationId)
    const bytes = [...parts, ...objects].reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
    return { bytes, objects: objects.length }
  })
  const call = createCalls({ folder: files, uploads, room, clock })
  const publicHost = siteUrl(home).replace(/^https?:\/\//, '')
  let tidiedAtMs = Number.NEGATIVE_INFINITY

  return {
    pushAccess(organizationId, site) {
      if (!isOrganizationId(organizationId)) throw new Error(`${organizationId} cannot be the name of a folder`)
      const credentials = mint.make(organizationId, clock())
      return { ...credentials, storageUrl: `${siteUrl(site)}${s3Path}`, organizationId, bucket, region }
    },
    claims: ({ url = '' }) => url === s3Path || url.startsWith(`${s3Path}/`) || url.startsWith(`${s3Path}?`),
    async listener(request, response) {
      const requestId = randomUUID()
      response.setHeader('x-amz-request-id', requestId)
      const { method = '', url = '' } = request
      const path = url.replace(/\?.*$/s, '').slice(0, 500)
      try {
        const raw = readRequest(request)
        const caller = verify(raw, { mint, nowMs: clock(), publicHost })
        await call(raw.path.slice(s3Path.length + 1), { raw, caller, request, response })
      } catch (thrown) {
        const error = expected(thrown)
        if (error.code === 'InternalError') log.error({ error: thrown, requestId, method, path }, 'an S3 call failed')
        else log.info({ requestId, method, path, code: error.code, why: error.message }, 'S3 call refused')
        await refuse(request, response, { error, path, requestId })
      }
    },
    async contextUrl(organizationId, hash) {
      if (!isOrganizationId(organizationId) || !isHash(hash)) return null
      const object = files.find({ organizationId, hash, name: contextName })
      if (object === null) return null
      files.touch(object, clock())
      return pathToFileURL(object.file).href
    },
    put: (context) => putContext({ folder: files, room, name: contextName, clock }, context),
    async tidy() {
      const nowMs = clock()
      if (nowMs - tidiedAtMs < tidyEveryMs) return
      tidiedAtMs = nowMs
      for (const upload of uploads.all()) {
        if (nowMs - uploads.changedAtMs(upload) < limits.objectUnfinishedMs) continue
        uploads.remove(upload)
        log.info({ organizationId: upload.key.organizationId, uploadId: upload.id }, 'unfinished upload removed')
      }
      for (const organizationId of files.organizations()) {
        for (const object of files.list(organizationId)) {
          // Looked at once more: it may have come into use since the listing.
          const now = files.find(object.key)
          if (now === null || nowMs - now.usedAtMs < limits.objectUnusedMs) continue
          files.remove(now)
          log.info({ organizationId, hash: object.key.hash }, 'unused context removed')
        }
        await new Promise(setImmediate)
      }
      room.forget()
    },
  }
}

function expected(thrown: unknown): S3Error {
  if (thrown instanceof S3Error) return thrown
  const { code } = thrown as NodeJS.ErrnoException
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return new S3Error('InsufficientStorage', 'The machine has no room for this now')
  return new S3Error('InternalError', 'We encountered an internal error. Please try again.')
}

/** Answers with the error and ends the connection, unless the body has been read: what is left of it is no new call. */
async function refuse(
  request: IncomingMessage,
  response: ServerResponse,
  { error, path, requestId }: { readonly error: S3Error; readonly path: string; readonly requestId: string },
): Promise<void> {
  if (response.headersSent || response.destroyed) {
    response.destroy()
    return
  }
  const text = writeXml('Error', { Code: error.code, Message: error.message, Resource: path, RequestId: requestId })
  const isWhole =
    request.complete ||
    (request.headers['content-length'] === undefined && request.headers['transfer-encoding'] === undefined)
  response.writeHead(error.status, {
    'content-type': 'application/xml',
    'content-length': Buffer.byteLength(text),
    ...(isWhole ? {} : { connection: 'close' }),
  })
  if (!isWhole) {
    // Sent before the client has sent all, it would be lost with the connection that we end.
    response.flushHeaders()
    await drainBody(request)
  }
  response.end(request.method === 'HEAD' ? undefined : text)
  if (!request.complete) response.once('finish', () => request.destroy())
}

function drainBody(request: IncomingMessage): Promise<void> {
  return new Promise((done) => {
    let total = 0
    const end = (): void => {
      clearTimeout(timer)
      request.pause()
      done()
    }
    const timer = setTimeout(end, drain.ms)
    request.on('data', (piece: Buffer) => {
      total += piece.length
      if (total > drain.bytes) end()
    })
    request.once('end', end).once('close', end).once('error', end)
  })
}
