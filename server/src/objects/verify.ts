import { type CredentialMint, isEqual } from './credentials.ts'
import { S3Error } from './s3-error.ts'
import {
  canonicalRequest,
  createSigner,
  type RawRequest,
  type Scope,
  type Signer,
  textToSign,
} from './signed-request.ts'

/** How far the clock of a caller may be off, ms. */
const skewMs = 15 * 60 * 1000
/** Longest life of a presigned URL, s. */
const longestPresignS = 7 * 24 * 3600

/** A call whose signature is right. */
export interface Caller {
  readonly organizationId: string
  /** what the caller says of the body: its SHA-256 in hex, or how it is sent */
  readonly payloadHash: string
  /** signature of the head, which that of the first chunk of a body stands on */
  readonly signature: string
  readonly signer: Signer
}

/** What verifying needs beside the request. */
export interface VerifyParts {
  readonly mint: CredentialMint
  readonly nowMs: number
  /** host of the configured public URL, for a proxy in front that does not pass on what it was asked for */
  readonly publicHost: string
}

/** Where a signature stands says it all: header or query. */
interface Claim {
  readonly accessKey: string
  readonly scope: Scope
  readonly date: string
  readonly signedHeaders: readonly string[]
  readonly signature: string
  readonly sessionToken: string | undefined
  readonly payloadHash: string
  /** ms; null for a signature in a header */
  readonly validMs: number | null
}

/** Checks the signature of a call (Signature Version 4, in a header or presigned) and says whose it is. Throws S3Error. */
export function verify(request: RawRequest, { mint, nowMs, publicHost }: VerifyParts): Caller {
  const claim = request.headers.has('authorization') ? readHeader(request) : readQuery(request)
  checkTime(claim, nowMs)
  const unsigned = [...request.headers.keys()].find(
    (name) => name.startsWith('x-amz-') && !claim.signedHeaders.includes(name),
  )
  if (unsigned !== undefined) throw new S3Error('AccessDenied', `The header ${unsigned.slice(0, 100)} is not signed`)
  const { organizationId, secret } = mint.read(claim, nowMs)
  const signer = createSigner(secret, claim.scope, claim.date)
  const hosts = [request.headers.get('host') ?? '', request.headers.get('x-forwarded-host'), publicHost]
  const isRight = [...new Set(hosts)].some(
    (host) =>
      host !== undefined &&
      isEqual(claim.signature, signer.sign(textToSign(signer, canonicalRequest(request, { ...claim, host })))),
  )
  if (!isRight) {
    throw new S3Error('SignatureDoesNotMatch', 'The signature is not that of this request and these credentials')
  }
  return { organizationId, payloadHash: claim.payloadHash, signature: claim.signature, signer }
}

function readHeader({ headers }: RawRequest): Claim {
  const text = headers.get('authorization') ?? ''
  const [, credential = '', signedHeaders = '', signature = ''] =
    /^AWS4-HMAC-SHA256 Credential=([^\s,]{1,300}),? ?SignedHeaders=([^\s,]{1,8000}),? ?Signature=([0-9a-f]{64})$/.exec(
      text,
    ) ?? fail('AuthorizationHeaderMalformed', 'The Authorization header is not one of AWS4-HMAC-SHA256')
  const payloadHash =
    headers.get('x-amz-content-sha256') ?? fail('InvalidRequest', 'The header x-amz-content-sha256 is missing')
  return {
    ...readCredential(credential),
    date: headers.get('x-amz-date') ?? '',
    signedHeaders: readSignedHeaders(signedHeaders),
    signature,
    sessionToken: headers.get('x-amz-security-token'),
    payloadHash,
    validMs: null,
  }
}

function readQuery({ query, headers }: RawRequest): Claim {
  const values = new Map<string, string>()
  for (const [name, value] of query) {
    if (!name.startsWith('X-Amz-')) continue
    if (values.has(name)) fail('AuthorizationQueryParametersError', `The parameter ${name.slice(0, 100)} came twice`)
    values.set(name, value)
  }
  if (values.size === 0) fail('AccessDenied', 'The request is not signed')
  const value = (name: string): string =>
    values.get(name) ?? fail('AuthorizationQueryParametersError', `The parameter ${name} is missing`)
  if (value('X-Amz-Algorithm') !== 'AWS4-HMAC-SHA256') {
    fail('AuthorizationQueryParametersError', 'X-Amz-Algorithm must be AWS4-HMAC-SHA256')
  }
  const expires = value('X-Amz-Expires')
  if (!/^[1-9]\d{0,6}$/.test(expires) || Number(expires) > longestPresignS) {
    fail('AuthorizationQueryParametersError', `X-Amz-Expires must be 1 to ${longestPresignS} seconds`)
  }
  return {
    ...readCredential(value('X-Amz-Credential')),
    date: value('X-Amz-Date'),
    signedHeaders: readSignedHeaders(value('X-Amz-SignedHeaders')),
    signature: value('X-Amz-Signature'),
    sessionToken: values.get('X-Amz-Security-Token'),
    payloadHash:
      query.find(([name]) => name.toLowerCase() === 'x-amz-content-sha256')?.[1] ??
      headers.get('x-amz-content-sha256') ??
      'UNSIGNED-PAYLOAD',
    validMs: Number(expires) * 1000,
  }
}

function readCredential(text: string): { accessKey: string; scope: Scope } {
  const [, accessKey = '', day = '', region = ''] =
    /^([A-Za-z0-9]{1,128})\/(\d{8})\/([\w-]{1,64})\/s3\/aws4_request$/.exec(text) ??
    fail('AuthorizationHeaderMalformed', 'The credential must be <access key>/<day>/<region>/s3/aws4_request')
  return { accessKey, scope: [day, region, 's3', 'aws4_request'] }
}

function readSignedHeaders(text: string): string[] {
  const names = text.split(';')
  if (!names.includes('host')) fail('SignatureDoesNotMatch', 'The host must be among the signed headers')
  if (new Set(names).size !== names.length || names.length > 100)
    fail('SignatureDoesNotMatch', 'The list of signed headers is not one')
  return names
}

function checkTime({ date, scope, validMs }: Claim, nowMs: number): void {
  const [, year, month, day, hour, minute, second] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(date) ?? []
  const atMs = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`)
  if (Number.isNaN(atMs))
    fail('AccessDenied', 'The date of the signature is missing or not of the form 20300131T235959Z')
  if (!date.startsWith(scope[0])) fail('SignatureDoesNotMatch', 'The credential is of another day than the request')
  if (validMs === null ? Math.abs(nowMs - atMs) > skewMs : atMs - nowMs > skewMs) {
    fail('RequestTimeTooSkewed', 'The difference between the time of the request and that of the server is too large')
  }
  if (validMs !== null && nowMs > atMs + validMs) fail('AccessDenied', 'Request has expired')
}

function fail(code: ConstructorParameters<typeof S3Error>[0], message: string): never {
  throw new S3Error(code, message)
}
