import { Archive, Camera, GitFork, LifeBuoy, type LucideIcon, Pause, Play, Scaling, Square, Trash2 } from 'lucide-react'
import { type Action, type Asking, canDo, isEphemeral, type Rights } from './actions.ts'
import type { SandboxItem } from './live.ts'

/** What a dialog is open for. */
export interface Asked {
  readonly kind: Asking | 'delete'
  readonly sandboxes: readonly SandboxItem[]
}

/** Something that can be done to a sandbox now, by a button or in a menu. */
export interface Entry {
  readonly action: Action | Asking
  readonly name: string
  readonly icon: LucideIcon
  /** true: it asks first, which its name says by three dots */
  readonly isAsking: boolean
}

const entries: readonly Entry[] = [
  { action: 'start', name: 'Start', icon: Play, isAsking: false },
  { action: 'stop', name: 'Stop', icon: Square, isAsking: false },
  { action: 'recover', name: 'Recover', icon: LifeBuoy, isAsking: false },
  { action: 'pause', name: 'Pause', icon: Pause, isAsking: false },
  { action: 'archive', name: 'Archive', icon: Archive, isAsking: false },
  { action: 'fork', name: 'Fork…', icon: GitFork, isAsking: true },
  { action: 'snapshot', name: 'Create a snapshot…', icon: Camera, isAsking: true },
  { action: 'resize', name: 'Resize…', icon: Scaling, isAsking: true },
  { action: 'delete', name: 'Delete…', icon: Trash2, isAsking: true },
]

/** What the user may do to a sandbox now, the likeliest first and what loses something last. */
export function entriesFor(sandbox: SandboxItem, { canWrite, canDelete }: Rights): readonly Entry[] {
  return entries
    .filter(({ action }) => (action === 'delete' ? canDelete : canWrite) && canDo(action, sandbox))
    .map((entry) => ({ ...entry, name: nameFor(entry, sandbox) }))
}

function nameFor({ action, name }: Entry, sandbox: SandboxItem): string {
  if (action === 'start' && sandbox.state === 'paused') return 'Resume'
  return action === 'delete' && isEphemeral(sandbox) && sandbox.state === 'started' ? 'Stop and delete…' : name
}
