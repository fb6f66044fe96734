import { S3Error } from './s3-error.ts'

/** What an element holds: text, elements, or several of one name. */
export type XmlValue = string | number | boolean | readonly XmlElements[] | XmlElements | undefined

/** Elements by name; those that are `undefined` are left out. */
export interface XmlElements {
  readonly [name: string]: XmlValue
}

const head = '<?xml version="1.0" encoding="UTF-8"?>\n'
const namespace = 'http://s3.amazonaws.com/doc/2006-03-01/'

/** An answer of S3 as text. */
export function writeXml(root: string, elements: XmlElements): string {
  // Errors alone have no namespace.
  const opening = root === 'Error' ? `<${root}>` : `<${root} xmlns="${namespace}">`
  return `${head}${opening}${inner(elements)}</${root}>`
}

function inner(elements: XmlElements): string {
  return Object.entries(elements)
    .map(([name, value]) => element(name, value))
    .join('')
}

function element(name: string, value: XmlValue): string {
  if (value === undefined) return ''
  if (Array.isArray(value)) return value.map((one: XmlElements) => element(name, one)).join('')
  const content = typeof value === 'object' ? inner(value as XmlElements) : toText(String(value))
  return `<${name}>${content}</${name}>`
}

function toText(text: string): string {
  const names: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }
  // Control characters cannot be in XML at all, not even escaped.
  return text.replace(/[^\P{Cc}\t\r\n]/gu, '?').replace(/[&<>"]/g, (sign) => names[sign] ?? '')
}

/** A part that CompleteMultipartUpload names. */
export interface NamedPart {
  readonly number: number
  /** without quotes */
  readonly etag: string
}

const entities: Readonly<Record<string, string>> = { quot: '"', amp: '&', lt: '<', gt: '>', apos: "'", '#34': '"' }
const deepest = 3

/**
 * Reads the body of CompleteMultipartUpload. It knows elements and text and nothing else of XML: no document types, no
 * entities but the five that are always there, so nothing can grow while it is read. Throws MalformedXML.
 */
export function parseParts(text: string, mostParts: number): NamedPart[] {
  const token = /<(\/?)([A-Za-z][\w:.-]{0,63})(?:\s[^<>]{0,1000})?(\/?)>|([^<>]+)/gy
  const malformed = (): never => {
    throw new S3Error('MalformedXML', 'The body is not a list of parts as CompleteMultipartUpload takes it')
  }
  const body = text.replace(/^\uFEFF?\s*(<\?xml[^<>]{0,200}\?>)?/, '')
  const path: string[] = []
  const parts: NamedPart[] = []
  let part: { number?: string; etag?: string } = {}
  while (token.lastIndex < body.length) {
    const match = token.exec(body) ?? malformed()
    const [, closing, name = '', empty, content] = match
    if (content !== undefined) {
      const where = path.join('/')
      if (where === 'CompleteMultipartUpload/Part/PartNumber') part.number = (part.number ?? '') + plain(content)
      else if (where === 'CompleteMultipartUpload/Part/ETag') part.etag = (part.etag ?? '') + plain(content)
      else if (path.length < deepest && content.trim() !== '') malformed()
    } else if (closing === '/') {
      if (path.pop() !== name) malformed()
      if (name === 'Part' && path.length === 1) {
        const { number = '', etag = '' } = part
        if (!/^[1-9]\d{0,4}$/.test(number.trim()) || parts.length >= mostParts) malformed()
        parts.push({ number: Number(number), etag: etag.trim().replace(/^"|"$/g, '') })
        part = {}
      }
    } else {
      if (path.length >= deepest || (path.length === 0 && (name !== 'CompleteMultipartUpload' || parts.length > 0)))
        malformed()
      if (empty !== '/') path.push(name)
    }
  }
  if (path.length > 0 || parts.length === 0) malformed()
  return parts
}

function plain(text: string): string {
  return text.replace(/&([^;&]{0,8});/g, (whole, name: string) => entities[name] ?? whole)
}
