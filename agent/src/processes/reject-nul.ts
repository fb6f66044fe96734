import { PlatformError } from '@sandyard/protocol/errors'

/**
 * Throws BAD_REQUEST for a text that no program can be given: it would end at its NUL, or lose it on the way.
 * @param name what the text is, for the message
 */
export function rejectNul(text: string, name = 'a command'): void {
  if (text.includes('\0')) throw new PlatformError('BAD_REQUEST', `bad request: ${name} cannot hold a NUL character`)
}
