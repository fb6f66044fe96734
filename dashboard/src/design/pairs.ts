/** A name with its value. */
export interface Pair {
  readonly name: string
  readonly value: string
}

/** The rows as an object; rows without a name are left out. */
export function pairsObject(pairs: readonly Pair[]): Record<string, string> {
  return Object.fromEntries(
    pairs.filter(({ name }) => name.trim() !== '').map(({ name, value }) => [name.trim(), value]),
  )
}

/** The rows of an object. */
export function pairsOf(record: Readonly<Record<string, string>>): readonly Pair[] {
  return Object.entries(record).map(([name, value]) => ({ name, value }))
}

/** most rows that a text becomes */
const mostPairs = 500

/** Lines of `NAME=value`, as files of variables have them: comments, `export` and quotes are known. */
export function readPairs(text: string): readonly Pair[] {
  return text
    .slice(0, 1_000_000)
    .split(/\r?\n/)
    .map((line) => /^\s*(?:export\s+)?([^\s=#][^\s=]*)\s*=\s*(.*?)\s*$/.exec(line))
    .filter((match) => match !== null)
    .slice(0, mostPairs)
    .map(([, name = '', value = '']) => ({ name, value: unquote(value) }))
}

function unquote(text: string): string {
  const [, quote, inside] = /^(["'])(.*)\1$/.exec(text) ?? []
  if (inside === undefined) return text.replace(/\s+#.*$/, '')
  return quote === '"' ? inside.replaceAll('\\n', '\n').replaceAll('\\"', '"') : inside
}

/** Rows with others put over those of the same name. */
export function withPairs(rows: readonly Pair[], found: readonly Pair[]): readonly Pair[] {
  const latest = new Map([...rows, ...found].map((pair) => [pair.name, pair]))
  return [...latest.values()]
}
