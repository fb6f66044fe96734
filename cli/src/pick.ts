import { nearest } from '@sandyard/protocol/nearest'
import { CommandError, exitCodes, usageError } from './exit-codes.ts'

/**
 * The thing of a name or id. Throws where there is none, with the nearest name, and where a name means several.
 *
 * @param noun what it is, such as `warm pool`
 * @param hint what to do where no name is near
 */
export function pick<T extends { readonly id: string }>(
  things: readonly T[],
  asked: string,
  { noun, nameOf, hint }: { readonly noun: string; readonly nameOf: (thing: T) => string; readonly hint?: string },
): T {
  const byId = things.find(({ id }) => id === asked)
  if (byId !== undefined) return byId
  const [found, ...others] = things.filter((thing) => nameOf(thing) === asked)
  if (found !== undefined && others.length === 0) return found
  if (found !== undefined)
    throw usageError(
      `${asked} is the name of several; give the id: ${[found, ...others].map(({ id }) => id).join(', ')}`,
    )
  const near = nearest(asked, things.map(nameOf))
  const missing = `there is no ${noun} ${asked}`
  if (near !== undefined) throw new CommandError(`${missing}; did you mean ${near}?`, exitCodes.notFound)
  throw new CommandError(missing, exitCodes.notFound, hint)
}
