import { setTimeout as sleep } from 'node:timers/promises'
import { plainText } from '../plain-text.ts'
import type { Inside } from './inside.ts'
import { objectName, type Repository } from './repository.ts'
import { GitError } from './run-git.ts'
import { checkOutScript, commitScript, prepareScript } from './scripts.ts'

/** s */
const shortSeconds = 120
const longSeconds = 300
/** characters of a sandbox's words that are shown */
const shownLength = 300
const mostNamed = 5
/** branches beside what is checked out that come at once; the script offers no more either */
const mostSides = 20
const attempts = 4
const pauseMs = 200

/** The image has no git, and neither has the platform one for it. */
export class NoGitInsideError extends Error {}

/** A line of commits as the sandbox says it is. */
export interface OfferedBranch {
  /** `head`, or `side0` and so on */
  readonly name: string
  readonly commit: string
  readonly branch: string
}

/** What a sandbox has. */
export interface Offer {
  readonly branches: readonly OfferedBranch[]
  /** what of the work cannot come, for people */
  readonly warnings: readonly string[]
}

/** A repository inside that waits for the project. */
export interface Wanted {
  readonly gitFolder: string
  /** Puts what was sent into the work tree; null: there was nothing to send. */
  checkOut(commit: string | null): Promise<void>
}

/**
 * Makes the repository inside; null when the project is in it.
 *
 * @param kind whether what is in the work tree is the agent's, and stays
 */
export async function prepare(inside: Inside, { format }: Repository, kind: 'new' | 'kept'): Promise<Wanted | null> {
  const { folder } = inside
  const output = await run(inside, prepareScript, { FORMAT: format, KIND: kind }, shortSeconds)
  if (/^ready$/m.test(output)) return null
  const [, gitFolder] = /^wanted (\/.+)$/m.exec(output) ?? []
  if (gitFolder === undefined) throw new GitError(`git did not begin in ${folder} of the sandbox: ${shown(output)}`)
  return {
    gitFolder,
    async checkOut(commit) {
      const done = await run(inside, checkOutScript, { TIP: commit ?? '' }, longSeconds)
      if (!/^done$/m.test(done)) throw new GitError(`git did not check the project out in the sandbox: ${shown(done)}`)
    },
  }
}

/** Commits what the agent has left in the work tree, and offers all that it has done. */
export async function offerAll(inside: Inside): Promise<Offer | 'none' | 'empty'> {
  const output = await commit(inside)
  const lines = output.split('\n')
  const branches = offeredIn(lines)
  if (branches[0]?.name !== 'head') {
    if (lines.includes('none')) return 'none'
    if (lines.includes('empty')) return 'empty'
    throw new GitError(`git did not commit in the sandbox: ${shown(output)}`)
  }
  return { branches, warnings: warningsOf(lines) }
}

/** Each name once, and no more than there may be: each of them costs some runs of git here. */
function offeredIn(lines: readonly string[]): OfferedBranch[] {
  const branches = new Map<string, OfferedBranch>()
  for (const line of lines) {
    if (branches.size > mostSides) break
    const [kind = '', first = '', second = '', ...rest] = line.split(' ')
    const isHead = kind === 'tip' && objectName.test(first)
    const isSide = kind === 'side' && /^\d{1,2}$/.test(first) && objectName.test(second)
    if (!isHead && !isSide) continue
    const name = isHead ? 'head' : `side${Number(first)}`
    const branch = isHead ? 'HEAD' : rest.join(' ')
    if (!branches.has(name)) branches.set(name, { name, commit: isHead ? first : second, branch })
  }
  return [...branches.values()]
}

/** The agent, or the script of a pull that was ended, may commit at the same time: then it begins again. */
async function commit(inside: Inside): Promise<string> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await run(inside, commitScript, { MESSAGE: 'Changes made in the sandbox' }, longSeconds)
    } catch (error) {
      if (!(error instanceof GitError) || attempt === attempts) throw error
      await sleep(attempt * pauseMs)
    }
  }
}

function warningsOf(lines: readonly string[]): string[] {
  const of = (kind: string): string[] =>
    lines.filter((line) => line.startsWith(`${kind} `)).map((line) => plain(line.slice(kind.length + 1)))
  const warnings: string[] = []
  const nested = [...new Set(of('nested'))]
  for (const path of nested.slice(0, mostNamed)) {
    warnings.push(`The files of ${path} stay in the sandbox, as it is a repository of its own`)
  }
  if (nested.length > mostNamed) warnings.push('There are more repositories within the project whose files stay')
  const unread = of('unread')
  if (unread.length > 0) warnings.push(`Not all files could be committed: ${unread.slice(0, 2).join('; ')}`)
  if (lines.includes('more')) warnings.push('There are more branches in the sandbox than the 20 that come')
  return warnings
}

async function run(
  inside: Inside,
  script: string,
  variables: Readonly<Record<string, string>>,
  seconds: number,
): Promise<string> {
  const { exitCode, output } = await inside.run(script, { FOLDER: inside.folder, ...variables }, seconds)
  if (/^no-git$/m.test(output)) throw new NoGitInsideError('There is no git in the sandbox')
  if (exitCode !== 0) throw new GitError(`git failed in the sandbox: ${shown(output)}`)
  return output
}

/** The last words of a sandbox, without what a terminal could take for orders. */
function shown(output: string): string {
  return plain(output.trim().split('\n').slice(-4).join('; ')).slice(-shownLength) || 'it said nothing'
}

function plain(text: string): string {
  return plainText(text).slice(0, shownLength)
}
