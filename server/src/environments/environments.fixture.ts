import { type ProjectPlan, type StepName, stepNames } from '@sandyard/protocol'
import { createSandbox } from '../sandboxes/create.ts'
import { planSandbox } from '../sandboxes/plan.ts'
import { snapshotFor } from '../snapshots/find.ts'
import type { Step, StepOutcome, StepWork } from './step.ts'
import { environmentLabel, type StepParts } from './steps/parts.ts'

/** What steps do in a test, in place of what they do by themselves. */
export type Scripted = Partial<Record<StepName, (work: StepWork) => Promise<StepOutcome>>>

const plan: ProjectPlan = {
  framework: 'express',
  packageManager: 'npm',
  mode: 'production',
  prepare: null,
  install: 'npm ci',
  build: 'npm run build',
  start: 'npm start',
  port: 3000,
  readyPath: '/',
  env: {},
  lockFiles: [],
  notes: ['It is a test'],
}

/** What the steps find out. */
export const made = { commit: 'c'.repeat(40), branch: 'trunk', plan } as const

/**
 * Steps without an application: the first makes a real sandbox at the engine, the others find what an application would
 * be. `begun` has the names of all that were begun.
 */
export function scripted(script: Scripted): { readonly begun: StepName[]; make(parts: StepParts): readonly Step[] } {
  const begun: StepName[] = []
  return {
    begun,
    make: (parts) =>
      stepNames.map((name) => ({
        name,
        mostMs: 60_000,
        // The install step waits as in earnest.
        ...(name === 'install' ? {} : { retryMs: () => 1 }),
        async run(work) {
          begun.push(name)
          return (script[name] ?? plain(parts, name))(work)
        },
      })),
  }
}

function plain(parts: StepParts, name: StepName): (work: StepWork) => Promise<StepOutcome> {
  if (name === 'sandbox') return (work) => makeSandbox(parts, work)
  if (name === 'clone') return async () => ({ kind: 'done', findings: { commit: made.commit, branch: made.branch } })
  if (name === 'detect') return async () => ({ kind: 'done', findings: { plan } })
  if (name === 'prepare') return async () => ({ kind: 'skipped', reason: 'Nothing is to be prepared' })
  return async ({ tell }) => {
    tell(`${name} works\n`)
    return { kind: 'done' }
  }
}

/** Made once in a run: the name is found again after a crash. */
async function makeSandbox(parts: StepParts, { environment }: StepWork): Promise<StepOutcome> {
  const { organizationId, sandboxId, id, run } = environment
  if (sandboxId !== null) return { kind: 'done' }
  const name = `preview-${id}-${run}`
  const found = await parts.sandboxes.byIdOrName(organizationId, name)
  if (found !== undefined) return { kind: 'done', findings: { sandboxId: found.id } }
  const snapshot = await snapshotFor(parts, organizationId, undefined)
  const body = { name, autoWake: true, labels: { [environmentLabel]: id } }
  const sandbox = await createSandbox(parts, organizationId, planSandbox(parts.config, snapshot, body))
  return { kind: 'done', findings: { sandboxId: sandbox.id } }
}
