import assert from 'node:assert/strict'
import { createHash, hash, randomBytes } from 'node:crypto'
import { type ClientRequestArgs, type IncomingMessage, request } from 'node:http'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { PutObjectCommand } from '@aws-sdk/client-s3'
import { SignatureV4 } from '@smithy/signature-v4'
import { credentialsMs } from './credentials.ts'
import { type ObjectsGround, openGround, organization, stranger } from './objects.fixture.ts'
import type { PushAccess } from './objects.ts'
import { parseParts } from './xml.ts'

const content = 'the content'
const keyOf = (owner = organization) => `/s3/build-contexts/${owner}/${'a'.repeat(32)}/context.tar`

/** What AWS's own signer takes for SHA-256. */
class Sha256 {
  readonly #hash: ReturnType<typeof createHash> | undefined
  readonly #key: Buffer | undefined
  readonly #pieces: Uint8Array[] = []
  constructor(key?: string | Uint8Array) {
    if (key === undefined) this.#hash = createHash('sha256')
    else this.#key = Buffer.from(key as Uint8Array)
  }
  update(data: string | Uint8Array): void {
    this.#pieces.push(typeof data === 'string' ? Buffer.from(data) : data)
  }
  async digest(): Promise<Uint8Array> {
    const { createHmac } = await import('node:crypto')
    const made = this.#hash ?? createHmac('sha256', this.#key ?? '')
    for (const piece of this.#pieces) made.update(piece)
    return made.digest()
  }
}

interface Sent {
  readonly method: string
  readonly path: string
  readonly headers: Record<string, string>
}

function signerOf({ accessKey, secret, sessionToken }: PushAccess): SignatureV4 {
  return new SignatureV4({
    service: 's3',
    region: 'us',
    uriEscapePath: false,
    sha256: Sha256 as never,
    credentials: { accessKeyId: accessKey, secretAccessKey: secret, sessionToken },
  })
}

async function signed(
  ground: ObjectsGround,
  change: { access?: PushAccess; atMs?: number; path?: string; headers?: Record<string, string>; method?: string } = {},
): Promise<Sent> {
  const { access = ground.access(), atMs = ground.clock.nowMs, path = keyOf(), method = 'PUT', headers = {} } = change
  const url = new URL(ground.url)
  const [pathname = '', search = ''] = path.split('?')
  const query = Object.fromEntries(new URLSearchParams(search))
  const made = await signerOf(access).sign(
    {
      method,
      protocol: 'http:',
      hostname: 'localhost',
      port: Number(url.port),
      path: pathname,
      query,
      headers: { host: url.host, 'x-amz-content-sha256': hash('sha256', content), ...headers },
    },
    { signingDate: new Date(atMs) },
  )
  return { method, path, headers: made.headers }
}

async function send(
  ground: ObjectsGround,
  { method, path, headers }: Sent,
  body: string | Buffer = content,
  options: ClientRequestArgs = {},
): Promise<[status: number, text: string]> {
  const { port } = new URL(ground.url)
  return await new Promise((done, fail) => {
    const sent = request(
      { host: '127.0.0.1', port, method, path, headers, agent: false, ...options },
      (response: IncomingMessage) => {
        text(response).then((answer) => done([response.statusCode ?? 0, answer]), fail)
      },
    )
    sent.once('error', fail)
    sent.end(body)
  })
}

test('a call opens only what it was signed for, then, and by whom', async () => {
  await using ground = await openGround()
  const good = await signed(ground)
  const access = ground.access()
  const refused = async (what: string, sent: Sent, code: string, body?: string) => {
    const [status, answer] = await send(ground, sent, body)
    assert.ok(status >= 400 && status < 500, `${what}: ${status}`)
    assert.match(answer, new RegExp(`^<\\?xml version="1.0" encoding="UTF-8"\\?>\n<Error><Code>${code}</Code>`), what)
  }
  const { authorization = '', ...bare } = good.headers
  await refused('no signature', { ...good, headers: bare }, 'AccessDenied')
  await refused(
    'another way',
    { ...good, headers: { ...bare, authorization: 'Bearer x' } },
    'AuthorizationHeaderMalformed',
  )
  await refused(
    'another signature',
    { ...good, headers: { ...bare, authorization: authorization.replace(/[0-9a-f]{8}$/, '00000000') } },
    'SignatureDoesNotMatch',
  )
  await refused('another path', { ...good, path: good.path.replace('aaa', 'bbb') }, 'SignatureDoesNotMatch')
  await refused('another method', { ...good, method: 'POST' }, 'SignatureDoesNotMatch')
  await refused('a query', { ...good, path: `${good.path}?x-id=PutObject` }, 'SignatureDoesNotMatch')
  await refused('another body', good, 'XAmzContentSHA256Mismatch', 'the c0ntent')
  await refused(
    'a header that is not signed',
    { ...good, headers: { ...good.headers, 'x-amz-acl': 'public-read' } },
    'AccessDenied',
  )
  await refused(
    'of yesterday',
    await signed(ground, { atMs: ground.clock.nowMs - 16 * 60_000 }),
    'RequestTimeTooSkewed',
  )
  await refused('of tomorrow', await signed(ground, { atMs: ground.clock.nowMs + 16 * 60_000 }), 'RequestTimeTooSkewed')
  await refused(
    'without a token',
    await signed(ground, { access: { ...access, sessionToken: '' } }),
    'InvalidAccessKeyId|InvalidToken',
  )
  const theirs = ground.access(stranger)
  await refused(
    'their token, our secret',
    await signed(ground, { access: { ...access, sessionToken: theirs.sessionToken } }),
    'InvalidAccessKeyId',
  )
  await refused(
    'their token and key, our secret',
    await signed(ground, { access: { ...theirs, secret: access.secret } }),
    'SignatureDoesNotMatch',
  )
  const [payload = '', proof = ''] = access.sessionToken.split('.')
  const forged = Buffer.from(Buffer.from(payload, 'base64url').toString().replace(organization, stranger)).toString(
    'base64url',
  )
  await refused(
    'a forged token',
    await signed(ground, { access: { ...access, sessionToken: `${forged}.${proof}` } }),
    'InvalidToken',
  )
  for (const token of ['x', '.', `${payload}.`, `.${proof}`, `${access.sessionToken}.x`, 'x'.repeat(9000)]) {
    await refused(
      'no token at all',
      await signed(ground, { access: { ...access, sessionToken: token } }),
      'InvalidToken',
    )
  }
  await refused('their key', await signed(ground, { path: keyOf(stranger) }), 'AccessDenied')
  assert.deepEqual(ground.files(), [])
  assert.deepEqual((await send(ground, good))[0], 200)
  ground.clock.nowMs += 16 * 60_000
  await refused('a replay', good, 'RequestTimeTooSkewed')
  ground.clock.nowMs += credentialsMs
  await refused('old credentials', await signed(ground, { access }), 'ExpiredToken')
  assert.deepEqual(ground.faults, [])
})

test('presigned URLs open one call for their time', async () => {
  await using ground = await openGround()
  const url = new URL(ground.url)
  const access = ground.access()
  const presign = async (method: string, expiresIn: number) => {
    const { path, query = {} } = await signerOf(access).presign(
      {
        method,
        protocol: 'http:',
        hostname: 'localhost',
        port: Number(url.port),
        path: keyOf(),
        query: {},
        headers: { host: url.host, 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' },
      },
      { signingDate: new Date(ground.clock.nowMs), expiresIn },
    )
    return {
      method,
      path: `${path}?${Object.entries(query)
        .map(([name, value]) => `${name}=${encodeURIComponent(String(value))}`)
        .join('&')}`,
      headers: { host: url.host },
    }
  }
  const put = await presign('PUT', 600)
  assert.equal((await send(ground, put))[0], 200)
  const get = await presign('GET', 600)
  assert.deepEqual(await send(ground, get, ''), [200, content])
  assert.match((await send(ground, { ...get, method: 'PUT' }))[1], /SignatureDoesNotMatch/)
  assert.match(
    (await send(ground, { ...get, path: get.path.replace('Expires=600', 'Expires=900') }, ''))[1],
    /SignatureDoesNotMatch/,
  )
  ground.clock.nowMs += 601_000
  assert.match((await send(ground, get, ''))[1], /AccessDenied.*expired/)
  const long = await presign('GET', 7200)
  ground.clock.nowMs += credentialsMs
  assert.match((await send(ground, long, ''))[1], /ExpiredToken/)
})

test('odd requests get an answer of the fours, and nothing of them is kept', async () => {
  await using ground = await openGround()
  const access = ground.access()
  const base = `/s3/build-contexts/${organization}`
  const paths = [
    '/s3',
    '/s3/',
    '/s3//',
    '/s3/other/x',
    `${base}/../../etc/passwd`,
    `${base}/%2e%2e/%2e%2e/x`,
    `${base}/a%2fb/context.tar`,
    `${base}/a/%00`,
    `${base}/${'x/'.repeat(500)}`,
    `${base}/%zz/x`,
    `${keyOf()}?${'a=b&'.repeat(200)}`,
    `${keyOf()}?acl=`,
    `${keyOf()}?uploadId=../../x&partNumber=1`,
    `${keyOf()}?uploadId=x&partNumber=1e3`,
  ]
  for (const path of paths) {
    for (const method of ['PUT', 'GET', 'POST', 'DELETE']) {
      const sent =
        path.includes('%zz') || path.includes('&a=b')
          ? { ...(await signed(ground, { access, method })), path, method }
          : await signed(ground, { access, path, method })
      const [status, answer] = await send(ground, sent, method === 'PUT' ? content : '')
      assert.ok(
        (status >= 400 && status < 500) || status === 501,
        `${method} ${path.slice(0, 60)}: ${status} ${answer}`,
      )
    }
  }
  const lengths: [Record<string, string>, string | Buffer, string][] = [
    [
      { 'x-amz-content-sha256': 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD', 'x-amz-decoded-content-length': '5' },
      '5;chunk-signature=0\r\nhello\r\n',
      'InvalidRequest',
    ],
    [{ 'x-amz-content-sha256': 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD' }, 'x', 'MissingContentLength'],
    [
      {
        'x-amz-content-sha256': 'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
        'x-amz-decoded-content-length': '5',
        'x-amz-trailer': 'x-amz-checksum-crc32',
      },
      '5\r\nhello\r\n0\r\n\r\n',
      'XAmzContentChecksumMismatch',
    ],
    [
      {
        'x-amz-content-sha256': 'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
        'x-amz-decoded-content-length': '5',
        'x-amz-trailer': 'content-type',
      },
      '5\r\nhello\r\n0\r\n\r\n',
      'InvalidRequest',
    ],
    [
      { 'x-amz-content-sha256': 'STREAMING-UNSIGNED-PAYLOAD-TRAILER', 'x-amz-decoded-content-length': '4' },
      '5\r\nhello\r\n0\r\n\r\n',
      'IncompleteBody',
    ],
    [
      { 'x-amz-content-sha256': 'STREAMING-UNSIGNED-PAYLOAD-TRAILER', 'x-amz-decoded-content-length': '-4' },
      'x',
      'InvalidArgument',
    ],
    [{ 'x-amz-content-sha256': 'STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD' }, 'x', 'NotImplemented'],
    [{ 'x-amz-content-sha256': 'UNSIGNED' }, 'x', 'InvalidArgument'],
    [{ 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD', 'content-encoding': 'aws-chunked' }, 'x', 'InvalidRequest'],
  ]
  for (const [headers, body, code] of lengths) {
    const [, answer] = await send(ground, await signed(ground, { access, headers }), body)
    assert.match(answer, new RegExp(`<Code>${code}</Code>`), JSON.stringify(headers))
  }
  const huge = await signed(ground, { access })
  const [status] = await send(ground, { ...huge, headers: { ...huge.headers, 'x-amz-meta-huge': 'x'.repeat(100_000) } })
  assert.equal(status, 431)
  // Without a length.
  const chunked = await signed(ground, {
    access,
    headers: { 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD', 'transfer-encoding': 'chunked' },
  })
  assert.match((await send(ground, chunked))[1], /MissingContentLength/)
  assert.deepEqual(ground.files(), [])
  assert.deepEqual(ground.faults, [])
})

test('who leaves in the midst of a body leaves nothing, and gives its place free', async () => {
  await using ground = await openGround()
  const { port } = new URL(ground.url)
  for (let count = 0; count < 20; count++) {
    const { path, method, headers } = await signed(ground, {
      headers: { 'content-length': '1000000', 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' },
    })
    await new Promise<void>((done) => {
      const sent = request({ host: '127.0.0.1', port, path, method, headers, agent: false })
      sent.once('error', () => done())
      sent.write(randomBytes(1000), () => setTimeout(() => sent.destroy(), 5))
      sent.once('close', () => done())
    })
  }
  await ground
    .client()
    .send(
      new PutObjectCommand({ Bucket: 'build-contexts', Key: keyOf().slice('/s3/build-contexts/'.length), Body: 'x' }),
    )
  const deadline = Date.now() + 2000
  while (ground.files().length > 1 && Date.now() < deadline) await new Promise((done) => setTimeout(done, 10))
  assert.equal(ground.files().length, 1)
  assert.deepEqual(ground.faults, [])
})

test('the list of parts is no way to more than a list of parts', () => {
  const part = (number: number, etag = 'x') => `<Part><ETag>${etag}</ETag><PartNumber>${number}</PartNumber></Part>`
  const list = (inner: string) =>
    `<?xml version="1.0"?><CompleteMultipartUpload xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${inner}</CompleteMultipartUpload>`
  assert.deepEqual(parseParts(list(`${part(1, '&quot;a&quot;')}\n ${part(3, '"b"')}`), 9), [
    { number: 1, etag: 'a' },
    { number: 3, etag: 'b' },
  ])
  assert.equal(
    parseParts(list(`<Part><ChecksumCRC32>AA==</ChecksumCRC32><PartNumber>1</PartNumber><ETag>a</ETag></Part>`), 9)
      .length,
    1,
  )
  const bomb = `<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>${list(part(1, '&b;'))}`
  const wrong = [
    '',
    'x',
    '<a/>',
    list(''),
    bomb,
    list(part(0)),
    list('<Part><PartNumber>1</PartNumber>'),
    list(part(100_000)),
    list('<Part/>'),
    `${list(part(1))}${list(part(2))}`,
    list('<![CDATA[x]]>'),
    list('<!-- x -->'),
    '<x>'.repeat(100_000),
    list(Array.from({ length: 10 }, (_, index) => part(index + 1)).join('')),
    list('<Part><PartNumber>1<b><c/></b></PartNumber></Part>'),
  ]
  for (const body of wrong) assert.throws(() => parseParts(body, 9), { code: 'MalformedXML' }, body.slice(0, 100))
  const startedAt = performance.now()
  for (const long of ['<'.repeat(1_000_000), `<Part ${' '.repeat(1_000_000)}`, list(part(1, '&'.repeat(1_000_000)))]) {
    try {
      parseParts(long, 9)
    } catch {}
  }
  assert.ok(performance.now() - startedAt < 1000)
})
