import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import nodePath from 'node:path'
import * as sdk from '../../../sdk/src/index.ts'
import { type Covered, covered, type DocumentName } from './covered.ts'

/** Names that a block sees, or has made. */
export type Names = Record<string, unknown>

/** What a block has done. */
export interface Ran {
  /** what it declares at its top, and what it imports */
  readonly made: Names
  /** lines that it printed, those of `console.error` and `console.warn` too */
  readonly said: readonly string[]
}

/** How a block is run. */
export interface RunOptions {
  /** names of blocks before it, and of what the document's reader is to have */
  readonly given?: Names
  /** texts that the reader puts their own in for: URLs, repositories, keys, ids */
  readonly changes?: Readonly<Record<string, string>>
  /** what stands for packages that the platform is no part of */
  readonly packages?: Readonly<Record<string, Names>>
  /** a block of alternatives is run part by part, from 1: it has as many as `covered.ts` says */
  readonly part?: number
}

/** A document whose blocks of TypeScript are run. */
export interface BlockDocument {
  /** Runs a block; throws what it throws. */
  run(number: number, options?: RunOptions): Promise<Ran>
  /** the text of a block, after changes */
  source(number: number, options?: RunOptions): string
  /** numbers of blocks, or `number.part`, that were not run */
  notRun(): string[]
  /** blocks that `covered.ts` says other things of than the document */
  changed(): string[]
}

/** The documents lie beside the project, and are no part of it. */
const folder = nodePath.resolve(import.meta.dirname, '../../../../shared/seeds')

/** Whether the documents are here: what to tell when they are not. */
export const skip: string | false = existsSync(folder) ? false : `the documents are not in ${folder}`

type AsyncFunction = (...values: unknown[]) => Promise<Names>
// There is no name for it in the language.
const Asynchronous = Object.getPrototypeOf(async () => {}).constructor as new (...texts: string[]) => AsyncFunction

/** Opens a document; only where `skip` is false. */
export function openDocument(name: DocumentName): BlockDocument {
  const text = readFileSync(nodePath.join(folder, `${name}.md`), 'utf8')
  const blocks = [...text.matchAll(/^```typescript\n(.*?)^```/gms)].map((match) => match[1] ?? '')
  const rows: readonly Covered[] = covered[name]
  const waiting = new Set(rows.flatMap(keysOf))

  const source = (number: number, { changes = {}, part }: RunOptions = {}): string => {
    const whole = blocks[number - 1]
    const row = rows[number - 1]
    assert.ok(whole !== undefined && row !== undefined, `${name} has no block ${number}`)
    const code = part === undefined ? whole : partOf(whole, part, row)
    return Object.entries(changes).reduce((changing, [from, to]) => {
      assert.ok(changing.includes(from), `block ${number} of ${name} has no ${from}`)
      return changing.replaceAll(from, () => to)
    }, code)
  }

  return {
    source,
    async run(number, options = {}) {
      waiting.delete(options.part === undefined ? `${number}` : `${number}.${options.part}`)
      return await runCode(source(number, options), options)
    },
    notRun: () => [...waiting],
    changed: () =>
      Array.from({ length: Math.max(blocks.length, rows.length) }, (_, at) => at + 1)
        .filter((number) => {
          const [block, row] = [blocks[number - 1], rows[number - 1]]
          return block === undefined || row === undefined || hashOf(block) !== row.hash || !isNamed(block, row)
        })
        .map((number) => `${number}: ${hashOf(blocks[number - 1] ?? '')} ${firstLine(blocks[number - 1] ?? '')}`),
  }
}

async function runCode(code: string, { given = {}, packages = {} }: RunOptions): Promise<Ran> {
  const said: string[] = []
  const say = (...values: unknown[]): void => {
    said.push(values.map((value) => (typeof value === 'string' ? value : String(value))).join(' '))
  }
  const known: Record<string, Names> = { '@daytonaio/sdk': { ...sdk }, path: { default: nodePath }, ...packages }
  const load = (name: string): Names => {
    assert.ok(known[name], `a block imports ${name}, which nothing stands for`)
    return known[name]
  }
  const console = { log: say, error: say, warn: say }
  const names: Names = { ...given, console, load }
  const { body, declared } = readModule(stripTypeScriptTypes(code))
  const seen = Object.keys(names).filter((name) => !declared.includes(name))
  const run = new Asynchronous(...seen, `'use strict'\n${body}\nreturn { ${declared.join(', ')} }`)
  const made = await run(...seen.map((name) => names[name]))
  return { made, said }
}

/** A module as the body of a function: what it imports is loaded, and what it exports or declares is answered. */
function readModule(code: string): { readonly body: string; readonly declared: string[] } {
  const body = code
    .replaceAll(/^import (\{[^}]*\}|\w+) from '([^']+)';?$/gm, (_, what: string, from: string) =>
      what.startsWith('{') ? `const ${what} = load('${from}')` : `const ${what} = load('${from}').default`,
    )
    .replaceAll(/^export default /gm, 'const exported = ')
    .replaceAll(/^export /gm, '')
  const names = [...body.matchAll(/^(?:async )?(?:const|let|function|class) (?:\{([^}]*)\}|(\w+))/gm)]
  const declared = names.flatMap(([, several, one]) => one ?? (several ?? '').split(',').map((name) => name.trim()))
  return { body, declared: declared.filter(Boolean) }
}

/** Alternatives begin with a comment at the left after an empty line; what stands before the first is for all. */
function partOf(block: string, part: number, { parts = 1 }: Covered): string {
  const pieces = block.split(/\n\n(?=\/\/ )/)
  const isHeaded = !block.startsWith('// ')
  const alternatives = isHeaded ? pieces.slice(1) : pieces
  assert.equal(alternatives.length, parts, 'the parts of a block')
  return `${isHeaded ? `${pieces[0]}\n` : ''}${alternatives[part - 1]}`
}

function keysOf({ parts }: Covered, at: number): string[] {
  if (parts === undefined) return [`${at + 1}`]
  return Array.from({ length: parts }, (_, part) => `${at + 1}.${part + 1}`)
}

function isNamed(block: string, row: Covered): boolean {
  return firstLine(block).startsWith(row.begins)
}

function firstLine(block: string): string {
  return block.split('\n').find((line) => line.trim() !== '') ?? ''
}

function hashOf(block: string): string {
  return createHash('sha256').update(block).digest('hex').slice(0, 12)
}
