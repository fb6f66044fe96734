import { PlatformError } from '@sandyard/protocol'

/** What is answered for something that is not there, or is another organization's; `id` as the caller gave it. */
export function notFound(what: string, id: string): PlatformError {
  return new PlatformError('NOT_FOUND', `${what} ${id.slice(0, 300)} not found`)
}
