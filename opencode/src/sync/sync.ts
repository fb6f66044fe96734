import { readHostEnvironment } from '../settings.ts'
import type { Pulled, Synchronizer, SyncPlace, SyncState } from '../synchronizer.ts'
import { placeLine } from './branches.ts'
import { type Inside, insideOf } from './inside.ts'
import { branchOf, haveRef, numberOf, plainName } from './names.ts'
import { reserveNumber } from './numbers.ts'
import { NoGitInsideError, type Offer, type OfferedBranch, offerAll, prepare } from './offer.ts'
import { dropLanding, removeLeftovers } from './quarantine.ts'
import { commitAt, findRepository, isWithin, type Repository } from './repository.ts'
import { type Git, GitError } from './run-git.ts'
import { createTransfer } from './transfer.ts'

/** branches of one sandbox that come in all, beside what is checked out there */
const mostSides = 100

/** What tests and special places may set. */
export interface SyncOptions {
  /** variables of the user that git gets some of; default: those of this process */
  readonly environment?: Readonly<Record<string, string | undefined>>
  readonly clock?: () => Date
  /** how commits travel, the first first */
  readonly ways?: readonly ('ssh' | 'files')[]
  /** bytes that may come at once */
  readonly limit?: number
  readonly inside?: typeof insideOf
}

/**
 * Synchronises the repository of a folder with sandboxes: HEAD goes in, all that the agent does comes back to a branch
 * of its own. Work trees, settings and other branches of the repository are never written.
 */
export function createSync(place: SyncPlace, options: SyncOptions = {}): Synchronizer {
  const environment = options.environment ?? readHostEnvironment()
  const clock = options.clock ?? (() => new Date())
  const transfer = createTransfer({ environment, log: place.log, ways: options.ways, limit: options.limit })
  const open = options.inside ?? insideOf
  const said = new Set<string>()
  let cleaned: Promise<void> | undefined

  function sayOnce(text: string): void {
    if (said.has(text)) return
    said.add(text)
    place.log('WARN', text)
    place.tell?.(text)
  }

  async function look(): Promise<Repository | null> {
    cleaned ??= removeLeftovers()
    await cleaned
    const found = await findRepository(environment, place.directory)
    if ('repository' in found) return found.repository
    sayOnce(`Nothing is synchronised: ${found.reason}. Changes stay in the sandbox`)
    return null
  }

  /** Puts in what the session begins with, if that has not been done. */
  async function fill(
    inside: Inside,
    repository: Repository,
    number: number,
    kind: 'new' | 'kept',
    signal?: AbortSignal,
  ): Promise<void> {
    const { git } = repository
    const wanted = await prepare(inside, repository, kind)
    if (wanted === null) return
    const ref = haveRef(number)
    const head = await commitAt(git, 'HEAD')
    // A repository may have got its first commit since the number was taken.
    if (head !== null) await git.probe(['update-ref', ref, head, ''])
    const commit = await commitAt(git, ref)
    if (commit !== null) await transfer.give(inside, repository, { commit, ref, gitFolder: wanted.gitFolder }, signal)
    await wanted.checkOut(commit)
  }

  async function tellWhatStays({ git }: Repository): Promise<void> {
    const status = await git.probe(['status', '--porcelain', '-z', '--ignore-submodules=dirty'], { timeoutMs: 20_000 })
    const count = status.stdout.split('\0').filter((entry) => /^[ MADRCUT?!]{2} /.test(entry)).length
    if (count > 0) {
      const files = count === 1 ? '1 file has' : `${count} files have`
      sayOnce(`${files} changes that are not committed: they stay here, and the sandbox begins with the last commit`)
    }
    if ((await git.probe(['cat-file', '-e', 'HEAD:.gitmodules'])).exitCode === 0) {
      sayOnce('Submodules are empty folders in the sandbox: their files are not sent')
    }
  }

  /** Brings what the repository does not have, and gives each line's commit. */
  async function bring(
    inside: Inside,
    repository: Repository,
    number: number,
    offer: Offer,
    signal?: AbortSignal,
  ): Promise<readonly OfferedBranch[]> {
    const { git } = repository
    const names = await git.run(['for-each-ref', '--format=%(objectname)', `refs/sandyard/have/${number}`])
    const haves = [...new Set(names.split('\n').filter((name) => name !== ''))]
    const isHere = async (commit: string): Promise<boolean> => {
      for (const have of haves) if (await isWithin(git, commit, have)) return true
      return false
    }
    const missing: OfferedBranch[] = []
    const lines: OfferedBranch[] = []
    for (const one of offer.branches) ((await isHere(one.commit)) ? lines : missing).push(one)
    if (missing.length === 0) return lines
    const arrived = await transfer.take(
      inside,
      repository,
      { number, names: missing.map(({ name }) => name), haves },
      signal,
    )
    for (const one of missing) {
      // What has arrived counts, not what was said.
      const commit = arrived.get(one.name)
      if (commit !== undefined) lines.push({ ...one, commit })
      else place.log('WARN', `${one.branch} of the sandbox did not arrive`)
    }
    return lines
  }

  async function pull(inside: Inside, repository: Repository, number: number, signal?: AbortSignal): Promise<Pulled> {
    const { git } = repository
    let offer = await offerAll(inside)
    if (offer === 'none') {
      // The agent has removed the repository, or the start did not come to its end.
      await fill(inside, repository, number, 'kept', signal)
      offer = await offerAll(inside)
    }
    const branch = branchOf(number)
    if (offer === 'none' || offer === 'empty') {
      return { branch, commit: (await commitAt(git, haveRef(number))) ?? '', isChanged: false }
    }
    const lines = await bring(inside, repository, number, offer, signal)
    const warnings = [...offer.warnings]
    let head: Pulled = { branch, commit: (await commitAt(git, haveRef(number))) ?? '', isChanged: false }
    const known = await sidesHere(git, number)
    const taken = new Set<string>()
    for (const { name, branch: side, commit } of lines) {
      const isHead = name === 'head'
      const own = isHead ? null : freeName(plainName(side), taken)
      if (own !== null && !known.has(own) && known.size >= mostSides) {
        warnings.push(`The sandbox has made more than ${mostSides} branches: more do not come`)
        continue
      }
      try {
        const placed = await placeLine(repository, { number, side: own, commit }, clock)
        if (placed.warning !== null) warnings.push(placed.warning)
        if (isHead)
          head = { branch: placed.branch, commit: placed.commit, isChanged: placed.isChanged || head.isChanged }
        else if (placed.isChanged) {
          head = { ...head, isChanged: true }
          place.log('INFO', `branch ${side} of the sandbox is ${placed.branch} here`)
        }
        if (own !== null) known.add(own)
      } catch (error) {
        // One of a name that cannot be beside another, such as a and a/b, does not keep the others away.
        if (isHead || !(error instanceof GitError)) throw error
        warnings.push(`Branch ${plainName(side)} of the sandbox could not be brought: ${error.message}`)
      }
    }
    await dropLanding(git, number)
    const { isChanged, commit } = head
    const told = warnings.filter((one) => !said.has(one))
    for (const one of told) said.add(one)
    return { branch: head.branch, commit, isChanged, ...(told.length === 0 ? {} : { warning: told.join('. ') }) }
  }

  /** One after the other for each session, in this process; between processes the refs' own locks decide. */
  const last = new Map<string, Promise<unknown>>()
  function inTurn<T>(session: string, work: () => Promise<T>): Promise<T> {
    const result = (last.get(session) ?? Promise.resolve()).then(work, work)
    const settled = result.catch(() => undefined)
    last.set(session, settled)
    void settled.then(() => last.get(session) === settled && last.delete(session))
    return result
  }

  return {
    start: (box, session, signal) =>
      inTurn(session.sessionId, async (): Promise<SyncState | null> => {
        const repository = await look()
        if (repository === null) return null
        let { state } = session
        let number = numberIn(state)
        if (state === null || number === null) {
          number = await reserveNumber(repository.git)
          state = { branch: branchOf(number) }
          await session.save(state)
        }
        await tellWhatStays(repository)
        try {
          await fill(open(box.sandbox, box.projectFolder), repository, number, 'new', signal)
        } catch (error) {
          if (!(error instanceof NoGitInsideError)) throw error
          sayOnce(`Nothing is synchronised: ${error.message}. Changes stay in it`)
          return null
        }
        return state
      }),
    pull: (box, session, signal) =>
      inTurn(session.sessionId, async () => {
        const number = numberIn(session.state)
        const repository = number === null ? null : await look()
        if (number === null || repository === null) return null
        return await pull(open(box.sandbox, box.projectFolder), repository, number, signal)
      }),
    remove: (session) =>
      inTurn(session.sessionId, async () => {
        const number = numberIn(session.state)
        const repository = number === null ? null : await look()
        if (number === null || repository === null) return
        const { git } = repository
        await dropLanding(git, number)
        const refs = await git.run(['for-each-ref', '--format=delete %(refname)', `refs/sandyard/have/${number}`])
        if (refs !== '') await git.run(['update-ref', '--stdin'], { stdin: `${refs}\n` })
      }),
  }
}

function numberIn(state: SyncState | null): number | null {
  return state === null ? null : numberOf(state.branch)
}

/** Names of the branches that were brought beside the session's own. */
async function sidesHere(git: Git, number: number): Promise<Set<string>> {
  const place = haveRef(number, 'side/')
  const names = await git.run(['for-each-ref', '--format=%(refname)', place])
  return new Set(
    names
      .split('\n')
      .filter(Boolean)
      .map((name) => name.slice(place.length)),
  )
}

/** Two names of the sandbox may be the same here. */
function freeName(name: string, taken: Set<string>): string {
  let free = name
  for (let count = 2; taken.has(free); count += 1) free = `${name}-${count}`
  taken.add(free)
  return free
}
