import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { after, before, describe, it } from 'node:test'
import { limits } from '@sandyard/protocol'
import { answerBrokenRequests } from './broken-request.ts'

describe('a broken request', () => {
  let http: Server

  before(async () => {
    http = createServer({ maxHeaderSize: limits.headBytes, headersTimeout: 50, connectionsCheckingInterval: 20 })
    http.on('request', (_, response) => response.end('fine'))
    answerBrokenRequests(http)
    http.listen(0, '127.0.0.1')
    await once(http, 'listening')
  })
  after(async () => {
    http.closeAllConnections()
    http.close()
  })

  async function answerTo(sent: string): Promise<{ head: string; body: { message: string; statusCode: number } }> {
    const socket = connect((http.address() as AddressInfo).port, '127.0.0.1')
    socket.write(sent)
    const [head = '', body = ''] = (await text(socket)).split('\r\n\r\n')
    return { head, body: body.startsWith('{') ? JSON.parse(body) : { message: body, statusCode: 200 } }
  }

  it('is told what it is', async () => {
    const { head, body } = await answerTo('SSH-2.0-OpenSSH\r\n\r\n')
    assert.match(head, /^HTTP\/1\.1 400 Bad Request\r\n/)
    assert.deepEqual([body.statusCode, body.message], [400, 'This is no HTTP request'])
  })

  it('with too long a head is told the limit', async () => {
    const { body } = await answerTo(`GET /?${'x'.repeat(limits.headBytes)} HTTP/1.1\r\nHost: x\r\n\r\n`)
    assert.equal(body.statusCode, 400)
    assert.match(String(body.message), /^URL and headers are together larger than 65536 bytes\./)
  })

  it('whose head does not come is not waited for', async () => {
    const { head, body } = await answerTo('GET / HTTP/1.1\r\nHost:')
    assert.match(head, /^HTTP\/1\.1 408 /)
    assert.equal(body.statusCode, 408)
  })

  it('is not one that is as long as it may be', async () => {
    const { body } = await answerTo(
      `GET /?${'x'.repeat(limits.urlLength)} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`,
    )
    assert.equal(body.message, 'fine')
  })
})
