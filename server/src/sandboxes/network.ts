import { type lifecycleRoutes, PlatformError, type RouteInput } from '@sandyard/protocol'
import type { SandboxRecord, WantedChange } from '../store/sandbox-record.ts'
import { networkRules, parseAllowList, parseDomains } from './allow-list.ts'
import { readSandbox } from './find.ts'
import type { SandboxParts } from './parts.ts'
import { requireState } from './states.ts'
import { waitForOrder } from './wait.ts'

/** Body of a call that changes the network, its shape checked. */
export type NetworkBody = RouteInput<(typeof lifecycleRoutes)['updateNetworkSettings']>['body']

type WantedNetwork = Extract<WantedChange, { kind: 'network' }>

/**
 * Changes where a sandbox may connect to, and waits until that holds. Throws BAD_REQUEST for settings that are none
 * and while it is in `error`; when it fails, the settings are as they were.
 */
export async function setNetwork(
  parts: SandboxParts,
  { id }: SandboxRecord,
  body: NetworkBody,
): Promise<SandboxRecord> {
  const wanted = planNetwork(body)
  const order = parts.orders.begin(id, 'changed', async (accept) => {
    const sandbox = await readSandbox(parts.sandboxes, id)
    requireState(sandbox, ['started', 'paused', 'stopped', 'archived'], 'Sandbox is not in valid state')
    const asked = await parts.changes.update(sandbox, { wanted: wanted(sandbox) })
    accept()
    await finishNetwork(parts, asked)
  })
  await waitForOrder(order.done)
  return readSandbox(parts.sandboxes, id)
}

/** Does the work of a sandbox that wants another network; also of one that a crash left so. */
export async function finishNetwork(parts: SandboxParts, sandbox: SandboxRecord): Promise<void> {
  const { wanted } = sandbox
  if (wanted?.kind !== 'network') throw new Error(`Sandbox ${sandbox.id} does not want another network`)
  // What a version before this one noted has no names.
  const { networkBlockAll, networkAllowList, domainAllowList = null } = wanted
  const settings = { networkBlockAll, networkAllowList, domainAllowList }
  try {
    await parts.engine.setNetwork(sandbox.id, networkRules(settings))
  } catch (error) {
    await parts.changes.update(sandbox, { wanted: null })
    throw error
  }
  await parts.changes.update(sandbox, { ...settings, wanted: null })
}

/** The rules of api.md 2.6: what the settings make of those that a sandbox has. */
function planNetwork(body: NetworkBody): (before: SandboxRecord) => WantedNetwork {
  const { networkBlockAll: blockAll, networkAllowList, domainAllowList } = body
  if (blockAll === undefined && networkAllowList === undefined && domainAllowList === undefined) {
    throw new PlatformError(
      'BAD_REQUEST',
      'At least one of networkBlockAll, networkAllowList and domainAllowList must be given',
    )
  }
  if (networkAllowList !== undefined) parseAllowList(networkAllowList)
  if (domainAllowList !== undefined) parseDomains(domainAllowList)
  // An empty list is cleared.
  const allowList = networkAllowList?.trim() || null
  const domains = domainAllowList?.trim() || null
  return (before) => {
    if (blockAll === true) return { ...everywhere, networkBlockAll: true }
    const isAlone = networkAllowList === undefined && domainAllowList === undefined
    if (isAlone) return everywhere
    return {
      kind: 'network',
      networkBlockAll: allowList === null && domains === null ? (blockAll ?? before.networkBlockAll) : false,
      networkAllowList: networkAllowList === undefined ? before.networkAllowList : allowList,
      domainAllowList: domainAllowList === undefined ? before.domainAllowList : domains,
    }
  }
}

/** What a block that is lifted leaves. */
const everywhere: WantedNetwork = {
  kind: 'network',
  networkBlockAll: false,
  networkAllowList: null,
  domainAllowList: null,
}
