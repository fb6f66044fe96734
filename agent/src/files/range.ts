/** Bytes to send of a file. */
export interface ByteRange {
  readonly start: number
  readonly length: number
}

/**
 * Reads a Range header of one range. Null means the whole file, also for what is not understood, as RFC 9110 says;
 * `unsatisfiable` means that the file has none of these bytes.
 */
export function parseRange(header: string | undefined, size: number): ByteRange | 'unsatisfiable' | null {
  const match = /^bytes=\s*(\d{0,15})-(\d{0,15})\s*$/i.exec(header ?? '')
  if (match === null) return null
  const [, first = '', last = ''] = match
  if (first === '') {
    if (last === '') return null
    const length = Math.min(Number(last), size)
    return length === 0 ? 'unsatisfiable' : { start: size - length, length }
  }
  const start = Number(first)
  const end = last === '' ? size - 1 : Math.min(Number(last), size - 1)
  if (last !== '' && Number(last) < start) return null
  return start >= size ? 'unsatisfiable' : { start, length: end - start + 1 }
}
