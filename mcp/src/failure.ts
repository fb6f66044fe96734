import type { CallToolResult } from '@modelcontextprotocol/server'
import { DaytonaConnectionError, DaytonaError, DaytonaTimeoutError } from '@sandyard/sdk'
import { cutMiddle } from './texts.ts'

/** Longest text of an error, characters. */
const longestMessage = 8000

/** What the caller can mend; `hint` says how. */
export class ToolError extends Error {
  readonly hint: string | undefined

  constructor(message: string, hint?: string) {
    super(message)
    this.name = 'ToolError'
    this.hint = hint
  }
}

/** What to do about an answer of the platform, by its status, where its code says nothing. */
const statusHints: Readonly<Record<number, string>> = {
  401: 'The key of this connection does not work any more: ask the person you work for to log in again.',
  403: 'The key of this connection may not do this: ask the person you work for.',
  404: 'Look for the right id or path: list_sandboxes lists sandboxes, list_files lists files.',
  429: 'Wait a little, then try again.',
}

/**
 * The answer of a tool that failed: what was wrong and what to change. Faults of ours are told without their inside.
 *
 * @param secrets never to be told, such as the key of the caller
 */
export function toFailure(error: unknown, secrets: readonly string[]): CallToolResult {
  const { text } = cutMiddle(describe(error), longestMessage)
  return { isError: true, content: [{ type: 'text', text: hide(text, secrets) }] }
}

/** True for an error that is not the caller's, nor the platform's to tell. */
export function isFault(error: unknown): boolean {
  return !(error instanceof ToolError || error instanceof DaytonaError)
}

function describe(error: unknown): string {
  if (error instanceof ToolError) return sentences(error.message, error.hint)
  if (error instanceof DaytonaTimeoutError)
    return sentences(error.message, error.hint ?? 'Give a larger timeout, or look again later.')
  if (error instanceof DaytonaConnectionError)
    return sentences(error.message, 'The platform cannot be reached right now: try again, or ask whether it runs.')
  if (error instanceof DaytonaError) return sentences(error.message, error.hint ?? statusHints[error.statusCode ?? 0])
  return 'The tool failed inside. Try again; if it stays so, tell the person you work for.'
}

function sentences(message: string, hint: string | undefined): string {
  if (hint === undefined) return message
  // the name of a tool stays as it is called
  const begin = /^[a-z]+_/.test(hint) ? hint[0] : hint[0]?.toUpperCase()
  return `${message.replace(/[.\s]+$/, '')}. ${begin}${hint.slice(1)}`
}

function hide(text: string, secrets: readonly string[]): string {
  return secrets.filter((secret) => secret.length > 3).reduce((shown, secret) => shown.replaceAll(secret, '***'), text)
}
