import type { SandboxState } from '@sandyard/protocol'
import type { SandboxRecord } from '../store/sandbox-record.ts'
import { finishArchive, finishRestore } from './archive.ts'
import { finishCreate } from './create.ts'
import { finishDelete } from './delete.ts'
import { readSandbox } from './find.ts'
import { dropFork, finishFork } from './fork.ts'
import { finishNetwork } from './network.ts'
import type { OrderTarget } from './orders.ts'
import type { SandboxParts } from './parts.ts'
import { finishPause, finishResume } from './pause.ts'
import { adoptInto } from './recover.ts'
import { finishResize } from './resize.ts'
import { finishSave } from './save.ts'
import { finishStart } from './start.ts'
import { finishStop } from './stop.ts'

/** How a half-done change is finished, and where it leads. */
interface Way {
  readonly target: OrderTarget
  finish(parts: SandboxParts, sandbox: SandboxRecord): Promise<void>
}

/** Every state that is left by itself. */
const ways: Partial<Record<SandboxState, Way>> = {
  creating: { target: 'started', finish: finishCreating },
  starting: { target: 'started', finish: finishStart },
  resuming: { target: 'started', finish: finishResume },
  restoring: { target: 'started', finish: finishRestore },
  stopping: { target: 'stopped', finish: (parts, sandbox) => finishStop(parts, sandbox) },
  pausing: { target: 'paused', finish: finishPause },
  archiving: { target: 'archived', finish: finishArchive },
  resizing: { target: 'changed', finish: finishResize },
  snapshotting: { target: 'changed', finish: finishSave },
  forking: { target: 'changed', finish: finishFork },
  destroying: { target: 'destroyed', finish: finishDelete },
}

/** States of a change that is half done when no order is under way. */
export const halfDoneStates: readonly SandboxState[] = Object.keys(ways) as SandboxState[]

/** Does again what a crash or a failure left half done, unless somebody else has done it since it was read. */
export function resume(parts: SandboxParts, { id, state }: SandboxRecord): void {
  const way = ways[state] ?? { target: 'changed', finish: finishNetwork }
  parts.orders.begin(id, way.target, async (accept) => {
    const sandbox = await readSandbox(parts.sandboxes, id)
    if (sandbox.state !== state || (ways[state] === undefined && sandbox.wanted === null)) return
    accept()
    await way.finish(parts, sandbox)
  })
}

/** A fork is made by its parent's order. One whose parent is lost goes; so does whatever nobody was told of. */
async function finishCreating(parts: SandboxParts, sandbox: SandboxRecord): Promise<void> {
  if (sandbox.parentId !== null) return dropFork(parts, sandbox, 'The sandbox that it was forked from was lost')
  const report = await parts.engine.inspect(sandbox.id)
  if (report.state === 'absent' && sandbox.buildInfo !== null) return finishCreate(parts, sandbox)
  return adoptInto(parts, report)
}
