import { PlatformError } from '@sandyard/protocol/errors'

/** Throws BAD_REQUEST for a text that no program can be given: it would end at its NUL, or lose it on the way. */
export function rejectNul(text: string): void {
  if (text.includes('\0')) throw new PlatformError('BAD_REQUEST', 'bad request: a command cannot hold a NUL character')
}
