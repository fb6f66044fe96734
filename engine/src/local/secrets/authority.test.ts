import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { connect, createServer } from 'node:tls'
import { type Authority, openAuthority } from './authority.ts'

describe('the authority of secrets', () => {
  let folder: string
  let authority: Authority

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'sandyard-authority-'))
    authority = await openAuthority(folder)
  })
  after(() => rmSync(folder, { recursive: true }))

  const openssl = (...args: readonly string[]): string => execFileSync('openssl', args, { encoding: 'utf8' })

  /** The certificates that a server with the authority's context shows to who asks for a host. */
  async function shown(name: string): Promise<X509Certificate> {
    const server = createServer({ SNICallback: (asked, done) => done(null, authority.contextFor(asked)) })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const socket = connect({ port, host: '127.0.0.1', servername: name, ca: authority.certificate })
    await once(socket, 'secureConnect')
    const { raw } = socket.getPeerCertificate()
    socket.destroy()
    server.close()
    return new X509Certificate(raw)
  }

  it('is made once, in a file that is its owner’s alone', async () => {
    assert.deepEqual(readdirSync(folder), ['secrets-authority.pem'])
    assert.equal(statSync(join(folder, 'secrets-authority.pem')).mode & 0o777, 0o600)
    assert.equal((await openAuthority(folder)).certificate, authority.certificate)
    const other = mkdtempSync(join(tmpdir(), 'sandyard-authority-'))
    assert.notEqual((await openAuthority(other)).certificate, authority.certificate)
    for (const text of ['', 'nothing', readFileSync(join(folder, 'secrets-authority.pem'), 'utf8').slice(300)]) {
      writeFileSync(join(other, 'secrets-authority.pem'), text)
      await assert.rejects(openAuthority(other), /cannot be read/)
    }
    rmSync(other, { recursive: true })
  })

  it('may sign hosts and nothing else, as OpenSSL reads it', () => {
    writeFileSync(join(folder, 'ca.pem'), authority.certificate)
    const text = openssl('x509', '-in', join(folder, 'ca.pem'), '-noout', '-text')
    assert.match(text, /Version: 3/)
    assert.match(text, /Basic Constraints: critical\s+CA:TRUE, pathlen:0/)
    assert.match(text, /Key Usage: critical\s+Certificate Sign, CRL Sign/)
    assert.match(text, /Signature Algorithm: ecdsa-with-SHA256/)
    assert.doesNotMatch(authority.certificate, /PRIVATE/)
  })

  it('certifies hosts so that strict checks pass, for that host and at that time only', async () => {
    writeFileSync(join(folder, 'ca.pem'), authority.certificate)
    const long = `${'a'.repeat(60)}.${'b'.repeat(60)}.example.com`
    for (const name of ['api.example.com', '_x.under-score.test', long]) {
      const certificate = await shown(name)
      writeFileSync(join(folder, 'host.pem'), certificate.toString())
      const verify = ['verify', '-x509_strict', '-purpose', 'sslserver', '-CAfile', join(folder, 'ca.pem')]
      assert.match(openssl(...verify, '-verify_hostname', name, join(folder, 'host.pem')), /: OK/)
      assert.throws(() => openssl(...verify, '-verify_hostname', 'other.test', join(folder, 'host.pem')))
      const later = String(Math.floor(Date.now() / 1000) + 100 * 86_400)
      assert.throws(() => openssl(...verify, '-attime', later, join(folder, 'host.pem')))
      const text = openssl('x509', '-in', join(folder, 'host.pem'), '-noout', '-text')
      assert.match(text, /Basic Constraints: critical\s+CA:FALSE/)
      assert.match(text, /Key Usage: critical\s+Digital Signature\n/)
      assert.match(text, /TLS Web Server Authentication/)
      assert.match(text, new RegExp(`DNS:${name}\n`))
      assert.equal(certificate.ca, false)
    }
    for (let count = 0; count < 50; count++) {
      const { serialNumber } = await shown(`n${count}.test`)
      assert.match(serialNumber, /^[4-7][0-9A-F]{31}$/)
    }
  })

  it('makes a certificate within milliseconds, and keeps those that are asked for', () => {
    const startedAt = performance.now()
    for (let count = 0; count < 100; count++) authority.contextFor(`made-${count}.test`)
    assert.ok((performance.now() - startedAt) / 100 < 20)
    assert.equal(authority.contextFor('made-1.test'), authority.contextFor('made-1.test'))
    const first = authority.contextFor('first.test')
    for (let count = 0; count < 1000; count++) authority.contextFor(`flood-${count}.test`)
    assert.notEqual(authority.contextFor('first.test'), first, 'not for ever')
  })
})
