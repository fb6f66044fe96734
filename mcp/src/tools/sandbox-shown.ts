import type { Sandbox } from '@sandyard/sdk'
import { z } from 'zod'

/** What tools answer of a sandbox. */
export const sandboxShape = z.object({
  id: z.string(),
  name: z.string(),
  state: z.string().describe('such as started, stopped or error'),
  snapshot: z.string().optional().describe('what it was made from'),
  labels: z.record(z.string(), z.string()),
  public: z.boolean().describe('whether previews need no key'),
  target: z.string().describe('region'),
  cpu: z.number().describe('cores'),
  memory: z.number().describe('GiB'),
  disk: z.number().describe('GiB'),
  autoStopInterval: z.number().describe('minutes without use until it stops, 0 is never'),
  createdAt: z.string(),
  errorReason: z.string().optional(),
})

type Shown = z.output<typeof sandboxShape>

/** The part of a sandbox that tools answer. */
export function shown(sandbox: ShownSource): Shown {
  const { id, name, state, snapshot, labels, target, cpu, memory, disk, autoStopInterval, createdAt } = sandbox
  const { errorReason } = sandbox
  return {
    id,
    name,
    state,
    ...(snapshot === undefined ? {} : { snapshot }),
    labels,
    public: sandbox.public,
    target,
    cpu,
    memory,
    disk,
    autoStopInterval,
    createdAt,
    ...(errorReason === undefined ? {} : { errorReason }),
  }
}

type ShownSource = Pick<Sandbox, Exclude<keyof Shown, 'snapshot' | 'errorReason'>> & {
  readonly snapshot?: string | undefined
  readonly errorReason?: string | undefined
}

/** A sandbox in one line. */
export function inOneLine(sandbox: ShownSource): string {
  const { id, name, state, cpu, memory, disk, errorReason } = sandbox
  const named = name === id ? id : `${id} (${name})`
  const why = errorReason === undefined ? '' : `: ${errorReason}`
  return `${named}: ${state}${why}; ${cpu} cpu, ${memory} GiB memory, ${disk} GiB disk`
}
