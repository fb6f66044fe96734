import { usageError } from './exit-codes.ts'

/** Changes of a set of pairs: what is set, and which names are taken away. */
export interface Edits {
  readonly set: Readonly<Record<string, string>>
  readonly unset: readonly string[]
}

/** Reads words `NAME=VALUE` and `NAME-`. */
export function parseEdits(words: readonly string[]): Edits {
  const set: Record<string, string> = {}
  const unset: string[] = []
  for (const word of words) {
    const cut = word.indexOf('=')
    if (cut > 0) set[word.slice(0, cut)] = word.slice(cut + 1)
    else if (cut === -1 && word.length > 1 && word.endsWith('-')) unset.push(word.slice(0, -1))
    else throw usageError(`${word} is neither NAME=VALUE nor NAME-`)
  }
  return { set, unset }
}

/** The pairs after the changes. */
export function applyEdits(pairs: Readonly<Record<string, string>>, { set, unset }: Edits): Record<string, string> {
  return Object.fromEntries(Object.entries({ ...pairs, ...set }).filter(([name]) => !unset.includes(name)))
}
