/** Content of a file: a `Buffer` where there is one, else bytes whose `toString` takes an encoding too. */
export type FileBytes = typeof globalThis extends { Buffer: { prototype: infer Bytes extends Uint8Array } }
  ? Bytes
  : Uint8Array & { toString(encoding?: 'utf-8' | 'utf8' | 'base64' | 'hex'): string }

/** Bytes as callers get them. */
export function toFileBytes(bytes: Uint8Array): FileBytes {
  if (typeof Buffer === 'function') return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength) as FileBytes
  return new TextBytes(bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.byteLength) as unknown as FileBytes
}

class TextBytes extends Uint8Array {
  override toString(encoding = 'utf-8'): string {
    if (encoding === 'hex') return Array.from(this, (byte) => byte.toString(16).padStart(2, '0')).join('')
    if (encoding === 'base64') return btoa(Array.from(this, (byte) => String.fromCharCode(byte)).join(''))
    return new TextDecoder(encoding).decode(this)
  }

  /** What methods such as `slice` make: plain bytes would lose `toString`. */
  static get [Symbol.species](): Uint8ArrayConstructor {
    return TextBytes as unknown as Uint8ArrayConstructor
  }
}

/** base64 for URLs, without padding. */
export function toBase64Url(bytes: Uint8Array): string {
  const text = btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''))
  return text.replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '')
}

/** Bytes as hex digits. */
export function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
