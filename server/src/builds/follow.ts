import { isPlatformError, type SandboxState, type SnapshotState, waitingStates } from '@sandyard/protocol'
import { finishCreate } from '../sandboxes/create.ts'
import { readSandbox } from '../sandboxes/find.ts'
import type { Order } from '../sandboxes/orders.ts'
import type { SandboxParts } from '../sandboxes/parts.ts'
import type { BuildRecord } from '../store/builds.ts'
import type { SandboxRecord } from '../store/sandbox-record.ts'
import type { SnapshotRecord } from '../store/snapshots.ts'

const gone = 'What it was to be built as is gone'

/** States of a snapshot whose build has not ended. */
const unmadeSnapshotStates = ['pending', 'pulling', 'building'] as const satisfies readonly SnapshotState[]

/** Brings what stands on a build to where the build is. */
export async function followBuild(parts: SandboxParts, build: BuildRecord): Promise<void> {
  const { sandboxes, snapshots } = parts
  for (const snapshot of await snapshots.ofBuild(build.id)) await snapshotFollows(parts, snapshot, build)
  for (const sandbox of await sandboxes.waitingFor(build.id)) await sandboxFollows(parts, sandbox, build)
}

/** Brings all that wait to where their builds are: a crash can have come between the two. */
export async function followBuilds(parts: SandboxParts): Promise<void> {
  for (const snapshot of await parts.snapshots.inState(...unmadeSnapshotStates)) {
    const { buildId } = snapshot
    await snapshotFollows(parts, snapshot, buildId === null ? undefined : await parts.builds.byId(buildId))
  }
  for (const sandbox of await parts.sandboxes.inStates([...waitingStates])) {
    await sandboxFollows(parts, sandbox, await parts.builds.byId(sandbox.snapshotRef))
  }
}

async function snapshotFollows(parts: SandboxParts, snapshot: SnapshotRecord, build: BuildRecord | undefined) {
  if (!unmadeSnapshotStates.some((state) => state === snapshot.state)) return
  const isImage = build?.source.kind === 'image'
  const to = (state: SnapshotState, patch = {}) =>
    snapshot.state === state ? undefined : unlessMoved(parts.snapshotChanges.move(snapshot, state, patch))
  switch (build?.state) {
    case 'pending':
      return
    case 'making':
      await to(isImage ? 'pulling' : 'building')
      return
    case 'ready': {
      const { sizeBytes, entrypoint, user } = build
      await to('active', { sizeBytes, entrypoint, user: user ?? 'root' })
      return
    }
    default:
      await to(isImage ? 'error' : 'build_failed', { errorReason: build?.errorReason ?? gone })
  }
}

/** Brings a sandbox that waits to where its build is; answers the order that makes it, when the build is ready. */
export async function sandboxFollows(
  parts: SandboxParts,
  sandbox: SandboxRecord,
  build: BuildRecord | undefined,
): Promise<Order | undefined> {
  if (!waitingStates.has(sandbox.state) || parts.orders.isUnderWay(sandbox.id)) return undefined
  const to = (state: SandboxState, patch = {}) => unlessMoved(parts.changes.move(sandbox, state, patch))
  switch (build?.state) {
    case 'pending':
      return undefined
    case 'making':
      if (sandbox.state === 'pending_build') await to('building_snapshot')
      return undefined
    case 'ready':
      return makeBuilt(parts, sandbox, build)
    default:
      await to('build_failed', { errorReason: build?.errorReason ?? gone })
      return undefined
  }
}

/** Begins to make a sandbox whose build is ready; its row tells how that goes. */
function makeBuilt(parts: SandboxParts, { id }: SandboxRecord, build: BuildRecord): Order {
  return parts.orders.begin(id, 'started', async (accept) => {
    const sandbox = await readSandbox(parts.sandboxes, id)
    if (!waitingStates.has(sandbox.state)) return
    const user = sandbox.user === '' ? (build.user ?? 'root') : sandbox.user
    const creating = await parts.changes.move(sandbox, 'creating', { user })
    accept()
    await finishCreate(parts, creating)
  })
}

/** Somebody else can have come first, such as who deletes it: then there is nothing to do. */
async function unlessMoved(change: Promise<unknown>): Promise<void> {
  try {
    await change
  } catch (error) {
    if (!isPlatformError(error) || error.code !== 'CONFLICT') throw error
  }
}
