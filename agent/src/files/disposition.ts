/**
 * The two file name parameters of a Content-Disposition: a quoted one that every reader takes, and the exact
 * one in UTF-8 (RFC 5987), by which the clients match a part with what they asked for (toolbox.md 1.2.2).
 * @param highest largest character code of the quoted name; others become `_`
 */
export function filenameParams(name: string, highest: 0x7e | 0xff): string {
  return `filename="${quotedName(name, highest)}"; filename*=utf-8''${encodeName(name)}`
}

function quotedName(name: string, highest: number): string {
  let text = ''
  for (const char of name) {
    const code = char.codePointAt(0) ?? 0
    if (code === 0 || code === 10 || code === 13) continue
    const isControl = code < 0x20 || (code >= 0x7f && code < 0xa0)
    if (isControl || code > highest) text += '_'
    else text += char === '"' || char === '\\' ? `\\${char}` : char
  }
  return text
}

const isPlain = Array.from({ length: 256 }, (_, code) => /[A-Za-z0-9!#$&+\-.^_`|~]/.test(String.fromCharCode(code)))

function encodeName(name: string): string {
  let text = ''
  for (const byte of Buffer.from(name)) {
    text += isPlain[byte] ? String.fromCharCode(byte) : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
  }
  return text
}
