import { span } from '../design/times.ts'
import type { SandboxItem } from './live.ts'

/** Not used for so long, it counts as idle, ms. */
const idleAfterMs = 10 * 60_000
/** Idle for so long, what it holds is worth a look, ms. */
const longIdleMs = 60 * 60_000

/** What a sandbox holds although nobody uses it. */
export interface IdleCost {
  /** `idle 3 h, holds 1 GiB memory` */
  readonly text: string
  /** true where stopping it would give something back */
  readonly isWaste: boolean
}

type Known = Pick<
  SandboxItem,
  | 'state'
  | 'memory'
  | 'disk'
  | 'lastActivityAt'
  | 'autoStopInterval'
  | 'autoPauseInterval'
  | 'autoArchiveInterval'
  | 'autoDeleteInterval'
  | 'autoDestroyAt'
>

/** What it takes of the machine while nobody uses it; null while somebody does, or something is under way. */
export function idleCost({ state, memory, disk, lastActivityAt }: Known, nowMs: number): IdleCost | null {
  const idleMs = nowMs - Date.parse(lastActivityAt)
  switch (state) {
    case 'started':
      if (idleMs < idleAfterMs) return null
      return { text: `idle ${span(idleMs)}, holds ${memory} GiB memory`, isWaste: idleMs >= longIdleMs }
    case 'paused':
      return { text: `holds ${memory} GiB memory and its disk`, isWaste: idleMs >= longIdleMs }
    case 'stopped':
      return { text: `holds its disk, up to ${disk} GiB`, isWaste: false }
    case 'archived':
      return { text: 'holds its packed disk', isWaste: false }
    case 'build_failed':
      return { text: 'holds nothing', isWaste: false }
    default:
      return null
  }
}

/** Something that a sandbox will do by itself. */
export interface NextStep {
  readonly what: 'stops' | 'is paused' | 'is archived' | 'is deleted'
  readonly atMs: number
}

/** What it does by itself when nobody uses it, the soonest first; all count from the last use. */
export function nextSteps(sandbox: Known): readonly NextStep[] {
  const { state, autoStopInterval, autoPauseInterval, autoArchiveInterval, autoDeleteInterval, autoDestroyAt } = sandbox
  const usedMs = Date.parse(sandbox.lastActivityAt)
  const after = (what: NextStep['what'], minutes: number): NextStep => ({ what, atMs: usedMs + minutes * 60_000 })
  const steps: NextStep[] = []
  if (state === 'started' && autoStopInterval > 0)
    steps.push(after(autoDeleteInterval === 0 ? 'is deleted' : 'stops', autoStopInterval))
  if (state === 'started' && autoPauseInterval > 0) steps.push(after('is paused', autoPauseInterval))
  if (state === 'stopped' && autoDeleteInterval !== 0 && autoArchiveInterval > 0)
    steps.push(after('is archived', autoArchiveInterval))
  if (['stopped', 'archived'].includes(state) && autoDeleteInterval >= 0)
    steps.push(after('is deleted', autoDeleteInterval))
  if (autoDestroyAt !== undefined) steps.push({ what: 'is deleted', atMs: Date.parse(autoDestroyAt) })
  return steps.toSorted((one, other) => one.atMs - other.atMs)
}

/** The same for people: `stops in 12 min`. */
export function stepText({ what, atMs }: NextStep, nowMs: number): string {
  return atMs - nowMs < 60_000 ? `${what} soon` : `${what} in ${span(atMs - nowMs)}`
}

/** What comes next, in a few words; undefined where nothing does and nobody needs to know. */
export function nextText(sandbox: Known, nowMs: number): string | undefined {
  const [next] = nextSteps(sandbox)
  if (next !== undefined) return stepText(next, nowMs)
  return sandbox.state === 'started' ? 'never stops by itself' : undefined
}
