import { createSocket } from 'node:dgram'
import { once } from 'node:events'

/** A name server on loopback that answers what a test tells it to. */
export interface DnsServer extends AsyncDisposable {
  /** with its port */
  readonly address: string
  /** values by `TXT name` or `CNAME name`; a name without any does not exist */
  readonly records: Map<string, readonly string[]>
  /** questions are left without an answer */
  isSilent: boolean
  /** questions are refused */
  isBroken: boolean
  /** how many questions have come */
  questions: number
}

const types: Readonly<Record<number, string>> = { 5: 'CNAME', 16: 'TXT' }

/** Starts it. */
export async function openDnsServer(address = '127.0.0.1', port = 0): Promise<DnsServer> {
  const socket = createSocket('udp4')
  const server: DnsServer = {
    get address() {
      return `${address}:${socket.address().port}`
    },
    records: new Map(),
    isSilent: false,
    isBroken: false,
    questions: 0,
    async [Symbol.asyncDispose]() {
      socket.close()
    },
  }
  socket.on('message', (query, from) => {
    server.questions += 1
    if (server.isSilent) return
    const { name, end } = readName(query, 12)
    const type = query.readUInt16BE(end)
    const kind = types[type]
    const key = kind === 'CNAME' ? 'CNAME' : `${kind}`
    const values = server.records.get(`${key} ${name}`) ?? []
    const known = [...server.records.keys()].some((record) => record.endsWith(` ${name}`))
    const code = server.isBroken ? 2 : known ? 0 : 3
    const head = Buffer.alloc(12)
    query.copy(head, 0, 0, 2)
    head.writeUInt16BE(0x8580 | code, 2)
    head.writeUInt16BE(1, 4)
    head.writeUInt16BE(server.isBroken ? 0 : values.length, 6)
    const answers = server.isBroken ? [] : values.map((value) => answer(type, value))
    socket.send(Buffer.concat([head, query.subarray(12, end + 4), ...answers]), from.port, from.address)
  })
  socket.bind(port, address)
  await once(socket, 'listening')
  return server
}

function readName(message: Buffer, start: number): { name: string; end: number } {
  const labels: string[] = []
  let at = start
  for (let length = message[at] ?? 0; length > 0; length = message[at] ?? 0) {
    labels.push(message.toString('latin1', at + 1, at + 1 + length))
    at += 1 + length
  }
  return { name: labels.join('.').toLowerCase(), end: at + 1 }
}

function answer(type: number, value: string): Buffer {
  const data = type === 16 ? text(value) : nameBytes(value)
  const head = Buffer.alloc(12)
  head.writeUInt16BE(0xc00c, 0)
  head.writeUInt16BE(type, 2)
  head.writeUInt16BE(1, 4)
  head.writeUInt32BE(3600, 6)
  head.writeUInt16BE(data.length, 10)
  return Buffer.concat([head, data])
}

function text(value: string): Buffer {
  const parts = value.match(/.{1,255}/gs) ?? ['']
  return Buffer.concat(parts.map((part) => Buffer.concat([Buffer.from([part.length]), Buffer.from(part)])))
}

function nameBytes(name: string): Buffer {
  const parts = name.split('.').map((part) => Buffer.concat([Buffer.from([part.length]), Buffer.from(part)]))
  return Buffer.concat([...parts, Buffer.from([0])])
}
