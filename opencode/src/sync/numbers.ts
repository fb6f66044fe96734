import { setTimeout as sleep } from 'node:timers/promises'
import { haveRef } from './names.ts'
import { changeRefs, commitAt } from './repository.ts'
import { type Git, GitError } from './run-git.ts'

/** Holds the highest number that was ever given, as a text in a blob: a deleted branch's number does not come back. */
const numberRef = 'refs/sandyard/number'
const highest = 1_000_000_000
const attempts = 50

/**
 * Takes the next number of the repository, and makes its branch at HEAD where there is a commit. Who else takes one at
 * the same time, in whatever process, gets another.
 */
export async function reserveNumber(git: Git): Promise<number> {
  if ((await git.probe(['show-ref', '--verify', '--quiet', 'refs/heads/opencode'])).exitCode === 0) {
    throw new GitError('There is a branch called opencode, so that git can have none called opencode/1: rename it')
  }
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    const before = (await git.probe(['rev-parse', '--verify', '--quiet', numberRef])).stdout.trim()
    const given = before === '' ? 0 : readNumber((await git.probe(['cat-file', 'blob', before])).stdout)
    const number = Math.max(given, await highestBranch(git)) + 1
    const blob = await git.run(['hash-object', '-w', '--stdin'], { stdin: `${number}\n` })
    const head = await commitAt(git, 'HEAD')
    const taken = [
      before === '' ? `create ${numberRef} ${blob}` : `update ${numberRef} ${blob} ${before}`,
      ...(head === null ? [] : [`create refs/heads/opencode/${number} ${head}`, `create ${haveRef(number)} ${head}`]),
    ]
    if (await changeRefs(git, taken, 'opencode: a session begins')) return number
    await sleep(10 + Math.random() * 40)
  }
  throw new GitError('No number for a branch could be taken: another program keeps the refs of the repository locked')
}

/** The highest number in use here, or by others whose branches were fetched. */
async function highestBranch(git: Git): Promise<number> {
  const places = ['refs/heads/opencode', 'refs/remotes/*/opencode', 'refs/sandyard/have']
  const names = await git.run(['for-each-ref', '--format=%(refname)', ...places])
  const numbers = names.split('\n').map((name) => readNumber(/\/(?:opencode|have)\/(\d+)/.exec(name)?.[1]))
  return numbers.reduce((most, one) => Math.max(most, one), 0)
}

function readNumber(text: string | undefined): number {
  const number = Number.parseInt(text ?? '', 10)
  return number > 0 && number < highest ? number : 0
}
