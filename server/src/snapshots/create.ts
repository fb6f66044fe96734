import { randomUUID } from 'node:crypto'
import { PlatformError, type RouteInput, type snapshotRoutes } from '@sandyard/protocol'
import { followBuild } from '../builds/follow.ts'
import { ownImage, wholeImageName } from '../builds/image-name.ts'
import { regionFor } from '../region.ts'
import type { SandboxParts } from '../sandboxes/parts.ts'
import type { BuildRecord, BuildSource } from '../store/builds.ts'
import type { SnapshotRecord } from '../store/snapshots.ts'
import { generalSnapshots } from './find.ts'

/** Body of `POST /snapshots`, its shape checked. */
export type CreateBody = RouteInput<(typeof snapshotRoutes)['createSnapshot']>['body']

/** What sandboxes of a snapshot get, unless it says otherwise: cores and GiB (api.md 2.8). */
const defaults = { cpu: 1, memoryGib: 1, diskGib: 3 }

/**
 * Writes down a snapshot of an image or a Dockerfile, and has it made; the answer does not wait for that. Throws
 * BAD_REQUEST for what cannot be made, CONFLICT for a taken name.
 */
export async function createSnapshot(
  parts: SandboxParts,
  organizationId: string,
  body: CreateBody,
): Promise<SnapshotRecord> {
  const { builds, snapshots, snapshotChanges, clock } = parts
  checkPlace(parts, body)
  const source = sourceOf(body)
  if (source.kind === 'dockerfile') await builds.checkContexts(organizationId, source.contextHashes)
  const resources = {
    cpu: body.cpu ?? defaults.cpu,
    memoryGib: body.memory ?? defaults.memoryGib,
    diskGib: body.disk ?? defaults.diskGib,
  }
  if (generalSnapshots(parts).some(({ name }) => name === body.name)) {
    throw new PlatformError('CONFLICT', `Snapshot with name ${body.name} already exists`)
  }
  const id = randomUUID()
  const nowMs = clock()
  const snapshot = ({ id: buildId }: BuildRecord): SnapshotRecord => ({
    ...resources,
    id,
    organizationId,
    name: body.name,
    state: 'pending',
    sourceSandboxId: null,
    buildId,
    imageName: body.imageName ?? null,
    user: 'root',
    entrypoint: body.entrypoint ?? null,
    sizeBytes: null,
    errorReason: null,
    createdAtMs: nowMs,
    updatedAtMs: nowMs,
    lastUsedAtMs: null,
  })
  const made = await snapshotChanges.insertBuilt(
    builds.wanted(organizationId, source, { isForSandbox: false }),
    snapshot,
  )
  // One that somebody has built already is active at once.
  const build = await builds.byId(made.buildId ?? '')
  if (build !== undefined) await followBuild(parts, build)
  await builds.begin()
  return (await snapshots.byIdOrName(organizationId, id)) ?? made
}

function sourceOf({ imageName, buildInfo, entrypoint }: CreateBody): BuildSource {
  if (buildInfo !== undefined) {
    if (imageName !== undefined) refuse('Cannot specify an image name when using a build info entry')
    if (entrypoint !== undefined) refuse('Cannot specify an entrypoint when using a build info entry')
    const { dockerfileContent: dockerfile, contextHashes = [] } = buildInfo
    return { kind: 'dockerfile', dockerfile, contextHashes }
  }
  if (imageName === undefined) return refuse('Must specify either an image name or build info')
  const image = wholeImageName(imageName)
  const program = entrypoint === undefined || entrypoint.length === 0 ? null : entrypoint
  if (image !== ownImage) return { kind: 'image', image, entrypoint: program }
  // No registry has it: it is what builds begin with that name it.
  const more = program === null ? '' : `ENTRYPOINT ${JSON.stringify(program)}\n`
  return { kind: 'dockerfile', dockerfile: `FROM ${ownImage}\n${more}`, contextHashes: [] }
}

function checkPlace({ config }: SandboxParts, { gpu = 0, regionId, sandboxClass = 'container' }: CreateBody): void {
  if (gpu > 0) refuse(`GPU request ${gpu} exceeds maximum allowed per sandbox (0).`)
  if (sandboxClass !== 'container') refuse(`Snapshots of class ${sandboxClass} cannot be made here`)
  regionFor(config, regionId || null)
}

function refuse(message: string): never {
  throw new PlatformError('BAD_REQUEST', message)
}
