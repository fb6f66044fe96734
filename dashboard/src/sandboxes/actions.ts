import type { Client } from '@sandyard/sdk'
import { useQueryClient } from '@tanstack/react-query'
import { useCallback } from 'react'
import { useTell } from '../design/toasts.tsx'
import { useMay } from '../platform/permissions.ts'
import { usePlatform } from '../platform/platform.tsx'
import { putSandboxes, type SandboxDetail, type SandboxItem } from './live.ts'
import { toneOf } from './states.tsx'

/** What can be done to one sandbox or to many, without asking for more. */
export type Action = 'start' | 'stop' | 'pause' | 'archive' | 'recover' | 'delete'

/** What is asked for in a dialog first. */
export type Asking = 'resize' | 'fork' | 'snapshot'

const called = {
  start: 'startSandbox',
  stop: 'stopSandbox',
  pause: 'pauseSandbox',
  archive: 'archiveSandbox',
  recover: 'recoverSandbox',
  delete: 'deleteSandbox',
} as const

const pastWords: Readonly<Record<Action, string>> = {
  start: 'started',
  stop: 'stopped',
  pause: 'paused',
  archive: 'archived',
  recover: 'recovered',
  delete: 'deleted',
}

/** While the platform has taken the order and is at work. */
const ongoingWords: Readonly<Record<Action, string>> = {
  start: 'starting',
  stop: 'stopping',
  pause: 'being paused',
  archive: 'being archived',
  recover: 'being recovered',
  delete: 'being deleted',
}

/** The states in which something can be done. */
const possible: Readonly<Record<Exclude<Action, 'delete' | 'recover'> | Asking, readonly SandboxItem['state'][]>> = {
  start: ['stopped', 'paused', 'archived'],
  stop: ['started', 'paused'],
  pause: ['started'],
  archive: ['stopped'],
  resize: ['started', 'stopped'],
  fork: ['started'],
  snapshot: ['started', 'stopped'],
}

/** calls under way at a time */
const atOnce = 6

/** True for one that is deleted as soon as it stops. */
export function isEphemeral({ autoDeleteInterval }: Pick<SandboxItem, 'autoDeleteInterval'>): boolean {
  return autoDeleteInterval === 0
}

/** True where the action makes sense; the platform has the last word. */
export function canDo(
  action: Action | Asking,
  sandbox: Pick<SandboxItem, 'state' | 'recoverable' | 'autoDeleteInterval'>,
): boolean {
  const { state, recoverable } = sandbox
  switch (action) {
    case 'delete':
      return !['destroying', 'destroyed'].includes(state)
    case 'recover':
      return state === 'error' && recoverable === true
    case 'stop':
      // One that is deleted at its stop is only deleted, after a question.
      return possible.stop.includes(state) && !isEphemeral(sandbox)
    case 'archive':
      return state === 'stopped' && !isEphemeral(sandbox)
    default:
      return possible[action].includes(state)
  }
}

/** What the user may do to sandboxes at all. */
export interface Rights {
  readonly canWrite: boolean
  readonly canDelete: boolean
}

/** The same for all sandboxes of an organization, so it is asked for once and not for each row. */
export function useRights(): Rights {
  const may = useMay()
  return { canWrite: may('write:sandboxes'), canDelete: may('delete:sandboxes') }
}

/** How far an action to many has come. */
export interface Progress {
  readonly action: Action
  readonly done: number
  readonly of: number
}

type Act = (
  action: Action,
  sandboxes: readonly SandboxItem[],
  onProgress?: (progress: Progress | null) => void,
) => Promise<void>

/** Does an action to sandboxes, also when the page is left meanwhile, and tells how it went. */
export function useAct(): Act {
  const { daytona, organization } = usePlatform()
  const queries = useQueryClient()
  const tell = useTell()
  return useCallback(
    async function act(action, sandboxes, onProgress = () => {}): Promise<void> {
      const meant = sandboxes.filter((sandbox) => canDo(action, sandbox))
      const waiting = [...meant]
      const done: SandboxItem[] = []
      const failed: { name: string; error: unknown }[] = []
      let isOngoing = false
      const work = async (): Promise<void> => {
        for (let sandbox = waiting.shift(); sandbox !== undefined; sandbox = waiting.shift()) {
          try {
            const changed = await run(daytona.client, action, sandbox.id)
            putSandboxes(queries, organization.id, [changed])
            isOngoing ||= action !== 'delete' && toneOf(changed.state) === 'busy'
            done.push(sandbox)
          } catch (error) {
            failed.push({ name: sandbox.name, error })
          }
          onProgress({ action, done: done.length + failed.length, of: meant.length })
        }
      }
      onProgress({ action, done: 0, of: meant.length })
      await Promise.all(Array.from({ length: atOnce }, work))
      onProgress(null)
      const undo = undoOf(action, done)
      const takeBack = undo.length === 0 ? undefined : () => void act('start', undo)
      const [first] = failed
      if (first !== undefined) {
        const others = failed.length === 1 ? '' : ` and ${failed.length - 1} more`
        tell.failed(`Could not ${action} ${first.name}${others}`, first.error)
      }
      if (done.length > 0) {
        const one = done.length === 1 ? done[0] : undefined
        const [names, verb] = one === undefined ? [`${done.length} sandboxes`, 'are'] : [one.name, 'is']
        const title = `${names} ${isOngoing ? `${verb} ${ongoingWords[action]}` : pastWords[action]}`
        tell.done(title, takeBack, one?.id)
      }
    },
    [daytona, organization.id, queries, tell],
  )
}

/** Those that a start brings back to where they were, or nearly: what rests starts again with the files it had. */
function undoOf(action: Action, done: readonly SandboxItem[]): readonly SandboxItem[] {
  const next = ({ stop: 'stopped', pause: 'paused', archive: 'archived' } as const)[action as string]
  if (next === undefined) return []
  const before = action === 'archive' ? 'stopped' : 'started'
  return done
    .filter((sandbox) => sandbox.state === before && (action === 'pause' || !isEphemeral(sandbox)))
    .map((sandbox) => ({ ...sandbox, state: next }))
}

function run(client: Client, action: Action, id: string): Promise<SandboxDetail> {
  return client.call(called[action], { params: { sandboxIdOrName: id } })
}
