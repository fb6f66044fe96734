import type { DesiredState, Resources, SandboxState } from '@sandyard/protocol'

/** What counts of a sandbox. */
export interface Counted extends Resources {
  readonly state: SandboxState
  readonly desiredState: DesiredState
  /** what a resize under way leads to */
  readonly wanted?: ({ readonly kind: 'resources' } & Resources) | { readonly kind: 'network' } | null
}

/** Nothing. */
export const noUse: Resources = { cpu: 0, memoryGib: 0, diskGib: 0 }

/** How much of a sandbox counts, by its state (api.md 5). */
const share: Record<SandboxState, 'all' | 'if-started' | 'memory' | 'disk' | 'none'> = {
  creating: 'all',
  restoring: 'all',
  started: 'all',
  starting: 'all',
  stopping: 'all',
  pending_build: 'all',
  building_snapshot: 'all',
  unknown: 'all',
  pulling_snapshot: 'all',
  forking: 'all',
  pausing: 'all',
  resuming: 'all',
  resizing: 'if-started',
  snapshotting: 'if-started',
  // The original moves the memory of paused ones to a disk; here it stays where it is, and so it counts.
  paused: 'memory',
  stopped: 'disk',
  archiving: 'disk',
  archived: 'none',
  error: 'none',
  build_failed: 'none',
  destroying: 'none',
  destroyed: 'none',
}

/** What a sandbox takes of what its organization may have. One that will start by itself counts as if it had. */
export function useOf(sandbox: Counted): Resources {
  const { state, desiredState } = sandbox
  const { cpu, memoryGib, diskGib } = largest(sandbox)
  const isOnItsWay = desiredState === 'started' && (state === 'archiving' || state === 'archived')
  switch (isOnItsWay ? 'all' : share[state]) {
    case 'all':
      return { cpu, memoryGib, diskGib }
    case 'if-started':
      return desiredState === 'started' ? { cpu, memoryGib, diskGib } : { ...noUse, diskGib }
    case 'memory':
      return { cpu: 0, memoryGib, diskGib }
    case 'disk':
      return { ...noUse, diskGib }
    case 'none':
      return noUse
  }
}

/** Two of them together. */
export function add(a: Resources, b: Resources): Resources {
  return { cpu: a.cpu + b.cpu, memoryGib: a.memoryGib + b.memoryGib, diskGib: a.diskGib + b.diskGib }
}

/** A resize can end either way, so that the larger counts until it has. */
function largest({ state, wanted, cpu, memoryGib, diskGib }: Counted): Resources {
  if (state !== 'resizing' || wanted?.kind !== 'resources') return { cpu, memoryGib, diskGib }
  return {
    cpu: Math.max(cpu, wanted.cpu),
    memoryGib: Math.max(memoryGib, wanted.memoryGib),
    diskGib: Math.max(diskGib, wanted.diskGib),
  }
}
