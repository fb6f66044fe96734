import { type lifecycleRoutes, PlatformError, type RouteInput } from '@sandyard/protocol'
import type { SandboxRecord, WantedChange } from '../store/sandbox-record.ts'
import { readSandbox } from './find.ts'
import { checkLists, networkRules } from './network-lists.ts'
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
  // What versions before this one noted has no names, and nothing that is denied.
  const { networkBlockAll, networkAllowList, domainAllowList = null } = wanted
  const { networkDenyList = sandbox.networkDenyList, domainDenyList = sandbox.domainDenyList } = wanted
  const settings = { networkBlockAll, networkAllowList, domainAllowList, networkDenyList, domainDenyList }
  try {
    await parts.engine.setNetwork(sandbox.id, networkRules(settings))
  } catch (error) {
    await parts.changes.update(sandbox, { wanted: null })
    throw error
  }
  await parts.changes.update(sandbox, { ...settings, wanted: null })
}

/**
 * The rules of api.md 2.6: what the settings make of those that a sandbox has. What is denied stays until a list of it is
 * given: clients of the wire do not know that there is any, and what they lift is what they have set.
 */
function planNetwork(body: NetworkBody): (before: SandboxRecord) => WantedNetwork {
  const { networkBlockAll: blockAll, networkAllowList, domainAllowList, networkDenyList, domainDenyList } = body
  const lists = [networkAllowList, domainAllowList, networkDenyList, domainDenyList]
  if (blockAll === undefined && lists.every((list) => list === undefined)) {
    throw new PlatformError(
      'BAD_REQUEST',
      'At least one of networkBlockAll, networkAllowList, domainAllowList, networkDenyList and domainDenyList must be given',
    )
  }
  checkLists(body)
  return (before) => ({
    kind: 'network',
    ...planAllowed(body, before),
    networkDenyList: changed(networkDenyList, before.networkDenyList),
    domainDenyList: changed(domainDenyList, before.domainDenyList),
  })
}

function planAllowed(
  { networkBlockAll: blockAll, networkAllowList, domainAllowList }: NetworkBody,
  before: Allowed,
): Allowed {
  if (blockAll === true) return { ...everywhere, networkBlockAll: true }
  if (networkAllowList === undefined && domainAllowList === undefined) {
    const { networkBlockAll, networkAllowList: networks, domainAllowList: domains } = before
    return blockAll === false ? everywhere : { networkBlockAll, networkAllowList: networks, domainAllowList: domains }
  }
  const isCleared = !networkAllowList?.trim() && !domainAllowList?.trim()
  return {
    networkBlockAll: isCleared ? (blockAll ?? before.networkBlockAll) : false,
    networkAllowList: changed(networkAllowList, before.networkAllowList),
    domainAllowList: changed(domainAllowList, before.domainAllowList),
  }
}

/** A list that is empty is cleared; one that is not given stays. */
function changed(list: string | undefined, before: string | null): string | null {
  return list === undefined ? before : list.trim() || null
}

type Allowed = Pick<SandboxRecord, 'networkBlockAll' | 'networkAllowList' | 'domainAllowList'>

/** What a block that is lifted leaves. */
const everywhere: Allowed = { networkBlockAll: false, networkAllowList: null, domainAllowList: null }
