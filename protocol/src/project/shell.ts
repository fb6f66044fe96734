import { reservedPorts } from '../preview.ts'

/** Words as `sh` takes them, whatever is in them. */
export function shellWords(words: readonly string[]): string {
  return words.map(quoteWord).join(' ')
}

function quoteWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
}

const port = /(?:^|\s)(?:--port[= ]|--server\.port[= ]|-p[= ]?|(?:[A-Z]+_)?PORT=)(\d{2,5})(?=\s|$)/
const bound = /(?:0\.0\.0\.0|127\.0\.0\.1|localhost|\[::\]):(\d{2,5})(?=\s|$)/

/** The port that a command names, as programs of its kind take it; null where it names none. */
export function portIn(command: string): number | null {
  const found = Number(port.exec(command)?.[1] ?? bound.exec(command)?.[1])
  return isPort(found) ? found : null
}

/** True for a number that an application can listen on: some are the platform's own in each sandbox. */
export function isPort(value: unknown): value is number {
  if (typeof value !== 'number' || !Number.isInteger(value)) return false
  return value >= 1 && value <= 65_535 && !reservedPorts.has(value)
}
