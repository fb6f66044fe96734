/** One place of a pattern: any text, any one character, or one of a set of ranges. */
type Token = 'text' | 'one' | { readonly isNegated: boolean; readonly ranges: readonly Range[] }
type Range = readonly [first: string, last: string]

/** Longer patterns than this, characters, are not valid. */
const longestPattern = 1024

/**
 * Compiles a pattern for one name: `*`, `?`, `[a-z]`, `[^a]` or `[!a]`, and `\` before a character that is meant as it
 * is. The matcher's time grows with name times pattern at most. Null for a pattern that is not valid.
 */
export function compileGlob(pattern: string): ((name: string) => boolean) | null {
  const tokens = pattern.length > longestPattern ? null : parse([...pattern])
  return tokens && ((name) => matches(tokens, [...name]))
}

function parse(chars: readonly string[]): Token[] | null {
  const tokens: Token[] = []
  let at = 0
  while (at < chars.length) {
    const char = chars[at++]
    if (char === '*') {
      if (tokens.at(-1) !== 'text') tokens.push('text')
    } else if (char === '?') tokens.push('one')
    else if (char === '[') {
      const isNegated = chars[at] === '^' || chars[at] === '!'
      if (isNegated) at += 1
      const ranges: Range[] = []
      while (chars[at] !== ']' || ranges.length === 0) {
        const first = readChar()
        if (first === null) return null
        if (chars[at] !== '-') ranges.push([first, first])
        else {
          at += 1
          const last = readChar()
          if (last === null) return null
          ranges.push([first, last])
        }
      }
      at += 1
      tokens.push({ isNegated, ranges })
    } else if (char !== undefined) {
      at -= 1
      const literal = char === '\\' ? readChar() : chars[at++]
      if (literal === null || literal === undefined) return null
      tokens.push({ isNegated: false, ranges: [[literal, literal]] })
    }
  }
  return tokens

  /** The next character of a set, which ends the pattern too early or is a bare `-` or `]` when it is null. */
  function readChar(): string | null {
    let char = chars[at++]
    if (char === '-' || char === ']') return null
    if (char === '\\') char = chars[at++]
    return char ?? null
  }
}

/** Goes back to the last `*` only, which is enough, as an earlier one cannot do better. */
function matches(tokens: readonly Token[], chars: readonly string[]): boolean {
  let token = 0
  let char = 0
  let star = -1
  let starChar = 0
  while (char < chars.length) {
    if (tokens[token] === 'text') {
      star = token++
      starChar = char
    } else if (fits(tokens[token], chars[char])) {
      token += 1
      char += 1
    } else if (star >= 0) {
      token = star + 1
      char = ++starChar
    } else return false
  }
  if (tokens[token] === 'text') token += 1
  return token === tokens.length
}

function fits(token: Token | undefined, char: string | undefined): boolean {
  if (token === undefined || token === 'text' || char === undefined) return false
  if (token === 'one') return true
  const code = codeOf(char)
  return token.ranges.some(([first, last]) => codeOf(first) <= code && code <= codeOf(last)) !== token.isNegated
}

function codeOf(char: string): number {
  return char.codePointAt(0) ?? 0
}
