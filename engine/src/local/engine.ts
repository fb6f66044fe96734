import { existsSync, mkdirSync } from 'node:fs'
import { type Engine, PlatformError, type SandboxReport } from '@sandyard/protocol'
import { archiveSandbox, restoreSandbox } from './archive/archive.ts'
import { openArchives } from './archive/open.ts'
import type { S3Place } from './archive/s3-bucket.ts'
import { createBuildWork } from './build/work.ts'
import { measureSandboxes } from './cgroup/measure.ts'
import type { Context, Log } from './context.ts'
import { dialSandbox } from './dial.ts'
import { canMapOwners } from './disk/mapped-overlay.ts'
import { openDiskPool } from './disk/pool.ts'
import { endStrays } from './host/processes.ts'
import { raiseSharedLimits } from './host/shared-limits.ts'
import { cancelMaking, closeImages, makeSnapshot } from './images/make.ts'
import { createImageWork } from './images/work.ts'
import { createLayout, type Layout } from './layout.ts'
import { type AddressPlan, planAddresses } from './network/addresses.ts'
import { createDoors } from './network/doors.ts'
import { installFirewall } from './network/firewall.ts'
import { openHostNetwork } from './network/host.ts'
import { createPlaces } from './network/places.ts'
import { openResolver } from './network/resolver.ts'
import { createSlot } from './network/slots.ts'
import { pauseSandbox, resizeSandbox, resumeSandbox, setSandboxNetwork } from './orders/change.ts'
import { createSandbox, forkSandbox } from './orders/create.ts'
import { destroySandbox, inspectSandbox, requireRecord, stopSandbox } from './orders/life.ts'
import { recoverSandboxes } from './orders/recover.ts'
import { setSandboxEnv, setSandboxSecrets } from './orders/set-env.ts'
import { startSandbox } from './orders/start.ts'
import { discardMountedDisk, makeMountedDisk } from './records/id-ranges.ts'
import { idRangeCount } from './records/ids.ts'
import { claimInstance, type Instance } from './records/instance.ts'
import { createLocks } from './records/locks.ts'
import { createNumbers, type Numbers } from './records/numbers.ts'
import { listRecorded } from './records/record.ts'
import { loadSeccomp } from './runtime/seccomp.ts'
import { capabilities } from './runtime/spec.ts'
import { openSecrets } from './secrets/secrets.ts'
import { infoOf, removeSnapshot, saveSnapshot } from './snapshots/save.ts'
import { type Snapshot, snapshotIn, type UnpackedSnapshot } from './snapshots/snapshot.ts'
import { removeAndRelease } from './spares/slots.ts'
import { createSpares } from './spares/spares.ts'
import { createTrash } from './spares/trash.ts'
import { makeVolume, removeVolume } from './volumes/volumes.ts'

/** What a local engine is made from. */
export interface LocalEngineOptions {
  /** the platform's data folder */
  readonly data: string
  /** agent runtime folder, see base/ */
  readonly runtimeFolder: string
  /** what came with the platform; those saved from sandboxes are found in the data folder */
  readonly snapshots: readonly UnpackedSnapshot[]
  /** name of the snapshot of most sandboxes */
  readonly defaultSnapshot: string
  /** size of the sparse file that holds the disks when the data folder is not on btrfs, GiB */
  readonly diskPoolGib: number
  /** size of a sandbox's disk when it names none, GiB: disks of this size are made ahead */
  readonly defaultDiskGib: number
  /** most that a volume holds, GiB */
  readonly volumeSizeGib: number
  /** IPv4 CIDR that sandboxes get their addresses from */
  readonly network: string
  /** IPv4 CIDRs that sandboxes reach although they are private */
  readonly openRanges: readonly string[]
  /** IP addresses of the name servers that sandboxes' queries go to, the first one first; absent: those of the host */
  readonly dnsServers?: readonly string[]
  /** registries, `host[:port]`, that are reached from the host itself, also without HTTPS */
  readonly insecureRegistries: readonly string[]
  /** how long a layer of images that no snapshot has is kept, ms; default 10 minutes */
  readonly layerRestMs?: number
  /** environment of every sandbox: proxies and the like */
  readonly commonEnv: Readonly<Record<string, string>>
  /** PEM file to trust inside */
  readonly caFile: string | null
  /** bucket that keeps archives; `null` is a folder of the data folder */
  readonly archiveStore: S3Place | null
  /** network slots and disks to keep ready */
  readonly spareCount: number
  readonly log: Log
}

/** Time after an order before spares are made again, ms. */
const sparePauseMs = 150

/**
 * The engine of this machine: sandboxes are OCI containers with a user namespace, an overlay on a limited disk, a
 * network namespace behind our firewall, and an agent that is reached by a socket nobody inside can open.
 */
export async function createLocalEngine(options: LocalEngineOptions): Promise<Engine> {
  const { log } = options
  // What would keep this process from ending goes also when the rest cannot be opened.
  await using opened = new AsyncDisposableStack()
  const instance = opened.adopt(await claimInstance(options.data), ({ release }) => release())
  const layout = createLayout(options.data, instance.index)
  const plan = keepNetwork(instance, layout, options.network)
  for (const folder of ['/run/sandyard', layout.runtime]) mkdirSync(folder, { recursive: true, mode: 0o711 })
  await endStrays()
  await openDiskPool(layout, options.diskPoolGib)
  await installFirewall(layout, { plan, openRanges: options.openRanges })
  await openHostNetwork(layout, plan)
  await raiseSharedLimits((limit, fault) =>
    log.warn({ limit, fault: String(fault) }, 'a limit that all sandboxes share could not be raised'),
  )
  const { openRanges, dnsServers = [] } = options
  const places = createPlaces({
    layout,
    plan,
    openRanges,
    network: options.network,
    log,
    clock: Date.now,
    addressesOf: (name) => resolver.addressesOf(name),
  })
  const upstreams = dnsServers.length === 0 ? {} : { upstreams: () => dnsServers }
  const resolver = opened.adopt(await openResolver(plan.gateway, { guard: places, ...upstreams }), ({ close }) =>
    close(),
  )
  const secrets = opened.adopt(
    await openSecrets({ layout, plan, places, resolver, caFile: options.caFile }),
    ({ close }) => close(),
  )

  const listeners = new Set<(report: SandboxReport) => void>()
  const slotNumbers = createNumbers(plan.slotCount)
  const snapshots = new Map(options.snapshots.map((snapshot) => [snapshot.name, snapshotIn(snapshot)]))
  const defaultSnapshot = snapshots.get(options.defaultSnapshot)
  const idRanges = await openIdRanges(layout, defaultSnapshot, log)
  const onFault = (fault: unknown): void => log.warn({ fault: String(fault) }, 'nothing could be made ahead')
  const doors = createDoors({ layout, plan, log: options.log, clock: () => performance.now() })
  const context: Context = {
    layout,
    plan,
    seccomp: loadSeccomp(capabilities),
    runtimeFolder: options.runtimeFolder,
    snapshots,
    saved: new Map(),
    images: createImageWork({
      insecureRegistries: options.insecureRegistries,
      openRanges: options.openRanges,
      restMs: options.layerRestMs ?? 600_000,
    }),
    builds: createBuildWork(),
    making: new Set(),
    commonEnv: options.commonEnv,
    caFile: options.caFile,
    trustedInside: secrets.trusted,
    volumeSizeGib: options.volumeSizeGib,
    spareDisk: { snapshot: options.defaultSnapshot, sizeGib: options.defaultDiskGib },
    slotNumbers,
    places,
    idRanges,
    slots: createSpares({
      count: options.spareCount,
      make: async () => {
        const slot = slotNumbers.claim()
        if (slot === null)
          throw new PlatformError('INSUFFICIENT_CAPACITY', `All ${plan.slotCount} network addresses are taken`)
        try {
          await createSlot(layout, plan, slot)
          return slot
        } catch (error) {
          await removeAndRelease(layout, plan, slotNumbers, slot)
          throw error
        }
      },
      discard: (slot) => removeAndRelease(layout, plan, slotNumbers, slot),
      onFault,
      pauseMs: sparePauseMs,
    }),
    disks: createSpares({
      count: options.spareCount,
      make: async () => {
        if (defaultSnapshot === undefined) throw new Error(`The snapshot ${options.defaultSnapshot} is not there`)
        return await makeMountedDisk({ layout, idRanges }, options.defaultDiskGib, defaultSnapshot.layers)
      },
      discard: (disk) => discardMountedDisk({ layout, idRanges }, disk),
      onFault,
      pauseMs: sparePauseMs,
    }),
    records: new Map(),
    lifelines: new Map(),
    archives: openArchives(layout, options.archiveStore),
    locks: createLocks(),
    trash: createTrash((name, fault) => log.warn({ name, fault: String(fault) }, 'something could not be removed')),
    log,
    report: (report) => {
      for (const listener of listeners) listener(report)
    },
  }

  let isRecovered = false
  opened.move()
  return {
    create: (spec) => context.locks.run(spec.id, () => createSandbox(context, spec)),
    start: (id) => context.locks.run(id, () => startSandbox(context, id)),
    stop: (id, stopOptions) => context.locks.run(id, () => stopSandbox(context, id, stopOptions)),
    destroy: (id) => context.locks.run(id, () => destroySandbox(context, id)),
    pause: (id) => context.locks.run(id, () => pauseSandbox(context, id)),
    resume: (id) => context.locks.run(id, () => resumeSandbox(context, id)),
    resize: (id, resources) => context.locks.run(id, () => resizeSandbox(context, id, resources)),
    setNetwork: (id, network) => context.locks.run(id, () => setSandboxNetwork(context, id, network)),
    fork: async (id, spec) => {
      if (id === spec.id) throw new PlatformError('BAD_REQUEST', `Sandbox ${id} cannot be a copy of itself`)
      const source = context.locks.take(id)
      await context.locks.run(spec.id, () => forkSandbox(context, { id, turn: source }, spec)).finally(source.end)
    },
    // One name, then one sandbox: nothing takes them the other way round.
    saveSnapshot: (id, name) =>
      context.locks.run(`snapshot ${name}`, () => context.locks.run(id, () => saveSnapshot(context, id, name))),
    removeSnapshot: async (name) => {
      await cancelMaking(context, name)
      await context.locks.run(`snapshot ${name}`, () => removeSnapshot(context, name))
    },
    archive: (id) => context.locks.run(id, () => archiveSandbox(context, id)),
    setEnv: (id, env) => context.locks.run(id, () => setSandboxEnv(context, id, env)),
    setSecrets: (id, uses) => context.locks.run(id, () => setSandboxSecrets(context, id, uses)),
    revealSecretsWith: secrets.revealWith,
    restore: (id) => context.locks.run(id, () => restoreSandbox(context, id)),
    makeSnapshot: (order, tell) => makeSnapshot(context, order, tell),
    makeVolume: (id) => context.locks.run(`volume ${id}`, () => makeVolume(context, id)),
    removeVolume: (id) => context.locks.run(`volume ${id}`, () => removeVolume(context, id)),
    refused: async (id) => {
      const { slot } = requireRecord(context, id)
      return slot === null ? [] : await places.refused(slot)
    },
    measure: () => measureSandboxes(context),
    inspect: async (id) => inspectSandbox(context, id),
    dial: (id, target) => dialSandbox(context, doors, id, target),
    recover: async () => {
      if (isRecovered) return [...context.records.keys()].map((id) => inspectSandbox(context, id))
      isRecovered = true
      return await recoverSandboxes(context)
    },
    snapshots: () =>
      // Of those with a record the layers are ours; what came with the platform may have been taken away.
      [...snapshots.values()]
        .filter(({ name, layers }) => context.saved.has(name) || layers.every((layer) => existsSync(layer)))
        .map(infoOf),
    onReport: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    close: async () => {
      for (const lifeline of context.lifelines.values()) lifeline.close()
      await closeImages(context)
      await Promise.all([context.slots.close(), context.disks.close()])
      await context.trash.empty()
      await secrets.close()
      await resolver.close()
      await instance.release()
    },
  }
}

/** Ranges of user ids, where this machine can keep sandboxes apart by them. */
async function openIdRanges(layout: Layout, snapshot: Snapshot | undefined, log: Log): Promise<Numbers | null> {
  if (snapshot !== undefined && (await canMapOwners(layout, snapshot.layers))) return createNumbers(idRangeCount)
  log.warn({}, 'all sandboxes share one range of user ids: this kernel cannot map the owners of files (5.19 can)')
  return null
}

/** Sandboxes keep the addresses they were started with, so their network changes only while there are none. */
function keepNetwork(instance: Instance, layout: Layout, network: string): AddressPlan {
  const plan = planAddresses(network, instance.index)
  if (instance.network !== null && instance.network !== network && listRecorded(layout).length > 0) {
    throw new PlatformError(
      'CONFLICT',
      `The sandboxes of ${layout.data} have addresses of ${instance.network}; delete them before another network is set`,
    )
  }
  if (instance.network !== network) instance.keepNetwork(network)
  return plan
}
