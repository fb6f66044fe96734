import { isPlatformError, PlatformError } from '@sandyard/protocol'

/** What to tell the client when the other end breaks: what dialling said, or that there was no valid answer. */
export function failureOf(cause: unknown): unknown {
  if (isPlatformError(cause)) return cause
  return new PlatformError('BAD_GATEWAY', 'The server inside the sandbox gave no valid answer', { cause })
}
