import type { Client } from '@sandyard/sdk'
import { useQueryClient } from '@tanstack/react-query'
import { useCallback } from 'react'
import { useTell } from '../design/toasts.tsx'
import { usePlatform } from '../platform/platform.tsx'
import { putSandboxes, type SandboxDetail, type SandboxItem } from './live.ts'

/** What can be done to one sandbox or to many. */
export type Action = 'start' | 'stop' | 'archive' | 'recover' | 'delete'

const called = {
  start: 'startSandbox',
  stop: 'stopSandbox',
  archive: 'archiveSandbox',
  recover: 'recoverSandbox',
  delete: 'deleteSandbox',
} as const

const pastWords: Readonly<Record<Action, string>> = {
  start: 'started',
  stop: 'stopped',
  archive: 'archived',
  recover: 'recovered',
  delete: 'deleted',
}

/** calls under way at a time */
const atOnce = 6

/** True where the action makes sense; the platform has the last word. */
export function canDo(action: Action, { state, recoverable }: Pick<SandboxItem, 'state' | 'recoverable'>): boolean {
  switch (action) {
    case 'start':
      return ['stopped', 'paused', 'archived'].includes(state)
    case 'stop':
      return ['started', 'paused'].includes(state)
    case 'archive':
      return state === 'stopped'
    case 'recover':
      return state === 'error' && recoverable === true
    case 'delete':
      return !['destroying', 'destroyed'].includes(state)
  }
}

/** Does an action to sandboxes and tells how it went. */
export function useAct(): (action: Action, sandboxes: readonly SandboxItem[]) => Promise<void> {
  const { daytona, organization } = usePlatform()
  const queries = useQueryClient()
  const tell = useTell()
  return useCallback(
    async (action, sandboxes) => {
      const meant = sandboxes.filter((sandbox) => canDo(action, sandbox))
      const waiting = [...meant]
      const failed: { name: string; error: unknown }[] = []
      const work = async (): Promise<void> => {
        for (let sandbox = waiting.shift(); sandbox !== undefined; sandbox = waiting.shift()) {
          try {
            putSandboxes(queries, organization.id, [await run(daytona.client, action, sandbox.id)])
          } catch (error) {
            failed.push({ name: sandbox.name, error })
          }
        }
      }
      await Promise.all(Array.from({ length: atOnce }, work))
      const [first] = failed
      if (first !== undefined) {
        const others = failed.length === 1 ? '' : ` and ${failed.length - 1} more`
        tell.failed(`Could not ${action} ${first.name}${others}`, first.error)
      } else if (meant.length > 0) {
        tell.done(`${meant.length === 1 ? meant[0]?.name : `${meant.length} sandboxes`} ${pastWords[action]}`)
      }
    },
    [daytona, organization.id, queries, tell],
  )
}

function run(client: Client, action: Action, id: string): Promise<SandboxDetail> {
  return client.call(called[action], { params: { sandboxIdOrName: id } })
}
