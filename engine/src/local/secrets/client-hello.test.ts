import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { describe, it } from 'node:test'
import { connect } from 'node:tls'
import { mostHelloBytes, readHello } from './client-hello.ts'

/** What a client of this machine's TLS says first. */
async function realHello(options: { servername?: string; ALPNProtocols?: string[] }): Promise<Buffer> {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const client = connect({ port: (server.address() as AddressInfo).port, host: '127.0.0.1', ...options })
  client.on('error', () => {})
  const [socket] = await once(server, 'connection')
  const [first] = await once(socket, 'data')
  socket.destroy()
  client.destroy()
  server.close()
  return first as Buffer
}

/** The same message, in records of so many bytes. */
function inRecords(hello: Buffer, size: number): Buffer {
  const message = hello.subarray(5)
  const records: Buffer[] = []
  for (let offset = 0; offset < message.length; offset += size) {
    const part = message.subarray(offset, offset + size)
    records.push(Buffer.from([22, 3, 1, part.length >> 8, part.length & 0xff]), part)
  }
  return Buffer.concat(records)
}

describe('the host that a ClientHello names', () => {
  it('is read from what real clients send', async () => {
    assert.deepEqual(readHello(await realHello({ servername: 'API.Example.com' })), {
      kind: 'hello',
      name: 'api.example.com',
    })
    const h2 = await realHello({ servername: 'a.test', ALPNProtocols: ['h2', 'http/1.1'] })
    assert.deepEqual(readHello(h2), { kind: 'hello', name: 'a.test' })
    assert.deepEqual(readHello(await realHello({ servername: '' })), { kind: 'hello', name: null })
  })

  it('is waited for until all is here, however it is cut', async () => {
    const hello = await realHello({ servername: 'a.test' })
    for (let length = 0; length < hello.length; length++) {
      assert.deepEqual(readHello(hello.subarray(0, length)), { kind: 'more' }, `${length} bytes`)
    }
    for (const size of [1, 3, 4, 5, 100]) {
      const cut = inRecords(hello, size)
      assert.deepEqual(readHello(cut), { kind: 'hello', name: 'a.test' }, `records of ${size}`)
      assert.deepEqual(readHello(cut.subarray(0, cut.length - 1)), { kind: 'more' })
    }
    const followed = Buffer.concat([hello, Buffer.from([20, 3, 3, 0, 1, 1])])
    assert.deepEqual(readHello(followed), { kind: 'hello', name: 'a.test' })
  })

  it('is nothing in what is not TLS, and not waited for without end', async () => {
    const wrong = [
      'GET / HTTP/1.1\r\n',
      'SSH-2.0-x\r\n',
      '\x16\x02\x00\x00\x05',
      '\x16\x03\x01\x00\x00',
      '\x15\x03\x01\x00\x02\x02\x28',
    ]
    for (const text of wrong) assert.deepEqual(readHello(Buffer.from(text, 'latin1')), { kind: 'not-tls' }, text)
    assert.deepEqual(readHello(Buffer.from([22, 3, 1, 0, 10, 2])), { kind: 'not-tls' }, 'another message')
    assert.deepEqual(readHello(Buffer.from([22, 3, 1, 0, 10, 1, 0xff, 0xff, 0xff])), { kind: 'not-tls' }, 'too long')
    const crumbs = inRecords(
      Buffer.concat([Buffer.alloc(5), Buffer.from([1, 0, 0x7f, 0xf0]), Buffer.alloc(mostHelloBytes)]),
      1,
    )
    assert.deepEqual(readHello(crumbs.subarray(0, mostHelloBytes)), { kind: 'not-tls' })
  })

  it('is refused when it is no name, or there are two', async () => {
    const hello = await realHello({ servername: 'ab.test' })
    const at = hello.indexOf('ab.test')
    for (const name of [
      'a\0.test',
      'a b.tes',
      '-b.test',
      'ab..tes',
      '.b.test',
      'b.test.',
      '1.2.3.4',
      'a/.test',
      '127.0.1',
    ]) {
      const changed = Buffer.from(hello)
      changed.write(name.slice(0, 7).padEnd(7, '.'), at, 'latin1')
      assert.deepEqual(readHello(changed), { kind: 'not-tls' }, name)
    }
    // Another extension of the same length becomes a second name.
    const entry = hello.subarray(at - 9, at + 7)
    const doubled = Buffer.concat([hello.subarray(0, at + 7), entry, hello.subarray(at + 7)])
    for (const [offset, size] of [
      [3, 2],
      [6, 3],
    ] as const) {
      doubled.writeUIntBE(doubled.readUIntBE(offset, size) + entry.length, offset, size)
    }
    const lengthAt = extensionsAt(hello)
    doubled.writeUInt16BE(doubled.readUInt16BE(lengthAt) + entry.length, lengthAt)
    assert.deepEqual(readHello(doubled), { kind: 'not-tls' })
  })

  it('never throws and never gives what is no host name, whatever comes', async () => {
    const hello = await realHello({ servername: 'fuzz.test' })
    let seed = 42
    const random = (below: number): number => {
      seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0
      return Math.floor((seed / 2 ** 32) * below)
    }
    const kinds = new Set<string>()
    for (let count = 0; count < 50_000; count++) {
      const bytes = Buffer.from(hello)
      const changes = 1 + random(6)
      for (let change = 0; change < changes; change++) bytes[random(bytes.length)] = random(256)
      const found = readHello(random(4) === 0 ? bytes.subarray(0, random(bytes.length)) : bytes)
      kinds.add(found.kind)
      if (found.kind === 'hello' && found.name !== null) assert.match(found.name, /^[a-z0-9_.-]{1,253}$/)
    }
    assert.deepEqual([...kinds].sort(), ['hello', 'more', 'not-tls'])
  })
})

/** Where the length of all extensions stands. */
function extensionsAt(hello: Buffer): number {
  let offset = 5 + 4 + 2 + 32
  offset += 1 + (hello[offset] ?? 0)
  offset += 2 + hello.readUInt16BE(offset)
  return offset + 1 + (hello[offset] ?? 0)
}
