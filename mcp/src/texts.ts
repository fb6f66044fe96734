import { limits } from '@sandyard/protocol'

/** A text that was cut, and how many characters are missing. */
export interface CutText {
  readonly text: string
  readonly missing: number
}

/** Keeps beginning and end of a text that is longer than a model should read at once. */
export function cutMiddle(text: string, length: number = limits.mcpOutputLength): CutText {
  if (text.length <= length) return { text, missing: 0 }
  const half = Math.floor(length / 2)
  const [head, tail] = [text.slice(0, wholeEnd(text, half)), text.slice(wholeEnd(text, text.length - half))]
  return { text: `${head}\n[…]\n${tail}`, missing: text.length - head.length - tail.length }
}

/** A place at or right before `at` that is not inside of a character of two code units. */
function wholeEnd(text: string, at: number): number {
  const code = text.charCodeAt(at)
  return code >= 0xdc00 && code <= 0xdfff ? at - 1 : at
}

/** `1 sandbox`, `2 sandboxes`. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`
}

/** How many of the last bytes are the beginning of a character of UTF-8 that goes on behind them. */
export function brokenTail(bytes: Uint8Array): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back += 1) {
    const byte = bytes[bytes.length - back] ?? 0
    if (byte < 0x80) return 0
    if (byte < 0xc0) continue
    const whole = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2
    return whole > back ? back : 0
  }
  return 0
}

/** The text of bytes that are UTF-8; null for any others, and for those with a zero byte. */
export function textOf(bytes: Uint8Array): string | null {
  if (bytes.includes(0)) return null
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return null
  }
}
