import type { Routes } from '@sandyard/protocol'
import { PlatformError } from '@sandyard/protocol/errors'
import type { Handlers } from './http/call.ts'

/** Handlers for rows of which nothing is built. */
export function refuseAll<Rs extends Routes>(rows: Rs): Handlers<Rs> {
  const refuse = (): never => {
    throw new PlatformError('NOT_IMPLEMENTED', 'Computer use (a desktop in the sandbox) is not built yet')
  }
  return Object.fromEntries(Object.keys(rows).map((id) => [id, refuse])) as unknown as Handlers<Rs>
}
