import { toHex } from '../bytes.ts'
import { DaytonaConnectionError, DaytonaError } from '../errors.ts'
import type { ObjectStorageOperations } from '../operations/object-storage.ts'

/** Where contexts go, and the credentials for an hour (api.md 2.10). */
export type PushAccess = ObjectStorageOperations['getPushAccess']['answer']

/** One request to the storage. */
export interface S3Request {
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'DELETE'
  /** in the bucket, without a slash at its beginning */
  readonly key: string
  readonly query?: Readonly<Record<string, string>>
  readonly body?: Uint8Array
}

/**
 * Sends one request, signed with Signature Version 4, path style.
 *
 * @throws DaytonaError for any answer but a good one, and 404 where that is asked for
 */
export async function callS3(access: PushAccess, request: S3Request, signal?: AbortSignal): Promise<Response> {
  const { method, key, query = {}, body = new Uint8Array() } = request
  const url = new URL(access.storageUrl)
  const path = [url.pathname.replace(/\/+$/, ''), access.bucket, ...key.split('/')].map(encodePath).join('/')
  const pairs = Object.entries(query).map(([name, value]) => `${encode(name)}=${encode(value)}`)
  const text = pairs.sort().join('&')
  const date = new Date().toISOString().replaceAll(/[-:]|\.\d{3}/g, '')
  const headers: Record<string, string> = {
    host: url.host,
    'x-amz-content-sha256': toHex(await sha256(body)),
    'x-amz-date': date,
    'x-amz-security-token': access.sessionToken,
  }
  const names = Object.keys(headers).sort()
  const canonical = [
    method,
    path,
    text,
    names.map((name) => `${name}:${headers[name]}\n`).join(''),
    names.join(';'),
    headers['x-amz-content-sha256'],
  ].join('\n')
  const scope = [date.slice(0, 8), access.region, 's3', 'aws4_request']
  const toSign = ['AWS4-HMAC-SHA256', date, scope.join('/'), toHex(await sha256(encodeText(canonical)))].join('\n')
  let secret: Uint8Array = encodeText(`AWS4${access.secret}`)
  for (const part of scope) secret = await hmac(secret, part)
  const signature = toHex(await hmac(secret, toSign))
  const { host: _, ...sent } = headers
  const credential = `Credential=${access.accessKey}/${scope.join('/')}`
  const authorization = `AWS4-HMAC-SHA256 ${credential}, SignedHeaders=${names.join(';')}, Signature=${signature}`
  const isSent = method === 'PUT' || method === 'POST'
  let response: Response
  try {
    response = await fetch(`${url.origin}${path}${text === '' ? '' : `?${text}`}`, {
      method,
      headers: { ...sent, authorization },
      ...(isSent ? { body: body as Uint8Array<ArrayBuffer> } : {}),
      ...(signal === undefined ? {} : { signal }),
    })
  } catch (error) {
    signal?.throwIfAborted()
    throw new DaytonaConnectionError(
      `The storage of build contexts at ${url.origin} could not be reached`,
      undefined,
      undefined,
      undefined,
      undefined,
      { cause: error },
    )
  }
  if (response.ok || (method === 'HEAD' && response.status === 404)) return response
  const answer = (await response.text()).slice(0, 500)
  throw new DaytonaError(`The storage of build contexts refused ${method} ${key}: ${answer}`, response.status)
}

function encodeText(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}

function encode(text: string): string {
  return encodeURIComponent(text).replaceAll(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`)
}

/** A segment of a path; the base of the storage may have some of its own already. */
function encodePath(segment: string): string {
  return segment.split('/').map(encode).join('/')
}

async function sha256(bytes: Uint8Array): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>))
}

async function hmac(secret: Uint8Array, text: string): Promise<Uint8Array> {
  const algorithm = { name: 'HMAC', hash: 'SHA-256' }
  const key = await crypto.subtle.importKey('raw', secret as Uint8Array<ArrayBuffer>, algorithm, false, ['sign'])
  return new Uint8Array(await crypto.subtle.sign('HMAC', key, encodeText(text) as Uint8Array<ArrayBuffer>))
}
