/** Bytes to send of a file. */
export interface ByteRange {
  readonly start: number
  readonly length: number
}

/** Ranges of one request; who asks for more gets the whole file. */
const rangeCount = 16

/**
 * Reads a Range header. Null means the whole file: no header, another unit, too many ranges, or ranges that together
 * are larger than the file. `unsatisfiable` means that the header is malformed or the file has none of these bytes; a
 * file that is empty is sent whole, as clients that resume a download ask for its byte 0. Ranges that lie behind the
 * end are left out.
 */
export function parseRanges(header: string | undefined, size: number): ByteRange[] | 'unsatisfiable' | null {
  const list = /^bytes\s*=(.*)$/is.exec(header ?? '')?.[1]
  if (list === undefined) return null
  const specs = list.split(',', rangeCount + 1).map((spec) => spec.trim())
  if (specs.length > rangeCount) return null
  const ranges: ByteRange[] = []
  for (const spec of specs) {
    if (spec === '') continue
    const range = parseRange(spec, size)
    if (range === 'malformed') return 'unsatisfiable'
    if (range.length > 0) ranges.push(range)
  }
  if (size === 0) return null
  if (ranges.length === 0) return 'unsatisfiable'
  const total = ranges.reduce((sum, { length }) => sum + length, 0)
  return ranges.length > 1 && total > size ? null : ranges
}

/** One range, cut to the file; its length is 0 when the file has none of it. */
function parseRange(spec: string, size: number): ByteRange | 'malformed' {
  const match = /^(\d{0,40})\s*-\s*(\d{0,40})$/.exec(spec)
  if (match === null) return 'malformed'
  const [, first = '', last = ''] = match
  if (first === '') {
    if (last === '') return 'malformed'
    const length = Math.min(Number(last), size)
    return { start: size - length, length }
  }
  const start = Number(first)
  if (last !== '' && Number(last) < start) return 'malformed'
  const end = last === '' ? size - 1 : Math.min(Number(last), size - 1)
  return { start, length: Math.max(0, end - start + 1) }
}
