import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseReference } from './reference.ts'
import { readFault } from './registry-faults.ts'

const login = { registry: 'registry.example', username: 'somebody', password: 'x' }

/** What skopeo says, as it has said it. */
function fault(said: string, options: { image?: string; hasLogin?: boolean; timedOut?: boolean } = {}) {
  const reference = parseReference(options.image ?? 'registry.example/team/app:1')
  const registry = { login: options.hasLogin === true ? login : null, ask: async () => assert.fail(), close() {} }
  const stderr = `time="2026-01-01T00:00:00Z" level=fatal msg="${said}"\n`
  const result = { exitCode: 1, stdout: '', stderr, timedOut: options.timedOut === true }
  const { error, isPassing } = readFault(reference, registry, result)
  return { message: error.message, code: error.code, isPassing }
}

describe('faults of registries', () => {
  for (const [said, message] of [
    [
      'pinging container registry registry.example: Get \\"https://registry.example/v2/\\": dial tcp: lookup registry.example on 198.18.0.1:53: no such host',
      /there is no host registry\.example$/,
    ],
    ['reading manifest 1 in registry.example/team/app: manifest unknown: manifest unknown', /has no such image/],
    [
      'reading manifest 1 in registry.example/team/app: unauthorized: authentication required',
      /wants a login, and there is none/,
    ],
    ['initializing source: Requesting bear token: invalid status code from registry 403 (Forbidden)', /wants a login/],
    [
      'Get \\"https://registry.example/v2/\\": x509: certificate signed by unknown authority',
      /certificate of registry\.example/,
    ],
    ['Get \\"https://registry.example/v2/\\": http: server gave HTTP response to HTTPS client', /speaks no HTTPS/],
    [
      'Get \\"https://registry.example/v2/\\": dial tcp 10.0.0.1:443: connect: no route to host',
      /private networks are out of bounds/,
    ],
    [
      'writing blob: happened during read: Digest did not match, expected sha256:404e429a, got sha256:401b403c',
      /digest is wrong/,
    ],
    ['writing blob: write /tmp/image/oci-put-blob1: disk quota exceeded', /larger than the snapshot may be/],
  ] as const) {
    it(`that stay: ${message.source.slice(0, 50)}`, () => {
      const { message: told, code, isPassing } = fault(said)
      assert.match(told, message)
      assert.match(told, /^Cannot pull registry\.example\/team\/app:1: /)
      assert.deepEqual([code, isPassing], ['BAD_REQUEST', false])
    })
  }

  it('that may pass are tried again', () => {
    for (const said of [
      'Get \\"https://registry.example/v2/\\": dial tcp 192.0.2.1:443: connect: connection refused',
      'writing blob: storing blob to file: happened during read: unexpected EOF',
      'reading manifest 1 in registry.example/team/app: received unexpected HTTP status: 502 Bad Gateway',
      'toomanyrequests: You have reached your pull rate limit',
      'reading blob sha256:404404404404: read: connection reset by peer',
    ]) {
      const { code, isPassing } = fault(said)
      assert.deepEqual([code, isPassing], ['SERVICE_UNAVAILABLE', true], said)
    }
    assert.equal(fault('', { timedOut: true }).isPassing, true)
  })

  it('say that a login was wrong when there was one', () => {
    const { message } = fault('unable to retrieve auth token: invalid username/password: unauthorized', {
      hasLogin: true,
    })
    assert.match(message, /refuses the login of "somebody"/)
  })

  it('are not read from the name that somebody chose', () => {
    const said =
      'reading manifest manifest-unknown in registry.example/denied/unauthorized: received unexpected HTTP status: 500'
    assert.equal(fault(said, { image: 'registry.example/denied/unauthorized:manifest-unknown' }).isPassing, true)
  })
})
