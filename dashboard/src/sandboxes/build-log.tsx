import { followBuildLogs, sandboxBuildLogs } from '@sandyard/sdk'
import type { ReactNode } from 'react'
import { BuildLogView, readPieces, untilMade } from '../design/build-log.tsx'
import { usePlatform } from '../platform/platform.tsx'
import type { SandboxItem } from './live.ts'

/** True while what the sandbox is made of is being built or downloaded. */
export function isBuilding({ state }: Pick<SandboxItem, 'state'>): boolean {
  return state === 'pending_build' || state === 'building_snapshot'
}

/** What is told while the image of a sandbox is built, as it comes; or what was. */
export function BuildLog({ sandbox }: { sandbox: Pick<SandboxItem, 'id' | 'state' | 'name'> }): ReactNode {
  const { client } = usePlatform().daytona
  const { id, state, name } = sandbox
  return (
    <BuildLogView
      key={id}
      label={`Log of the build of ${name}`}
      isLive={isBuilding(sandbox)}
      whileEmpty={state === 'pending_build' ? 'Waits for other builds to end…' : 'Waits for the first line…'}
      read={(isLive) => async (push, signal) => {
        const params = { sandboxIdOrName: id }
        if (isLive) {
          await followBuildLogs(() => sandboxBuildLogs(client, id, signal), push, signal)
          const isStill = async () => isBuilding(await client.call('getSandbox', { params }, { signal }))
          return await untilMade(isStill, signal)
        }
        await readPieces(await client.call('getBuildLogs', { params }, { signal }), push, signal)
      }}
    />
  )
}
