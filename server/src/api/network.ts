import type { networkRoutes } from '@sandyard/protocol'
import type { SandboxParts } from '../sandboxes/parts.ts'
import { wireDate } from '../wire-date.ts'
import type { Answers } from './call.ts'
import { createReader } from './sandbox-reader.ts'

/** What the calls on the network of sandboxes need. */
type Parts = Parameters<typeof createReader>[0] & Pick<SandboxParts, 'engine'>

/** Most that one answer tells. */
const mostItems = 1000

/** Answers of the calls on the network of sandboxes. */
export function networkAnswers(parts: Parts): Answers<typeof networkRoutes> {
  const { find } = createReader(parts)
  return {
    async getNetworkRefusals(call) {
      const sandbox = await find(call, call.params.sandboxIdOrName)
      // Only what runs has a place in the network.
      const refusals = sandbox.state === 'started' ? await parts.engine.refused(sandbox.id) : []
      const items = refusals.slice(0, mostItems).map(({ port, lastAtMs, ...refusal }) => ({
        ...refusal,
        ...(port === null ? {} : { port }),
        lastAt: wireDate(lastAtMs),
      }))
      return { items }
    },
  }
}
