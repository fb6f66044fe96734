import { PlatformError } from '@sandyard/protocol'

/** Throws BAD_REQUEST for a line of the Dockerfile. */
export function refuse(line: number, why: string): never {
  throw new PlatformError('BAD_REQUEST', `Dockerfile line ${line}: ${why}`)
}
