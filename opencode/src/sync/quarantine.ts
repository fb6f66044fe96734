import { createReadStream } from 'node:fs'
import { copyFile, mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { isAlive } from '../file-lock.ts'
import { readBundle } from './bundle.ts'
import { arrivedRefs, landingRefs, offeredRefs } from './names.ts'
import { areAllIn, readPackNames } from './pack-index.ts'
import { commitAt, type Repository } from './repository.ts'
import { createGit, type Git, GitError, harmlessFaults, lastWords } from './run-git.ts'

/** bytes that one session may bring at once */
export const mostBytes = 1024 * 1024 * 1024
/** ms that git may take for what it fetches */
const fetchMs = 600_000
const lookMs = 250
/** memory that git may ask for at once: a few bytes can say that they are gigabytes */
const allocLimit = '1g'
/** memory of one process of git, bytes: an endless list of refs is kept there as it comes */
export const mostMemory = 1536 * 1024 * 1024
/** Packs are kept as they are; nothing is told of refs of the user, which git would name as what need not come. */
const careful = [
  'fetch.unpackLimit=1',
  'core.alternateRefsPrefixes=refs/sandyard/none/',
  'core.bigFileThreshold=64m',
  'pack.threads=2',
]
const prefix = 'sandyard-sync-'

/** A folder of one transfer, for its owner alone. It goes with `using`; what a killed process left, with the next. */
export interface Scratch extends AsyncDisposable {
  readonly folder: string
}

/** Makes such a folder. */
export async function makeScratch(): Promise<Scratch> {
  const folder = await mkdtemp(join(tmpdir(), `${prefix}${process.pid}-`))
  return { folder, [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) }
}

/** Removes the folders of processes that have ended. */
export async function removeLeftovers(): Promise<void> {
  for (const name of await readdir(tmpdir()).catch(() => [])) {
    const pid = Number(/^sandyard-sync-(\d{1,10})-/.exec(name)?.[1] ?? '0')
    if (pid === 0 || isAlive(pid)) continue
    const folder = join(tmpdir(), name)
    const isOurs = await stat(folder).then(
      ({ uid }) => uid === userInfo().uid,
      () => false,
    )
    if (isOurs) await rm(folder, { recursive: true, force: true }).catch(() => undefined)
  }
}

/**
 * A repository that what comes out of a sandbox goes into first. Git looks at all of it there; if it is too much, or not
 * in order, or is ended in the middle, nothing of it has touched the user's repository.
 */
export interface Quarantine {
  /** Fetches what is offered under these names over SSH. */
  fetch(url: string, names: readonly string[], options: FetchOptions): Promise<void>
  /** Takes in what a local bundle offers under these names. */
  unbundle(file: string, names: readonly string[], options: FetchOptions): Promise<void>
  /** Moves what has arrived into the user's repository; gives the commits by their names, such as `head`. */
  land(number: number, options?: Omit<FetchOptions, 'env'>): Promise<ReadonlyMap<string, string>>
}

interface FetchOptions {
  readonly env?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal | undefined
  /** default: `mostBytes` */
  readonly limit?: number | undefined
}

/** Makes one in a folder. @param haves commits of the user's repository, so that they need not come again */
export async function createQuarantine(
  repository: Repository,
  environment: Readonly<Record<string, string | undefined>>,
  folder: string,
  haves: readonly string[],
): Promise<Quarantine> {
  const path = join(folder, 'arrived.git')
  await mkdir(path, { mode: 0o700 })
  const git = createGit(environment, path)
  const format = repository.format === 'sha256' ? ['--object-format=sha256'] : []
  await git.run(['init', '--quiet', '--bare', '--template=', ...format, '.'])
  await mkdir(join(path, 'objects/info'), { recursive: true })
  await writeFile(join(path, 'objects/info/alternates'), `${repository.objects}\n`)
  await copyFile(repository.shallowFile, join(path, 'shallow')).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error
  })
  for (const [index, commit] of haves.entries()) await git.run(['update-ref', `refs/sandyard/have/${index}`, commit])

  return {
    async fetch(url, names, { env = {}, signal, limit = mostBytes }) {
      const watch = watchSize(join(path, 'objects/pack'), limit)
      try {
        // Packs are kept whole, so that their size is seen, and nothing that is unpacked takes more memory than that.
        const args = [...careful.flatMap((setting) => ['-c', setting]), 'fetch']
        const quiet = ['--quiet', '--no-tags', '--no-write-fetch-head', '--no-recurse-submodules']
        const signals = signal === undefined ? [watch.signal] : [watch.signal, signal]
        // By their names: of a pattern, there could be any number of refs.
        const refs = names.map((name) => `+${offeredRefs}/${name}:${arrivedRefs}/${name}`)
        const { exitCode, stderr } = await git.probe([...args, ...quiet, '--', url, ...refs], {
          env: { ...env, GIT_ALLOW_PROTOCOL: 'ssh', GIT_ALLOC_LIMIT: allocLimit },
          signal: AbortSignal.any(signals),
          timeoutMs: fetchMs,
          mostMemory,
        })
        // A branch beside it may be refused, such as one whose history is cut off; the main line counts.
        if (exitCode !== 0 && (await commitAt(git, `${arrivedRefs}/head`)) === null)
          throw new GitError(`git did not take what the sandbox has: ${lastWords(stderr)}`)
      } finally {
        watch.end()
      }
    },
    async unbundle(file, names, { signal, limit = mostBytes }) {
      const { refs, packStart } = await readBundle(file, repository.format)
      // Git looks at the objects of a pack with this call; at those of a bundle it would not.
      const strict = `--strict=${harmlessFaults.map((name) => `${name}=warn`).join(',')}`
      const how = ['--stdin', '--fix-thin', strict, `--max-input-size=${limit}`]
      const { exitCode, stderr } = await git.probe(
        ['-c', 'core.bigFileThreshold=64m', '-c', 'pack.threads=2', 'index-pack', ...how],
        {
          stdin: createReadStream(file, { start: packStart }),
          env: { GIT_ALLOC_LIMIT: allocLimit },
          signal,
          timeoutMs: fetchMs,
          mostMemory,
        },
      )
      if (exitCode !== 0) throw new GitError(`git did not take what the sandbox has: ${lastWords(stderr)}`)
      for (const [name, commit] of refs) {
        const offered = name.slice(offeredRefs.length + 1)
        if (name.startsWith(`${offeredRefs}/`) && names.includes(offered))
          await git.run(['update-ref', `${arrivedRefs}/${offered}`, commit])
      }
    },
    async land(number, { signal, limit = mostBytes } = {}) {
      await dropLanding(repository.git, number)
      const lines = await git.run(['for-each-ref', '--format=%(objecttype) %(objectname) %(refname)', arrivedRefs])
      const found = new Map<string, string>()
      for (const line of lines.split('\n')) {
        const [type, commit = '', ref = ''] = line.split(' ')
        if (type === 'commit') found.set(ref.slice(arrivedRefs.length + 1), commit)
      }
      if (found.size === 0) return found
      // Packed anew, so that nothing comes along that no commit needs; git walks through all of it for that.
      const revisions = [...found.values(), ...haves.map((commit) => `^${commit}`), ''].join('\n')
      const watch = watchSize(join(path, 'objects/pack'), 3 * limit)
      const signals = signal === undefined ? [watch.signal] : [watch.signal, signal]
      const options = { env: { GIT_ALLOC_LIMIT: allocLimit }, timeoutMs: fetchMs, mostMemory }
      try {
        const args = ['-c', 'core.bigFileThreshold=64m', '-c', 'pack.threads=2', 'pack-objects', '--quiet', '--revs']
        const name = await git.run([...args, '--delta-base-offset', join(path, 'landing')], {
          ...options,
          stdin: revisions,
          signal: AbortSignal.any(signals),
        })
        if (name === '') return new Map()
        if (!(await hasArrived(path, name, repository.format)))
          throw new GitError('the sandbox names commits or files that are here, but that it did not send')
        // It stays a pack: a few bytes in it can stand for gigabytes, which would become files of their own.
        await repository.git.run(['-c', 'pack.threads=2', 'index-pack', '--stdin', `--max-input-size=${3 * limit}`], {
          ...options,
          stdin: createReadStream(join(path, `landing-${name}.pack`)),
          signal,
        })
      } finally {
        watch.end()
      }
      const landed = [...found].map(([name, commit]) => `update ${landingRefs(number)}/${name} ${commit}\n`)
      await repository.git.run(['update-ref', '--stdin'], { stdin: landed.join('') })
      return found
    },
  }
}

/** Takes away what landed in a transfer that did not come to its end, or is on branches now. */
export async function dropLanding(git: Git, number: number): Promise<void> {
  const names = await git.run(['for-each-ref', '--format=delete %(refname)', landingRefs(number)])
  if (names !== '') await git.run(['update-ref', '--stdin'], { stdin: `${names}\n` })
}

/**
 * Whether all that is to land came out of the sandbox. What it only names may be of another branch of the user, or of
 * another session: once on its own branch, it could ask for it.
 */
async function hasArrived(path: string, landing: string, format: 'sha1' | 'sha256'): Promise<boolean> {
  const folder = join(path, 'objects/pack')
  const indexes = (await readdir(folder)).filter((name) => name.endsWith('.idx'))
  const arrived = await Promise.all(indexes.map((name) => readPackNames(join(folder, name), format)))
  return areAllIn(await readPackNames(join(path, `landing-${landing}.idx`), format), arrived)
}

/** Ends what writes into a folder when that is larger than it may be. */
function watchSize(folder: string, limit: number): { readonly signal: AbortSignal; end(): void } {
  const controller = new AbortController()
  const timer = setInterval(async () => {
    const names = await readdir(folder).catch(() => [])
    const sizes = await Promise.all(
      names.map((name) =>
        stat(join(folder, name)).then(
          ({ size }) => size,
          () => 0,
        ),
      ),
    )
    const sum = sizes.reduce((all, one) => all + one, 0)
    if (sum > limit) controller.abort(new GitError(`more than ${limit} bytes came out of the sandbox at once`))
  }, lookMs)
  return { signal: controller.signal, end: () => clearInterval(timer) }
}
