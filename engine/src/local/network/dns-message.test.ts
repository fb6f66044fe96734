import assert from 'node:assert/strict'
import { randomBytes, randomInt } from 'node:crypto'
import { describe, it } from 'node:test'
import { formatQuery, formatReply, type Lead, parseQuery, parseResponse, recordTypes } from './dns-message.ts'
import { readName, writeName } from './dns-name.ts'

const { A, TXT } = recordTypes

/** A query as a stub resolver writes it. */
function query(
  name: Buffer,
  { type = A, extra = Buffer.alloc(0), counts = [1, 0, 0, 0], flags = 0x0100 } = {},
): Buffer {
  const head = Buffer.alloc(12)
  head.writeUInt16BE(7, 0)
  head.writeUInt16BE(flags, 2)
  for (const [index, count] of counts.entries()) head.writeUInt16BE(count, 4 + 2 * index)
  return Buffer.concat([head, name, Buffer.from([type >> 8, type & 0xff, 0, 1]), extra])
}

const name = writeName('www.example.com')
const opt = Buffer.from([0, 0, 41, 0x10, 0, 0, 0, 0, 0, 0, 0])

describe('DNS messages', () => {
  it('are read as stub resolvers write them', () => {
    const plain = parseQuery(query(name))
    assert.deepEqual(
      [plain?.id, plain?.name, plain?.type, plain?.udpBytes, plain?.isExtended],
      [7, 'www.example.com', A, 512, false],
    )
    const extended = parseQuery(
      query(Buffer.from('\x03wWw\x07exAMple\x03COM\0', 'latin1'), { type: TXT, extra: opt, counts: [1, 0, 0, 1] }),
    )
    assert.deepEqual([extended?.name, extended?.type, extended?.udpBytes], ['www.example.com', TXT, 1232])
    assert.equal(extended?.question.toString('latin1', 1, 4), 'wWw')
    assert.equal(parseQuery(query(Buffer.from([0])))?.name, '')
  })

  const wrong: Record<string, Buffer> = {
    'an answer': query(name, { flags: 0x8100 }),
    'a notification': query(name, { flags: 0x2000 }),
    'no question': query(Buffer.alloc(0), { counts: [0, 0, 0, 0] }),
    'two questions': Buffer.concat([query(name, { counts: [2, 0, 0, 0] }), name, Buffer.from([0, 1, 0, 1])]),
    'a record that answers': query(name, { counts: [1, 1, 0, 0] }),
    'an extra that is no OPT': query(name, {
      counts: [1, 0, 0, 1],
      extra: Buffer.from([0, 0, 16, 0, 0, 0, 0, 0, 0, 0, 0]),
    }),
    'an OPT that is cut off': query(name, { counts: [1, 0, 0, 1], extra: opt.subarray(0, 8) }),
    'an OPT with less than it says': query(name, {
      counts: [1, 0, 0, 1],
      extra: Buffer.concat([opt.subarray(0, 10), Buffer.from([9])]),
    }),
    'bytes behind it': query(name, { extra: Buffer.from('more') }),
    'a name that points at itself': query(Buffer.from([0xc0, 12])),
    'a name that points forward': query(Buffer.from([0xc0, 20])),
    'a name that points into the head': query(Buffer.from([0xc0, 0])),
    'a label that is too long': query(Buffer.concat([Buffer.from([0x40]), Buffer.alloc(64, 97), Buffer.from([0])])),
    'a name that is too long': query(
      Buffer.concat([...Array(5).fill(Buffer.concat([Buffer.from([60]), Buffer.alloc(60, 97)])), Buffer.from([0])]),
    ),
    'a name without its end': query(name).subarray(0, 20),
    'a dot within a label': query(Buffer.from('\x03a.b\0', 'latin1')),
    'a zero within a label': query(Buffer.from('\x03a\0b\0', 'latin1')),
    'bytes beyond ASCII': query(Buffer.from('\x02\u00e4\u0130\0', 'latin1')),
    'a blank': query(Buffer.from('\x03a b\0', 'latin1')),
    'another class': Buffer.concat([query(name).subarray(0, -1), Buffer.from([3])]),
    'more than a query needs': query(name, {
      counts: [1, 0, 0, 1],
      extra: Buffer.concat([opt.subarray(0, 9), Buffer.from([4, 0]), Buffer.alloc(1024)]),
    }),
  }
  for (const [what, message] of Object.entries(wrong)) {
    it(`are none: ${what}`, () => assert.equal(parseQuery(message), undefined))
  }

  const leads: Lead[] = [
    { kind: 'alias', name: 'www.example.com', ttl: 300, target: 'edge.example.net' },
    { kind: 'address', name: 'edge.example.net', ttl: 60, address: '192.0.2.1' },
    { kind: 'address', name: 'edge.example.net', ttl: 61, address: '192.0.2.255' },
  ]

  it('are written as they are read', () => {
    const asked = { id: 99, name: 'www.example.com', type: A }
    const question = parseQuery(formatQuery(asked))
    assert.ok(question?.isExtended)
    const reply = formatReply(question, { outcome: 0, leads }, 512)
    assert.deepEqual(parseResponse(reply, asked), { outcome: 0, isTruncated: false, leads })
    for (const other of [{ id: 98 }, { name: 'example.com' }, { type: TXT }]) {
      assert.equal(parseResponse(reply, { ...asked, ...other }), undefined)
    }
    assert.equal(parseResponse(formatQuery(asked), asked), undefined, 'a question is no answer')
    const cut = formatReply(question, { outcome: 0, leads: Array(40).fill(leads[1]) }, 512)
    assert.ok(cut.length < 512)
    assert.deepEqual(parseResponse(cut, asked), { outcome: 0, isTruncated: true, leads: [] })
  })

  it('that are cut off anywhere, or have any bytes, do no harm', () => {
    const asked = { id: 7, name: 'www.example.com', type: A }
    const good = formatReply(parseQuery(query(name)) ?? assert.fail(), { outcome: 0, leads }, 512)
    for (let length = 0; length < good.length; length++) {
      assert.equal(parseResponse(good.subarray(0, length), asked), undefined)
    }
    for (let round = 0; round < 20_000; round++) {
      const message = round % 2 === 0 ? Buffer.from(good) : Buffer.concat([good.subarray(0, 33), randomBytes(200)])
      for (let change = 0; change < 4; change++) message[randomInt(message.length)] = randomInt(256)
      for (const lead of parseResponse(message, asked)?.leads ?? []) {
        if (lead.kind === 'address') assert.match(lead.address, /^(\d{1,3}\.){3}\d{1,3}$/)
        else assert.match(lead.target, /^[a-z0-9_.-]*$/)
      }
      const asking = parseQuery(message)
      if (asking !== undefined) assert.match(asking.name, /^[a-z0-9_.-]*$/)
    }
  })

  it('have names that come to an end', () => {
    const loops = Buffer.from([1, 97, 0xc0, 0, 1, 98, 0xc0, 4])
    assert.equal(readName(loops, 4), undefined)
    const chain = Buffer.concat([
      Buffer.from([0]),
      ...Array.from({ length: 40 }, (_, index) => Buffer.from([0xc0, Math.max(0, 2 * index - 1)])),
    ])
    assert.equal(readName(chain, chain.length - 2), undefined, 'more jumps than any name needs')
  })
})
