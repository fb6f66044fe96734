/** A command that needs no shell: variables for it, and the program with its arguments. */
export interface PlainCommand {
  readonly variables: Readonly<Record<string, string>>
  readonly words: readonly string[]
}

/** What only a shell can do, in the words of an answer. */
export interface NeedsShell {
  readonly needs: string
}

const operators: Readonly<Record<string, string>> = {
  '|': 'a pipe',
  '&': 'a background job or a list',
  ';': 'a list of commands',
  '<': 'a redirection',
  '>': 'a redirection',
  '(': 'a subshell',
  ')': 'a subshell',
  $: 'a value put in',
  '`': 'a command put in',
}

const reservedWords = new Set('! { } case do done elif else esac fi for if in then until while function [['.split(' '))

/**
 * Splits a command into words as a POSIX shell does, for images that have none: quotes, backslashes, comments and
 * leading `NAME=value`, but no expansions and one command only.
 */
export function splitPlainCommand(command: string): PlainCommand | NeedsShell {
  const words = splitWords(command)
  if (!Array.isArray(words)) return words
  const start = words.findIndex(({ text, plainStart }) => !isAssignment(text, plainStart))
  const assignments = words.slice(0, start < 0 ? words.length : start)
  const rest = start < 0 ? [] : words.slice(start)
  const first = rest[0]
  if (first !== undefined && first.plainStart === first.text.length && reservedWords.has(first.text)) {
    return { needs: `“${first.text}”, a word of its language` }
  }
  const variables = Object.fromEntries(
    assignments.map(({ text }) => [text.slice(0, text.indexOf('=')), text.slice(text.indexOf('=') + 1)]),
  )
  return { variables, words: rest.map(({ text }) => text) }
}

interface Word {
  readonly text: string
  /** how much of its begin was written without quotes and backslashes, characters */
  readonly plainStart: number
}

function isAssignment(text: string, plainStart: number): boolean {
  const name = /^[A-Za-z_][A-Za-z0-9_]*=/.exec(text)?.[0]
  return name !== undefined && name.length <= plainStart
}

function splitWords(command: string): Word[] | NeedsShell {
  const words: Word[] = []
  let text = ''
  /** null between words */
  let plainStart: number | null = null
  /** where in the word a bracket was opened */
  let bracket = -1
  let lines = 0
  let isLineUsed = false

  const add = (more: string, isPlain: boolean): void => {
    if (!isLineUsed) lines++
    isLineUsed = true
    if (plainStart === null) plainStart = 0
    if (isPlain && plainStart === text.length) plainStart += more.length
    text += more
  }
  const finish = (): void => {
    if (plainStart !== null) words.push({ text, plainStart })
    text = ''
    plainStart = null
    bracket = -1
  }

  for (let at = 0; at < command.length; at++) {
    const character = command[at] ?? ''
    if (character === ' ' || character === '\t') finish()
    else if (character === '\n') {
      finish()
      isLineUsed = false
    } else if (character === '#' && plainStart === null) {
      const end = command.indexOf('\n', at)
      at = (end < 0 ? command.length : end) - 1
    } else if (character === '\\') {
      at++
      if (at >= command.length) add('\\', false)
      else if (command[at] !== '\n') add(command[at] ?? '', false)
    } else if (character === "'" || character === '"') {
      const quoted = character === "'" ? readSingle(command, at) : readDouble(command, at)
      if ('needs' in quoted) return quoted
      add(quoted.text, false)
      at = quoted.end
    } else {
      const needs = needOf(character, plainStart === null || (text.length <= 256 && /^[A-Za-z_]\w*=$/.test(text)))
      if (needs !== null) return { needs }
      if (character === ']' && bracket >= 0 && text.length > bracket + 1) return { needs: '“[…]”, a pattern of names' }
      if (character === '[' && bracket < 0) bracket = text.length
      add(character, true)
    }
    if (lines > 1) return { needs: 'several commands, one per line' }
  }
  finish()
  return words
}

function needOf(character: string, canBeHome: boolean): string | null {
  const operator = operators[character]
  if (operator !== undefined) return `“${character}”, ${operator}`
  if (character === '*' || character === '?') return `“${character}”, a pattern of names`
  if (character === '~' && canBeHome) return '“~”, a home folder'
  return null
}

type Quoted = { readonly text: string; readonly end: number }

function readSingle(command: string, start: number): Quoted | NeedsShell {
  const end = command.indexOf("'", start + 1)
  return end < 0 ? openQuote("'") : { text: command.slice(start + 1, end), end }
}

function readDouble(command: string, start: number): Quoted | NeedsShell {
  let text = ''
  for (let at = start + 1; at < command.length; at++) {
    const character = command[at] ?? ''
    if (character === '"') return { text, end: at }
    if (character === '$' || character === '`') return { needs: `“${character}”, ${operators[character]}` }
    const next = command[at + 1] ?? ''
    if (character !== '\\' || !'$`"\\\n'.includes(next) || next === '') text += character
    else {
      at++
      if (next !== '\n') text += next
    }
  }
  return openQuote('"')
}

function openQuote(quote: string): NeedsShell {
  return { needs: `the end of a quotation that begins with ${quote}` }
}
