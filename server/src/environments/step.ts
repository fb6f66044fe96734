import type { StepName } from '@sandyard/protocol'
import type { EnvironmentRecord, ProjectRecord } from './records.ts'

/** What a step finds out for those that come after it; it is written together with its end. */
export type StepFindings = Partial<Pick<EnvironmentRecord, 'sandboxId' | 'commit' | 'plan'>> & {
  /** the repository's own, of an environment that was asked for without one: its `branch` is empty until then */
  readonly branch?: string
}

/** What came of a step. */
export type StepOutcome =
  | { readonly kind: 'done'; readonly findings?: StepFindings }
  /** it was not needed; the reason is for people */
  | { readonly kind: 'skipped'; readonly reason: string; readonly findings?: StepFindings }

/** What a step works on. */
export interface StepWork {
  /** as it is now: with what earlier steps of the run have found */
  readonly environment: EnvironmentRecord
  readonly project: ProjectRecord
  /** of the git host, opened; null: none */
  readonly token: string | null
  /** what an earlier try of this step in this run has remembered; null: nothing */
  readonly memory: string | null
  /** Keeps this for the next try, also after a crash; resolves when it is written. */
  remember(memory: string): Promise<void>
  /** Adds to the log of the run, as it comes. Secrets of the project are blotted out on the way. */
  tell(text: string): void
  /** A text without the secrets of the project; for what is cut, before it is: the rest of a secret is not found. */
  clean(text: string): string
  /** ends with RunOutOfDate, StepTookTooLong or PlatformStops as its reason: the last leaves what is under way alone */
  readonly signal: AbortSignal
}

/**
 * One step of a run. It may be repeated, also after a crash on any of its lines: what is done already is found and not
 * done again. Throws a PlatformError whose message tells people why it failed; `FinalFailure` where another try would
 * end the same way.
 */
export interface Step {
  readonly name: StepName
  /** longest time for one try, ms */
  readonly mostMs: number
  /** time until the next try after so many have failed, ms; absent: about 1 s, then 4 s */
  readonly retryMs?: (failures: number) => number
  run(work: StepWork): Promise<StepOutcome>
}

/** A step has failed, and would again: a build that is broken, a branch that is not there. */
export class FinalFailure extends Error {
  override readonly name = 'FinalFailure'
}

/** Reason of a step's signal when the platform stops: what is under way goes on without it, and is found again. */
export class PlatformStops extends Error {
  override readonly name = 'PlatformStops'
}

/** Reason of a step's signal when something else is wanted by now: what is under way ends. */
export class RunOutOfDate extends Error {
  override readonly name = 'RunOutOfDate'
}

/** Reason of a step's signal when a try has taken too long: what is under way ends. */
export class StepTookTooLong extends Error {
  override readonly name = 'StepTookTooLong'
}
