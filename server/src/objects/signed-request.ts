import { createHmac, hash } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { S3Error } from './s3-error.ts'

/** A request as it came, taken apart once. */
export interface RawRequest {
  readonly method: string
  /** still encoded */
  readonly path: string
  /** decoded, in the order they came */
  readonly query: readonly (readonly [string, string])[]
  /** lower-case names; those that came several times are joined with commas */
  readonly headers: ReadonlyMap<string, string>
}

const mostParameters = 100

/** Takes a request apart. Throws InvalidArgument for broken escapes, and for headers of S3 that came twice. */
export function readRequest(request: Pick<IncomingMessage, 'method' | 'url' | 'rawHeaders'>): RawRequest {
  const { method = 'GET', url = '/', rawHeaders } = request
  const question = url.indexOf('?')
  const path = question < 0 ? url : url.slice(0, question)
  const parameters = question < 0 ? [] : url.slice(question + 1).split('&')
  if (parameters.length > mostParameters) throw new S3Error('InvalidArgument', 'There are too many parameters')
  const query = parameters
    .filter((parameter) => parameter !== '')
    .map((parameter) => {
      const equals = parameter.indexOf('=')
      const [name, value] = equals < 0 ? [parameter, ''] : [parameter.slice(0, equals), parameter.slice(equals + 1)]
      return [decode(name.replaceAll('+', ' ')), decode(value.replaceAll('+', ' '))] as const
    })
  const headers = new Map<string, string>()
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = (rawHeaders[index] ?? '').toLowerCase()
    const earlier = headers.get(name)
    if (earlier !== undefined && /^(x-amz-|authorization$|content-|host$)/.test(name)) {
      throw new S3Error('InvalidArgument', `The header ${name.slice(0, 100)} came twice`)
    }
    const value = (rawHeaders[index + 1] ?? '').trim().replaceAll(/ +/g, ' ')
    headers.set(name, earlier === undefined ? value : `${earlier},${value}`)
  }
  return { method, path, query, headers }
}

/** Undoes percent escapes. Throws InvalidArgument for broken ones. */
export function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw new S3Error('InvalidArgument', 'The URL has a broken percent escape')
  }
}

/** Percent escapes of all but letters, digits and `-_.~`, as signatures want it. */
export function encode(text: string): string {
  return encodeURIComponent(text).replaceAll(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`)
}

/** What is signed of a request. */
export interface SignedPart {
  readonly signedHeaders: readonly string[]
  readonly payloadHash: string
  /** the value of the `Host` header to sign for */
  readonly host: string
}

/** The text of a request of which the signature is made (Signature Version 4). */
export function canonicalRequest(request: RawRequest, { signedHeaders, payloadHash, host }: SignedPart): string {
  const path = request.path.split('/').map((segment) => encode(decode(segment)))
  const query = request.query
    .filter(([name]) => name !== 'X-Amz-Signature')
    .map(([name, value]) => [encode(name), encode(value)] as const)
    .sort(([oneName, oneValue], [name, value]) => compare(oneName, name) || compare(oneValue, value))
    .map(([name, value]) => `${name}=${value}`)
  const headers = signedHeaders.map((name) => `${name}:${name === 'host' ? host : (request.headers.get(name) ?? '')}\n`)
  return [request.method, path.join('/'), query.join('&'), headers.join(''), signedHeaders.join(';'), payloadHash].join(
    '\n',
  )
}

/** Day, region, service and ending: what a signing key is good for. */
export type Scope = readonly [day: string, region: string, service: 's3', ending: 'aws4_request']

/** Signs for one scope. */
export interface Signer {
  /** hex */
  sign(text: string): string
  /** the scope as it stands in signed texts */
  readonly scope: string
  /** as the request says it, such as `20300101T000000Z` */
  readonly date: string
}

/** Makes the signer of a secret. */
export function createSigner(secret: string, scope: Scope, date: string): Signer {
  const key = scope.reduce<string | Buffer>(
    (from, part) => createHmac('sha256', from).update(part).digest(),
    `AWS4${secret}`,
  )
  return { sign: (text) => createHmac('sha256', key).update(text).digest('hex'), scope: scope.join('/'), date }
}

/** The text that the signature of a request is made of. */
export function textToSign(signer: Pick<Signer, 'scope' | 'date'>, canonical: string): string {
  return ['AWS4-HMAC-SHA256', signer.date, signer.scope, hash('sha256', canonical)].join('\n')
}

function compare(one: string, other: string): number {
  if (one === other) return 0
  return one < other ? -1 : 1
}
