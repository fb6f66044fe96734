import { randomUUID } from 'node:crypto'
import { buildKey } from '../builds/build-key.ts'
import { sandboxFollows } from '../builds/follow.ts'
import type { ServerConfig } from '../options.ts'
import type { SandboxRecord } from '../store/sandbox-record.ts'
import { newSandbox } from './create.ts'
import { readSandbox } from './find.ts'
import type { SandboxParts } from './parts.ts'
import { type CreateBody, type Mounts, planSandbox, type SandboxGround } from './plan.ts'
import { waitForOrder } from './wait.ts'

/** What is asked for to be built, its shape checked. */
export type WantedBuild = NonNullable<CreateBody['buildInfo']>

/** What a sandbox gets that asks for nothing: cores and GiB (api.md 2.3). */
const buildDefaults = { cpu: 1, memoryGib: 1, diskGib: 3 }

/**
 * Makes a sandbox of a Dockerfile. The answer does not wait for the build, which goes on after a crash too; several
 * that ask for the same share it. When it is there already, the sandbox is made at once and waited for, as long as a
 * call may take. Throws BAD_REQUEST for a context that was not uploaded, CONFLICT for a taken name.
 */
export async function createBuiltSandbox(
  parts: SandboxParts,
  organizationId: string,
  asked: {
    readonly build: WantedBuild
    readonly body: CreateBody
    readonly mounts: Mounts
    /** see BuildSource */
    readonly isOfStranger?: boolean
  },
): Promise<SandboxRecord> {
  const { config, builds, changes, sandboxes, clock } = parts
  const { dockerfileContent: dockerfile, contextHashes = [] } = asked.build
  const whose = asked.isOfStranger === true ? { isOfStranger: true as const } : {}
  const source = { kind: 'dockerfile', dockerfile, contextHashes, ...whose } as const
  const plan = planSandbox(config, groundOf(config), asked.body, asked.mounts)
  await builds.checkContexts(organizationId, contextHashes)
  const buildInfo = {
    dockerfileContent: dockerfile,
    contextHashes,
    snapshotRef: buildKey(source),
    createdAtMs: clock(),
  }
  const planned = newSandbox(parts, organizationId, { ...plan, buildInfo }, randomUUID())
  const sandbox = await changes.insertBuilt(
    builds.wanted(organizationId, source, { isForSandbox: true }),
    ({ id, createdAtMs }) => ({
      ...planned,
      state: 'pending_build',
      snapshotRef: id,
      buildInfo: { ...buildInfo, createdAtMs },
    }),
  )
  const order = await sandboxFollows(parts, sandbox, await builds.byId(sandbox.snapshotRef))
  if (order === undefined) await builds.begin()
  // Its failure is told by the row: the call has done what it was asked for.
  else await waitForOrder(order.done).catch(() => {})
  return readSandbox(sandboxes, sandbox.id)
}

/** Of what is yet to be built, neither name nor user are known. */
function groundOf({ capacity }: ServerConfig): SandboxGround {
  return {
    name: '',
    ref: '',
    user: '',
    cpu: Math.min(buildDefaults.cpu, capacity.cpu),
    memoryGib: Math.min(buildDefaults.memoryGib, capacity.memoryGib),
    diskGib: Math.min(buildDefaults.diskGib, capacity.diskGib),
  }
}
