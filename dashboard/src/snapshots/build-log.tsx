import { followBuildLogs, snapshotBuildLogs } from '@sandyard/sdk'
import type { ReactNode } from 'react'
import { BuildLogView, readPieces } from '../design/build-log.tsx'
import { usePlatform } from '../platform/platform.tsx'

/** The log of how a snapshot is made: as it comes, or as it was kept. */
export function BuildLog({ id, isMaking }: { id: string; isMaking: boolean }): ReactNode {
  const { client } = usePlatform().daytona
  return (
    <BuildLogView
      key={id}
      label="Log of the build"
      isLive={isMaking}
      whileEmpty="Waiting for its turn…"
      read={(isLive) => async (push, signal) => {
        if (isLive) return followBuildLogs(() => snapshotBuildLogs(client, id, signal), push, signal)
        await readPieces(await client.call('getSnapshotBuildLogs', { params: { id } }, { signal }), push, signal)
      }}
    />
  )
}
