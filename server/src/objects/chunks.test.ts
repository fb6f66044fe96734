import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type ChunkOptions, decodeChunks } from './chunks.ts'
import { createSigner } from './signed-request.ts'

/** The example that the documentation of Signature Version 4 gives for uploads in chunks. */
const signer = createSigner(
  'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
  ['20130524', 'us-east-1', 's3', 'aws4_request'],
  '20130524T000000Z',
)
const seed = '4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9'
const [one, two, end] = [
  'ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648',
  '0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497',
  'b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9',
]
const text = 'a'.repeat(66_560)
const body = [
  `10000;chunk-signature=${one}\r\n${text.slice(0, 65_536)}\r\n`,
  `400;chunk-signature=${two}\r\n${text.slice(65_536)}\r\n`,
  `0;chunk-signature=${end}\r\n\r\n`,
].join('')
const example: ChunkOptions = { signed: { seed, signer }, hasTrailer: false, sizeBytes: 66_560 }

async function decode(from: string, options: ChunkOptions, step: number): Promise<[string, Map<string, string>]> {
  async function* source(): AsyncGenerator<Buffer> {
    for (let at = 0; at < from.length; at += step) yield Buffer.from(from.slice(at, at + step), 'latin1')
  }
  const decoded = decodeChunks(source(), options)
  const pieces: Buffer[] = []
  for (;;) {
    const next = await decoded.next()
    if (next.done === true) return [Buffer.concat(pieces).toString('latin1'), next.value]
    pieces.push(next.value)
  }
}

test('signed chunks are taken apart wherever they are cut', async () => {
  for (const step of [1, 2, 7, 1000, 65_536, 100_000])
    assert.deepEqual(await decode(body, example, step), [text, new Map()])
})

test('a change anywhere is noticed', async () => {
  const changed = (at: number, sign: string) => `${body.slice(0, at)}${sign}${body.slice(at + 1)}`
  const wrong: [string, RegExp][] = [
    [changed(500, 'b'), /SignatureDoesNotMatch/],
    [changed(66_000, 'b'), /SignatureDoesNotMatch/],
    [changed(30, '0'), /SignatureDoesNotMatch/],
    [body.replace(end, one), /SignatureDoesNotMatch/],
    [body.slice(0, 65_536 + 90), /IncompleteBody/],
    [body.slice(0, 65_536), /IncompleteBody/],
    [`${body}x-more:1\r\n`, /InvalidRequest/],
    [body.replace('10000;', '0ffff;'), /SignatureDoesNotMatch|InvalidRequest/],
    [body.replace(';chunk-signature', ';chunk-other'), /InvalidRequest/],
    [`${'0'.repeat(1000)}${body}`, /InvalidRequest/],
    ['x'.repeat(100), /IncompleteBody/],
  ]
  for (const [text, code] of wrong) {
    for (const step of [5, 100_000]) {
      await assert.rejects(
        decode(text, example, step),
        (error: { code: string }) => code.test(error.code),
        text.slice(0, 80),
      )
    }
  }
  await assert.rejects(decode(body, { ...example, sizeBytes: 66_559 }, 1000), { code: 'IncompleteBody' })
  await assert.rejects(decode(body, { ...example, sizeBytes: 66_561 }, 1000), { code: 'IncompleteBody' })
})

test('trailers are read, bounded, and checked when they are signed', async () => {
  const options = { signed: null, hasTrailer: true, sizeBytes: 5 }
  const trailed = (trailer: string) => `5\r\nhello\r\n0\r\n${trailer}`
  for (const trailer of ['x-amz-checksum-crc32:NhCmhg==\r\n\r\n', 'X-Amz-Checksum-Crc32: NhCmhg==\n\r\n']) {
    assert.deepEqual(await decode(trailed(trailer), options, 3), [
      'hello',
      new Map([['x-amz-checksum-crc32', 'NhCmhg==']]),
    ])
  }
  await assert.rejects(decode(trailed('no colon\r\n\r\n'), options, 9), { code: 'InvalidRequest' })
  await assert.rejects(decode(trailed('a:b\r\n'.repeat(5000)), options, 1000), { code: 'InvalidRequest' })
  await assert.rejects(decode(trailed('a:b\r\n\r\n'), { ...options, hasTrailer: false }, 9), { code: 'InvalidRequest' })
  // The documentation's example of a signed trailer.
  const seedOfTrailer = '106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e'
  const signed = [
    `10000;chunk-signature=b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2\r\n${text.slice(0, 65_536)}\r\n`,
    `400;chunk-signature=1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7\r\n${text.slice(65_536)}\r\n`,
    '0;chunk-signature=2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992\r\n',
    'x-amz-checksum-crc32c:sOO8/Q==\n\r\n',
    'x-amz-trailer-signature:d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435\r\n\r\n',
  ].join('')
  const both = { signed: { seed: seedOfTrailer, signer }, hasTrailer: true, sizeBytes: 66_560 }
  assert.deepEqual(await decode(signed, both, 4000), [text, new Map([['x-amz-checksum-crc32c', 'sOO8/Q==']])])
  await assert.rejects(decode(signed.replace('sOO8', 'sOO9'), both, 4000), { code: 'SignatureDoesNotMatch' })
  await assert.rejects(decode(signed.replace(/x-amz-trailer-signature.*\r\n/, ''), both, 4000), {
    code: 'SignatureDoesNotMatch',
  })
})
