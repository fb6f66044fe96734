import { buildLimits } from './limits.ts'

/** Value of a variable; `undefined` is one that is not set. */
export type Lookup = (name: string) => string | undefined

/** How words are read. */
export interface Reading {
  readonly escapeChar: string
  readonly lookup: Lookup
}

/** Thrown for a word that has no meaning; whoever knows the line makes a proper error of it. */
export class WordError extends Error {}

/** A lookup that counts what it gives, so that a short text cannot come to a huge one. */
export function countUse(budget: { left: number }, lookup: Lookup): Lookup {
  return (name) => {
    const value = lookup(name)
    budget.left -= value?.length ?? 0
    if (budget.left < 0) throw new WordError(`variables put in more than ${buildLimits.expandedLength} characters`)
    return value
  }
}

/** Cuts text at white space that is not quoted; quotes stay. */
export function splitWords(text: string, escapeChar: string): string[] {
  const words: string[] = []
  let word = ''
  let isIn = false
  let quote = ''
  for (let at = 0; at < text.length; at++) {
    const char = text.charAt(at)
    if (quote === '' && /\s/.test(char)) {
      if (isIn) words.push(word)
      word = ''
      isIn = false
      continue
    }
    isIn = true
    word += char
    if (char === escapeChar && quote !== "'" && at + 1 < text.length) word += text.charAt(++at)
    else if (quote !== '') quote = char === quote ? '' : quote
    else if (char === '"' || char === "'") quote = char
  }
  if (isIn) words.push(word)
  return words
}

/** Puts variables in and takes quotes away, as Docker does: `$a`, `${a}`, `${a:-b}`, `${a:+b}`, `${a:?b}`. */
export function expand(text: string, reading: Reading): string {
  return new Expansion(text, reading, true).whole()
}

/** The same for text in which quotes are like any other character. */
export function expandText(text: string, reading: Reading): string {
  return new Expansion(text, reading, false).whole()
}

/** One reading of one word. */
class Expansion {
  readonly #text: string
  readonly #reading: Reading
  readonly #takesQuotes: boolean
  #at = 0
  #depth = 0

  constructor(text: string, reading: Reading, takesQuotes: boolean) {
    this.#text = text
    this.#reading = reading
    this.#takesQuotes = takesQuotes
  }

  whole(): string {
    return this.#until('')
  }

  /** Reads up to a character that is not quoted, and over it; `''` is the end of the text. */
  #until(stop: string): string {
    let result = ''
    const add = (part: string): void => {
      if (result.length + part.length > buildLimits.valueLength) {
        throw new WordError(`a value would be longer than ${buildLimits.valueLength} characters`)
      }
      result += part
    }
    while (this.#at < this.#text.length) {
      const char = this.#text.charAt(this.#at++)
      if (char === stop) return result
      if (char === '$') add(this.#variable())
      else if (char === this.#reading.escapeChar) add(this.#escaped(stop))
      else if (char === "'" && this.#takesQuotes) add(this.#single())
      else if (char === '"' && this.#takesQuotes) add(this.#double())
      else add(char)
    }
    if (stop !== '') throw new WordError(`${stop} is missing in ${this.#text.slice(0, 200)}`)
    return result
  }

  #escaped(stop: string): string {
    if (this.#at >= this.#text.length) return this.#reading.escapeChar
    const next = this.#text.charAt(this.#at++)
    return this.#takesQuotes || next === '$' || next === this.#reading.escapeChar || next === stop
      ? next
      : this.#reading.escapeChar + next
  }

  #single(): string {
    const end = this.#text.indexOf("'", this.#at)
    if (end < 0) throw new WordError(`unterminated quote in ${this.#text.slice(0, 200)}`)
    const inner = this.#text.slice(this.#at, end)
    this.#at = end + 1
    return inner
  }

  #double(): string {
    const parts: string[] = []
    let length = 0
    while (this.#at < this.#text.length) {
      const char = this.#text.charAt(this.#at++)
      if (char === '"') return parts.join('')
      let part = char
      if (char === '$') part = this.#variable()
      else if (char === this.#reading.escapeChar) {
        const next = this.#text.charAt(this.#at)
        if (next === '"' || next === '$' || next === this.#reading.escapeChar) {
          part = next
          this.#at += 1
        }
      }
      parts.push(part)
      length += part.length
      if (length > buildLimits.valueLength) {
        throw new WordError(`a value would be longer than ${buildLimits.valueLength} characters`)
      }
    }
    throw new WordError(`unterminated quote in ${this.#text.slice(0, 200)}`)
  }

  /** After a `$`. */
  #variable(): string {
    if (this.#text.charAt(this.#at) !== '{') {
      const name = this.#name()
      return name === '' ? '$' : (this.#reading.lookup(name) ?? '')
    }
    this.#at += 1
    const name = this.#name()
    if (name === '') throw new WordError(`bad substitution in ${this.#text.slice(0, 200)}`)
    const value = this.#reading.lookup(name)
    const char = this.#text.charAt(this.#at++)
    if (char === '}') return value ?? ''
    const operator = char === ':' ? this.#text.charAt(this.#at++) : char
    if (!'-+?'.includes(operator) || operator === '') {
      throw new WordError(`unsupported modifier (${char}${char === ':' ? operator : ''}) in substitution of ${name}`)
    }
    this.#depth += 1
    if (this.#depth > buildLimits.nesting) throw new WordError('substitutions are nested too deep')
    const word = this.#until('}')
    this.#depth -= 1
    const isSet = value !== undefined && (char !== ':' || value !== '')
    if (operator === '-') return isSet ? value : word
    if (operator === '+') return isSet ? word : ''
    if (!isSet) throw new WordError(`${name}: ${word === '' ? 'is not set' : word}`)
    return value
  }

  #name(): string {
    const match = /^(?:[A-Za-z_][A-Za-z0-9_]*|\d)/.exec(this.#text.slice(this.#at, this.#at + 256))
    this.#at += match?.[0].length ?? 0
    return match?.[0] ?? ''
  }
}
