import { parseQuestion, readName, type Span, writeName } from './dns-name.ts'

/*
 * DNS messages (RFC 1035), as far as sandboxes with rules of their own need them. What comes from a sandbox or from
 * somebody's name server is hostile: whatever is not exactly of the known form is no message.
 */

/** Kinds of records. */
export const recordTypes = { A: 1, NS: 2, CNAME: 5, SOA: 6, PTR: 12, MX: 15, TXT: 16, AAAA: 28, SRV: 33, CAA: 257 }
const optType = 41
const internet = 1

/** Outcomes that an answer tells. */
export const outcomes = { good: 0, malformed: 1, failed: 2, noName: 3, notBuilt: 4, refused: 5 }

/** Bytes of an answer by UDP to who says nothing, and to anybody: more may be cut up on the way. */
const plainBytes = 512
const mostUdpBytes = 1232
/** Longest query: a name, and what may be said of it. */
export const mostQueryBytes = 1024
/** Records of an answer that are looked at. */
const mostRecords = 200
/** "Filtered" of RFC 8914. */
const filtered = 17

/** What somebody asks. */
export interface Query {
  readonly id: number
  /** in lower case, without a dot at the end */
  readonly name: string
  readonly type: number
  /** the question as it was asked, letters of any case */
  readonly question: Buffer
  /** bytes of an answer by UDP that the asker takes */
  readonly udpBytes: number
  /** whether the asker knows EDNS */
  readonly isExtended: boolean
}

/** A record of an answer that leads to an address. */
export type Lead =
  | { readonly kind: 'address'; readonly name: string; readonly ttl: number; readonly address: string }
  | { readonly kind: 'alias'; readonly name: string; readonly ttl: number; readonly target: string }

/** What a name server answered. */
export interface Response {
  readonly outcome: number
  readonly isTruncated: boolean
  readonly leads: readonly Lead[]
}

/** Reads a query; `undefined` when it is none of the one form that stub resolvers use. */
export function parseQuery(message: Buffer): Query | undefined {
  if (message.length < 12 || message.length > mostQueryBytes) return undefined
  const flags = message.readUInt16BE(2)
  const isPlainQuery = (flags & 0xf800) === 0
  const counts = [4, 6, 8, 10].map((offset) => message.readUInt16BE(offset))
  const [questions, answers, authorities, extras = 0] = counts
  if (!isPlainQuery || questions !== 1 || answers !== 0 || authorities !== 0 || extras > 1) return undefined
  const asked = parseQuestion(message, 12)
  if (asked === undefined || asked.class !== internet) return undefined
  const udpBytes = extras === 0 ? plainBytes : readOpt(message, asked.end)
  if (udpBytes === undefined || (extras === 0 && asked.end !== message.length)) return undefined
  return {
    id: message.readUInt16BE(0),
    name: asked.name,
    type: asked.type,
    question: message.subarray(12, asked.end),
    udpBytes: Math.min(Math.max(udpBytes, plainBytes), mostUdpBytes),
    isExtended: extras === 1,
  }
}

/** Bytes that the asker takes, from the OPT record that ends the message; what else it says is not heard. */
function readOpt(message: Buffer, start: number): number | undefined {
  if (message.length < start + 11 || message[start] !== 0) return undefined
  if (message.readUInt16BE(start + 1) !== optType) return undefined
  return message.length === start + 11 + message.readUInt16BE(start + 9) ? message.readUInt16BE(start + 3) : undefined
}

/** Makes a query of our own: nothing of the asker's but name and kind goes on. */
export function formatQuery({ id, name, type }: Pick<Query, 'id' | 'name' | 'type'>): Buffer {
  const head = Buffer.alloc(12)
  head.writeUInt16BE(id, 0)
  head.writeUInt16BE(0x0100, 2)
  head.writeUInt16BE(1, 4)
  head.writeUInt16BE(1, 10)
  const tail = Buffer.alloc(4)
  tail.writeUInt16BE(type, 0)
  tail.writeUInt16BE(internet, 2)
  return Buffer.concat([head, writeName(name), tail, opt([])])
}

/** Reads what a name server answers to a query of ours; `undefined` when it is no answer to it. */
export function parseResponse(message: Buffer, asked: Pick<Query, 'id' | 'name' | 'type'>): Response | undefined {
  if (message.length < 12 || message.readUInt16BE(0) !== asked.id) return undefined
  const flags = message.readUInt16BE(2)
  if ((flags & 0xf800) !== 0x8000 || message.readUInt16BE(4) !== 1) return undefined
  const question = parseQuestion(message, 12)
  if (question?.name !== asked.name || question.type !== asked.type || question.class !== internet) return undefined
  const head = { outcome: flags & 0x0f, isTruncated: (flags & 0x0200) !== 0 }
  if (head.isTruncated) return { ...head, leads: [] }
  const leads: Lead[] = []
  let offset = question.end
  const count = Math.min(message.readUInt16BE(6), mostRecords)
  for (let index = 0; index < count; index++) {
    const record = readRecord(message, offset)
    if (record === undefined) return undefined
    if (record.lead !== undefined) leads.push(record.lead)
    offset = record.end
  }
  return { ...head, leads }
}

function readRecord(
  message: Buffer,
  start: number,
): { readonly lead: Lead | undefined; readonly end: number } | undefined {
  const owner = readName(message, start)
  if (owner === undefined || message.length < owner.end + 10) return undefined
  const type = message.readUInt16BE(owner.end)
  const data = owner.end + 10
  const end = data + message.readUInt16BE(owner.end + 8)
  if (end > message.length) return undefined
  // The highest bit is for nothing (RFC 2181, 8).
  const ttl = message.readUInt32BE(owner.end + 4) & 0x7fff_ffff
  if (message.readUInt16BE(owner.end + 2) !== internet) return { lead: undefined, end }
  if (type === recordTypes.A) {
    if (end !== data + 4) return undefined
    return { lead: { kind: 'address', name: owner.name, ttl, address: message.subarray(data, end).join('.') }, end }
  }
  if (type !== recordTypes.CNAME) return { lead: undefined, end }
  const target: Span | undefined = readName(message, data)
  if (target?.end !== end) return undefined
  return { lead: { kind: 'alias', name: owner.name, ttl, target: target.name }, end }
}

/** What an answer says. */
export interface Reply {
  readonly outcome: number
  readonly leads?: readonly Lead[]
  /** the rules of the sandbox are why */
  readonly isFiltered?: true
}

/** Makes an answer of our own; one that is longer than the asker takes says so and is empty. */
export function formatReply(query: Query, reply: Reply, mostBytes: number): Buffer {
  const { outcome, leads = [], isFiltered } = reply
  const parts = [Buffer.alloc(12), query.question]
  /** where names are written already */
  const places = new Map([[query.name, 12]])
  let length = 12 + query.question.length
  const owner = (name: string): Buffer => {
    const place = places.get(name)
    if (place !== undefined && place < 0x4000) return Buffer.from([0xc0 | (place >> 8), place & 0xff])
    places.set(name, length)
    return writeName(name)
  }
  for (const lead of leads) {
    const name = owner(lead.name)
    const data = lead.kind === 'address' ? Buffer.from(lead.address.split('.').map(Number)) : writeName(lead.target)
    const middle = Buffer.alloc(10)
    middle.writeUInt16BE(lead.kind === 'address' ? recordTypes.A : recordTypes.CNAME, 0)
    middle.writeUInt16BE(internet, 2)
    middle.writeUInt32BE(lead.ttl, 4)
    middle.writeUInt16BE(data.length, 8)
    parts.push(name, middle, data)
    length += name.length + 10 + data.length
  }
  const tail = query.isExtended ? opt(isFiltered === true ? [0, 15, 0, 2, 0, filtered] : []) : Buffer.alloc(0)
  const isTooLong = length + tail.length > mostBytes
  const kept = isTooLong ? parts.slice(0, 2) : parts
  const head = parts[0] ?? Buffer.alloc(12)
  head.writeUInt16BE(query.id, 0)
  head.writeUInt16BE(0x8180 | (isTooLong ? 0x0200 : 0) | outcome, 2)
  head.writeUInt16BE(1, 4)
  head.writeUInt16BE(isTooLong ? 0 : leads.length, 6)
  head.writeUInt16BE(query.isExtended ? 1 : 0, 10)
  return Buffer.concat([...kept, tail])
}

/** An answer to what is no query that we know; `undefined` when it is not even the beginning of one. */
export function formatMalformed(message: Buffer): Buffer | undefined {
  if (message.length < 12 || (message.readUInt16BE(2) & 0x8000) !== 0) return undefined
  const head = Buffer.alloc(12)
  head.writeUInt16BE(message.readUInt16BE(0), 0)
  head.writeUInt16BE(0x8180 | outcomes.malformed, 2)
  return head
}

/** An OPT record with these bytes of options. */
function opt(options: readonly number[]): Buffer {
  const record = Buffer.alloc(11 + options.length)
  record.writeUInt16BE(optType, 1)
  record.writeUInt16BE(mostUdpBytes, 3)
  record.writeUInt16BE(options.length, 9)
  record.set(options, 11)
  return record
}
