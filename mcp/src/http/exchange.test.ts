import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { sendResponse } from './exchange.ts'

const bytes = 32 * 1024 * 1024

test('a caller that never reads its answer is let go; a slow one gets all of it', async (t) => {
  const ends: Promise<void>[] = []
  const http = createServer((_, response) => {
    ends.push(sendResponse(response, new Response(new Uint8Array(bytes)), 500))
  })
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  t.after(() => {
    http.closeAllConnections()
    http.close()
  })
  const { port } = http.address() as AddressInfo
  const ask = () => {
    const socket = connect(port, '127.0.0.1').on('error', () => {})
    t.after(() => socket.destroy())
    socket.write('GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
    return socket
  }
  ask().pause()
  await once(http, 'request')
  const isOver = await Promise.race([Promise.all(ends).then(() => true), sleep(5000, false)])
  assert.equal(isOver, true)

  let read = 0
  for await (const chunk of ask()) {
    read += chunk.length
    if (read % (4 * 1024 * 1024) < chunk.length) await sleep(200)
  }
  assert.ok(read > bytes, `${read} bytes`)
})
