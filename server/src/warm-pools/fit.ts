import { isDeepStrictEqual } from 'node:util'
import type { Engine, SandboxSpec, SnapshotInfo } from '@sandyard/protocol'

/** An order that makes a warm sandbox into what is asked for. */
export type Adjustment = (engine: Engine) => Promise<void>

/**
 * What is to be done with a sandbox that was made by one spec so that it is as if it had been made by another of the same
 * id; `null` when it cannot be. What was started in it before a claim keeps its variables, so that a snapshot with a
 * program of its own takes no others.
 */
export function adjustmentsFor(
  made: SandboxSpec,
  wanted: SandboxSpec,
  snapshot: Pick<SnapshotInfo, 'entrypoint'>,
): readonly Adjustment[] | null {
  const { env, cpu, memoryGib, diskGib, network, secrets = [], ...rest } = wanted
  const { env: madeEnv, cpu: _, memoryGib: __, diskGib: madeDiskGib, network: madeNetwork, ...madeRest } = made
  if (!isDeepStrictEqual(rest, madeRest) || diskGib < madeDiskGib) return null
  const hasSameEnv = isDeepStrictEqual(env, madeEnv)
  const needsStart = !hasSameEnv || secrets.length > 0
  if (needsStart && snapshot.entrypoint !== null) return null
  const hasSameSize = cpu === made.cpu && memoryGib === made.memoryGib && diskGib === madeDiskGib
  const { id } = wanted
  return [
    ...(isDeepStrictEqual(network, madeNetwork) ? [] : [(engine: Engine) => engine.setNetwork(id, network)]),
    ...(hasSameSize ? [] : [(engine: Engine) => engine.resize(id, { cpu, memoryGib, diskGib })]),
    ...(hasSameEnv ? [] : [(engine: Engine) => engine.setEnv(id, env)]),
    ...(secrets.length === 0 ? [] : [(engine: Engine) => engine.setSecrets(id, secrets)]),
  ]
}
