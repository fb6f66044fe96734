import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { errorAnswerBytes } from './answer-text.ts'
import { Daytona } from './daytona.ts'
import { DaytonaError } from './errors.ts'

const MiB = 1024 * 1024
let answer: (response: ServerResponse) => void = () => {}
/** bytes that the server got rid of */
let sent = 0
const server = createServer((request, response) => {
  request.resume()
  answer(response)
})
before(async () => {
  await once(server.listen(0, '127.0.0.1'), 'listening')
})
after(() => {
  server.closeAllConnections()
  server.close()
})

function daytona(maxAnswerBytes?: number): Daytona {
  const { port } = server.address() as AddressInfo
  return new Daytona({ apiUrl: `http://127.0.0.1:${port}/api`, apiKey: 'dtn_x', maxAnswerBytes })
}

/** Writes until nobody listens any more. */
function writeForEver(response: ServerResponse): void {
  sent = 0
  const piece = Buffer.alloc(MiB, 'x')
  const more = (): void => {
    while (!response.destroyed) {
      sent += piece.length
      if (!response.write(piece)) return void response.once('drain', more)
    }
  }
  more()
}

test('an answer without an end is not read to its end', { timeout: 20_000 }, async () => {
  answer = (response) => {
    response.writeHead(200, { 'content-type': 'application/json' })
    writeForEver(response)
  }
  await assert.rejects(daytona(2 * MiB).get('a'), (error: Error) => {
    assert.ok(error instanceof DaytonaError)
    return /longer than 2097152 bytes/.test(error.message)
  })
  assert.ok(sent < 32 * MiB, `${sent} bytes were sent`)
})

test('a small answer that unpacks to a large one is not unpacked to its end', async () => {
  const packed = gzipSync(JSON.stringify('x'.repeat(64 * MiB)))
  answer = (response) => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' }).end(packed)
  }
  await assert.rejects(daytona(2 * MiB).get('a'), /longer than 2097152 bytes/)
})

test('an error without an end is an error with the beginning of its words', { timeout: 20_000 }, async () => {
  answer = (response) => {
    response.writeHead(500)
    writeForEver(response)
  }
  await assert.rejects(daytona().get('a'), (error: DaytonaError) => {
    assert.equal(error.statusCode, 500)
    return error.message.length <= 4000
  })
  assert.ok(sent < errorAnswerBytes + 32 * MiB, `${sent} bytes were sent`)
})

test('what is as long as it may be comes whole, also where a character is in two pieces', async () => {
  const text = JSON.stringify({ id: 'é'.repeat(100_001), labels: {} })
  const bytes = Buffer.from(text)
  answer = (response) => {
    response.writeHead(200, { 'content-type': 'application/json' })
    response.write(bytes.subarray(0, 50_000))
    setTimeout(() => response.end(bytes.subarray(50_000)), 50)
  }
  assert.equal((await daytona(bytes.length).get('a')).id.length, 100_001)
  await assert.rejects(daytona(bytes.length - 1).get('a'), /longer than/)
})
