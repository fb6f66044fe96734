import type { Instruction } from './dockerfile.ts'
import type { RawStage } from './stages.ts'
import { countUse } from './words.ts'

/** What the instructions of a stage change as they are read, one after the other. */
export interface Reader {
  readonly stage: RawStage
  /** all that are built */
  readonly stages: readonly RawStage[]
  readonly escapeChar: string
  /** values of ARG in front of the first FROM */
  readonly globals: ReadonlyMap<string, string | undefined>
  /** characters that variables may still put in, in all stages */
  readonly budget: { left: number }
  readonly env: Map<string, string>
  readonly args: Map<string, string | undefined>
  user: string
  workDir: string | null
  shell: readonly string[]
  entrypoint: readonly string[]
  cmd: readonly string[]
  hasOwnCmd: boolean
}

/** The instruction on one line. */
export function textOf({ keyword, flags, rest }: Instruction): string {
  const words = flags.map(([name, value]) => `--${name}${value === '' ? '' : `=${value}`}`)
  const text = [keyword, ...words, rest].join(' ').replace(/\s+/g, ' ')
  return text.length > 500 ? `${text.slice(0, 500)}…` : text
}

/** Value of a variable where the reader is: that of ENV before that of ARG. */
export function lookupIn(reader: Reader): (name: string) => string | undefined {
  return countUse(reader.budget, (name) => reader.env.get(name) ?? reader.args.get(name))
}

/** A list of strings in JSON, or `null` for anything else. */
export function parseList(text: string): string[] | null {
  if (!text.startsWith('[')) return null
  try {
    const value: unknown = JSON.parse(text)
    return Array.isArray(value) && value.every((item) => typeof item === 'string') ? value : null
  } catch {
    return null // Docker takes it as plain words then.
  }
}
