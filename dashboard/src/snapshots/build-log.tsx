import { followBuildLogs, snapshotBuildLogs } from '@sandyard/sdk'
import type { ReactNode } from 'react'
import { BuildLogView, readPieces, untilMade } from '../design/build-log.tsx'
import { usePlatform } from '../platform/platform.tsx'
import { isMaking } from './live.ts'

/** The log of how a snapshot is made: as it comes, or as it was kept. */
export function BuildLog({ id, isLive }: { id: string; isLive: boolean }): ReactNode {
  const { client } = usePlatform().daytona
  return (
    <BuildLogView
      key={id}
      label="Log of the build"
      isLive={isLive}
      whileEmpty="Waiting for its turn…"
      read={(follows) => async (push, signal) => {
        if (follows) {
          await followBuildLogs(() => snapshotBuildLogs(client, id, signal), push, signal)
          const isStill = async () => isMaking(await client.call('getSnapshot', { params: { id } }, { signal }))
          return await untilMade(isStill, signal)
        }
        await readPieces(await client.call('getSnapshotBuildLogs', { params: { id } }, { signal }), push, signal)
      }}
    />
  )
}
