import { setTimeout as sleep } from 'node:timers/promises'
import { branchOf, haveRef } from './names.ts'
import { changeRefs, commitAt, isWithin, type Repository } from './repository.ts'
import { type Git, GitError } from './run-git.ts'

/** A line of commits in a sandbox, and where it goes here. */
export interface Line {
  /** of the session's branch */
  readonly number: number
  /** branch inside, null for what is checked out there */
  readonly side: string | null
  readonly commit: string
}

/** What was done with it. */
export interface Placed {
  readonly branch: string
  /** commit that the branch is at now */
  readonly commit: string
  readonly isChanged: boolean
  /** for people */
  readonly warning: string | null
}

const attempts = 5
const pauseMs = 100
const reason = 'opencode: brought from the sandbox'

/**
 * Puts a line onto its branch. Nothing that is only here is lost by that: a branch that is checked out stays as it is,
 * and the line goes to `…-next` beside it; commits that were made here move to `…-local-<time>`. A branch that somebody
 * has deleted comes back with the next commit only.
 */
export async function placeLine({ git }: Repository, line: Line, clock: () => Date): Promise<Placed> {
  const branch = branchOf(line.number) + (line.side === null ? '' : `+${line.side}`)
  const have = haveRef(line.number, line.side === null ? 'head' : `side/${line.side}`)
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    const before = await commitAt(git, have)
    const plan = await planFor(git, { branch, before, commit: line.commit }, clock)
    if (before !== line.commit) plan.changes.push(update(have, line.commit, before))
    if (plan.changes.length === 0 || (await changeRefs(git, plan.changes, reason))) {
      return { branch: plan.branch, commit: plan.commit, isChanged: plan.changes.length > 0, warning: plan.warning }
    }
    await sleep(pauseMs)
  }
  throw new GitError(`${branch} could not be changed: another program keeps it locked, or changes it all the time`)
}

interface Wish {
  readonly branch: string
  /** what was brought last */
  readonly before: string | null
  readonly commit: string
}

interface Plan {
  readonly changes: string[]
  readonly branch: string
  readonly commit: string
  readonly warning: string | null
}

async function planFor(git: Git, wish: Wish, clock: () => Date): Promise<Plan> {
  const { branch, before, commit } = wish
  const tip = await commitAt(git, `refs/heads/${branch}`)
  const isNew = before !== commit
  const stays: Plan = { changes: [], branch, commit: tip ?? commit, warning: null }
  if (tip === commit || (!isNew && (tip === null || !(await isWithin(git, tip, commit))))) return stays
  if (await isCheckedOut(git, branch)) return await planBeside(git, wish, clock)
  return { ...(await planMove(git, wish, tip, clock)), branch, commit }
}

/** Where a branch is checked out: its files belong to whoever has done that, and may run there as they change. */
async function planBeside(git: Git, { branch, before, commit }: Wish, clock: () => Date): Promise<Plan> {
  const next = `${branch}-next`
  const tip = await commitAt(git, `refs/heads/${next}`)
  if (tip === commit) return { changes: [], branch: next, commit, warning: null }
  if (await isCheckedOut(git, next)) {
    const warning = `${branch} and ${next} are checked out and were left alone: new commits come when one is not`
    return { changes: [], branch: next, commit: tip ?? commit, warning }
  }
  const { changes, warning } = await planMove(git, { branch: next, before, commit }, tip, clock)
  const told = `${branch} is checked out and was left alone: what is new is on ${next} (git merge ${next})`
  return { changes, branch: next, commit, warning: warning === null ? told : `${told}. ${warning}` }
}

async function planMove(
  git: Git,
  { branch, before, commit }: Wish,
  tip: string | null,
  clock: () => Date,
): Promise<Pick<Plan, 'changes' | 'warning'>> {
  const ref = `refs/heads/${branch}`
  const next = branch.endsWith('-next') ? null : await commitAt(git, `${ref}-next`)
  const changes = [update(ref, commit, tip)]
  if (next !== null && (await isWithin(git, next, commit)) && !(await isCheckedOut(git, `${branch}-next`))) {
    changes.push(`delete ${ref}-next ${next}`)
  }
  if (tip === null || (await isWithin(git, tip, commit))) return { changes, warning: null }
  if (before !== null && (await isWithin(git, tip, before))) return { changes, warning: null }
  const aside = `${branch}-local-${stamp(clock())}`
  changes.push(`create refs/heads/${aside} ${tip}`)
  return { changes, warning: `${branch} had commits of yours: they are on ${aside} now` }
}

/** Whether a work tree of the repository has it checked out, or is about to begin with it. */
async function isCheckedOut(git: Git, branch: string): Promise<boolean> {
  const ref = `refs/heads/${branch}`
  const [place, unborn] = await Promise.all([
    git.run(['for-each-ref', '--format=%(worktreepath)', ref]),
    git.probe(['symbolic-ref', '--quiet', 'HEAD']),
  ])
  return place.split('\n')[0] !== '' || unborn.stdout.trim() === ref
}

function update(ref: string, commit: string, before: string | null): string {
  return before === null ? `create ${ref} ${commit}` : `update ${ref} ${commit} ${before}`
}

function stamp(now: Date): string {
  return now.toISOString().slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '-')
}
