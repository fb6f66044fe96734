import type { BuildLogs } from '../builds/logs.ts'
import type { EnvironmentStore } from '../store/environments.ts'
import type { EnvironmentRecord } from './records.ts'

/** What it needs. */
interface Parts {
  readonly environments: Pick<EnvironmentStore, 'byId'>
  readonly logs: Pick<BuildLogs, 'read'>
}

/**
 * The log of the run that is wanted now, from its beginning until the run ends or something else is wanted. While the
 * run waits for its turn nothing comes. Throws TOO_MANY_REQUESTS when too many read.
 */
export function followLog({ environments, logs }: Parts, wanted: EnvironmentRecord): ReadableStream<Uint8Array> {
  const { id, organizationId, wantedRun } = wanted

  async function isQueued(): Promise<boolean> {
    return (await environments.byId(id))?.status === 'queued'
  }

  async function isOver(): Promise<boolean> {
    const now = await environments.byId(id)
    return now === undefined || now.wantedRun !== wantedRun || !['queued', 'building'].includes(now.status)
  }

  return logs.read(id, organizationId, isOver, async () => !(await isQueued()))
}
