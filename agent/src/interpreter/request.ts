import { PlatformError } from '@sandyard/protocol/errors'
import { describeIssues } from '@sandyard/protocol/route'
import { InterpreterRequest } from '@sandyard/protocol/toolbox/interpreter'
import type { WebSocket } from 'ws'

/** What a caller asks for, its defaults filled in. */
export interface ExecuteRequest {
  readonly code: string
  /** empty for the default context */
  readonly contextId: string
  readonly variables: Readonly<Record<string, string>>
  /** null is no limit */
  readonly timeoutMs: number | null
}

const defaultTimeoutMs = 600_000

/** Callers send their request at once; who says nothing for so long is let go, ms. */
const silenceMs = 60_000

/**
 * The first message of a caller; null when it goes away before.
 * Throws INVALID_REQUEST_BODY for what is no JSON object or does not come, BAD_REQUEST for one with wrong values.
 */
export async function readRequest(webSocket: WebSocket): Promise<ExecuteRequest | null> {
  const first = Promise.withResolvers<Buffer | null | 'silence'>()
  const timer = setTimeout(() => first.resolve('silence'), silenceMs)
  webSocket.once('message', (data: Buffer) => first.resolve(data))
  webSocket.once('close', () => first.resolve(null))
  const message = await first.promise
  clearTimeout(timer)
  if (message === 'silence') throw new PlatformError('INVALID_REQUEST_BODY', 'no request came')
  return message === null ? null : check(parse(message))
}

function parse(message: Buffer): unknown {
  let value: unknown = null
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(message))
  } catch {
    // told below, as all else that is no object
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new PlatformError('INVALID_REQUEST_BODY', 'the first message is not a JSON object')
  }
  return value
}

function check(value: unknown): ExecuteRequest {
  const result = InterpreterRequest.safeParse(value)
  if (!result.success) throw new PlatformError('BAD_REQUEST', describeIssues(result.error))
  const { code, contextId, envs, timeout } = result.data
  const timeoutMs = timeout === undefined || timeout === null ? defaultTimeoutMs : timeout * 1000
  return { code, contextId: contextId ?? '', variables: envs ?? {}, timeoutMs: timeoutMs === 0 ? null : timeoutMs }
}
