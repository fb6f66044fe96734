/** True when the pattern has a character that stands for others. */
export function isPattern(text: string): boolean {
  return /[*?[\\]/.test(text)
}

/**
 * Whether the name of one folder or file fits one part of a pattern: `*`, `?`, `[a-z]`, `[^a]`, `\x`. In time of the one
 * length times the other, whatever the pattern is.
 */
export function fitsName(pattern: readonly Piece[], name: string): boolean {
  const chars = [...name]
  let at = 0
  let piece = 0
  let star = -1
  let starAt = 0
  while (at < chars.length) {
    const current = pattern[piece]
    if (current === '*') {
      star = piece++
      starAt = at
    } else if (current?.(chars[at] ?? '') === true) {
      piece += 1
      at += 1
    } else if (star >= 0) {
      piece = star + 1
      at = ++starAt
    } else return false
  }
  while (pattern[piece] === '*') piece += 1
  return piece === pattern.length
}

/** Any number of characters, or a test of one. */
export type Piece = '*' | ((char: string) => boolean)

/** Reads one part of a pattern. Throws `Error` for a broken one. */
export function compileName(pattern: string): Piece[] {
  const chars = [...pattern]
  const pieces: Piece[] = []
  for (let at = 0; at < chars.length; at++) {
    const char = chars[at] ?? ''
    if (char === '*') {
      if (pieces.at(-1) !== '*') pieces.push('*')
    } else if (char === '?') pieces.push(() => true)
    else if (char === '[') {
      const { test, end } = compileClass(chars, at + 1)
      pieces.push(test)
      at = end
    } else {
      const literal = char === '\\' && at + 1 < chars.length ? (chars[++at] ?? '') : char
      pieces.push((other) => other === literal)
    }
  }
  return pieces
}

function compileClass(chars: readonly string[], start: number): { test: (char: string) => boolean; end: number } {
  let at = start
  const isNegated = chars[at] === '^'
  if (isNegated) at += 1
  const ranges: (readonly [string, string])[] = []
  const take = (): string => {
    if (chars[at] === '\\') at += 1
    const char = chars[at++]
    if (char === undefined) throw new Error('a [ is not closed')
    return char
  }
  while (chars[at] !== ']' || ranges.length === 0) {
    const low = take()
    if (chars[at] === '-' && chars[at + 1] !== ']') {
      at += 1
      ranges.push([low, take()])
    } else ranges.push([low, low])
  }
  return { test: (char) => ranges.some(([low, high]) => low <= char && char <= high) !== isNegated, end: at }
}
