import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, get } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { refuseProof } from './challenges.ts'

test('no program in a sandbox proves that a preview’s name is its own', async (t) => {
  const domains = ['previews.test', '*.sslip.io']
  const http = createServer((request, response) => {
    if (!refuseProof(domains, request, response)) response.end('inside')
  })
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  t.after(() => {
    http.closeAllConnections()
    http.close()
  })
  const { port } = http.address() as AddressInfo
  const ask = async (path: string, headers: Record<string, string>): Promise<string> => {
    const [answer] = await once(get({ port, host: '127.0.0.1', path, headers, agent: false }), 'response')
    return `${answer.statusCode} ${await text(answer)}`
  }
  const proof = '/.well-known/acme-challenge/token'
  const preview = '3000-0b1f2c3d-1111-4222-8333-444455556666'
  for (const [path, headers] of [
    [proof, { host: `${preview}.previews.test` }],
    [proof, { host: `${preview.toUpperCase()}.previews.test:443` }],
    [proof, { host: `${preview}.192-0-2-1.sslip.io` }],
    [proof, { host: 'inner', 'x-forwarded-host': `${preview}.previews.test` }],
    ['/.well-known/pki-validation/fileauth.txt', { host: `${preview}.previews.test` }],
  ] as const) {
    assert.match(await ask(path, headers), /^404 /, JSON.stringify(headers))
  }
  for (const [path, host] of [
    [proof, 'app.customer.test'],
    ['/.well-known/security.txt', `${preview}.previews.test`],
    ['/x/.well-known/acme-challenge/token', `${preview}.previews.test`],
  ] as const) {
    assert.equal(await ask(path, { host }), '200 inside')
  }
})
