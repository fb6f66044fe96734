import type { Daytona, Sandbox } from '@sandyard/sdk'
import { shellWord } from '../design/shell-word.ts'

/** What a call is given: a text for each of its fields, as it was typed. */
export type Values = Readonly<Record<string, string>>

/** A field of a call's form. */
export interface CallField {
  readonly label: string
  /** what is in it at first; it works as it is */
  readonly initial: string
  readonly kind?: 'line' | 'lines' | 'number'
  readonly hint?: string
}

/** What a call works with, and where it tells what comes while it runs. */
export interface CallGround {
  readonly daytona: Daytona
  readonly sandbox: Sandbox
  readonly say: (text: string) => void
}

/** Where things are, for calls without a library. */
export interface Addresses {
  /** of the API, with `/api` at its end */
  readonly api: string
  /** of the toolbox of the sandbox */
  readonly toolbox: string
  readonly sandboxId: string
}

/** One call of the library: its form, its code in each language, and the call itself. */
export interface Call {
  /** as TypeScript names it; no other has it */
  readonly name: string
  /** what it does */
  readonly title: string
  readonly fields: Readonly<Record<string, CallField>>
  readonly typescript: (values: Values) => string
  readonly python: (values: Values) => string
  /** null where it is a WebSocket, which curl does not speak */
  readonly curl: ((values: Values, at: Addresses) => string) | null
  readonly run: (ground: CallGround, values: Values) => Promise<unknown>
}

/** Calls that belong together. */
export interface CallGroup {
  readonly name: string
  readonly calls: readonly Call[]
}

/** A text as a literal, of TypeScript and of Python: both take what JSON writes. */
export function literal(text: string | undefined): string {
  return JSON.stringify(text ?? '')
}

/** A number that was typed as a literal; 0 for what is none. */
export function numeral(text: string | undefined): string {
  const number = Number(text)
  return Number.isFinite(number) ? String(number) : '0'
}

/** A text as one part of a path, whatever is in it. */
export function segment(text: string | undefined): string {
  return encodeURIComponent((text ?? '').toWellFormed())
}

/** A call by curl, the key taken from the environment. `more` are words for its end, quoted already. */
export function curl(
  method: string,
  url: string,
  { query = {}, body, more = [] }: { query?: Values; body?: unknown; more?: readonly string[] } = {},
): string {
  const asked = new URLSearchParams(query).toString()
  const whole = asked === '' ? url : `${url}?${asked}`
  const lines = [
    `curl -sS --fail-with-body -X ${method} ${shellWord(whole)}`,
    '-H "Authorization: Bearer $DAYTONA_API_KEY"',
  ]
  if (body !== undefined) lines.push("-H 'Content-Type: application/json'", `-d ${shellWord(JSON.stringify(body))}`)
  return [...lines, ...more].join(' \\\n  ')
}
