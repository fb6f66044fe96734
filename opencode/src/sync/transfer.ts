import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { LogLevel } from '../synchronizer.ts'
import type { Inside } from './inside.ts'
import { createQuarantine, makeScratch, mostBytes, mostMemory } from './quarantine.ts'
import type { Repository } from './repository.ts'
import { GitError } from './run-git.ts'
import { packScript, unpackScript } from './scripts.ts'
import { withSsh } from './ssh.ts'

/** ms that git may take to send */
const sendMs = 600_000
/** s */
const scriptSeconds = 600

/** How commits come into a sandbox and out of it: by SSH, and where that cannot be, as files. */
export interface Transfer {
  /** Sends a commit, so that `refs/sandyard/start` has it. @param gitFolder of the repository inside */
  give(inside: Inside, repository: Repository, start: Start, signal?: AbortSignal): Promise<void>
  /** Brings what is offered inside under these names and is not in `haves`; gives the commits by their names. */
  take(
    inside: Inside,
    repository: Repository,
    wanted: WantedLines,
    signal?: AbortSignal,
  ): Promise<ReadonlyMap<string, string>>
}

/** What a sandbox begins with. */
export interface Start {
  readonly commit: string
  /** a ref that is at it */
  readonly ref: string
  /** of the repository inside, absolute */
  readonly gitFolder: string
}

/** What is to come. */
export interface WantedLines {
  /** of the session's branch */
  readonly number: number
  /** as they are offered, such as `head` */
  readonly names: readonly string[]
  /** commits that are here */
  readonly haves: readonly string[]
}

export interface TransferOptions {
  readonly environment: Readonly<Record<string, string | undefined>>
  log(level: LogLevel, text: string): void
  /** default: SSH first */
  readonly ways?: readonly ('ssh' | 'files')[] | undefined
  /** bytes that may come at once; default `mostBytes` */
  readonly limit?: number | undefined
}

/** Makes a transfer. Where SSH has failed once, it is not tried again. */
export function createTransfer({ environment, log, ways = ['ssh', 'files'], limit }: TransferOptions): Transfer {
  let isSshUsable = ways.includes('ssh')

  /** Tries SSH, and then files; what one has begun does not harm the other. */
  async function either<T>(ssh: () => Promise<T>, files: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    if (isSshUsable) {
      try {
        return await ssh()
      } catch (error) {
        if (signal?.aborted === true || !ways.includes('files')) throw error
        isSshUsable = false
        const reason = error instanceof Error ? error.message : String(error)
        log('WARN', `git goes over the API from now on, as it did not over SSH: ${reason}`)
      }
    }
    return await files()
  }

  return {
    async give(inside, repository, { commit, ref, gitFolder }, signal) {
      await using scratch = await makeScratch()
      const push = (): Promise<void> =>
        withSsh(inside, scratch.folder, async ({ url, env }) => {
          const to = `+${commit}:refs/sandyard/start`
          await repository.git.run(['push', '--quiet', '--no-verify', '--', url, to], {
            env: { ...env, GIT_ALLOW_PROTOCOL: 'ssh' },
            signal,
            timeoutMs: sendMs,
            mostMemory,
          })
        })
      const send = async (): Promise<void> => {
        const file = join(scratch.folder, 'start.bundle')
        await repository.git.run(['bundle', 'create', '--quiet', file, ref], { signal, timeoutMs: sendMs })
        const bundle = `${gitFolder}/sandyard-start.bundle`
        await inside.upload(file, bundle, signal)
        const isCut = await readFile(repository.shallowFile).then(
          () => true,
          () => false,
        )
        const shallow = `${gitFolder}/sandyard-start.shallow`
        if (isCut) await inside.upload(repository.shallowFile, shallow, signal)
        const variables = { FOLDER: inside.folder, BUNDLE: bundle, REF: ref, SHALLOW: isCut ? shallow : '' }
        const { exitCode, output } = await inside.run(unpackScript, variables, scriptSeconds)
        if (exitCode !== 0) throw new GitError(`the sandbox could not unpack the project: ${output.slice(-500)}`)
      }
      await either(push, send, signal)
    },

    async take(inside, repository, { number, names, haves }, signal) {
      await using scratch = await makeScratch()
      const fetch = (): Promise<ReadonlyMap<string, string>> =>
        withSsh(inside, scratch.folder, async ({ url, env }) => {
          const quarantine = await createQuarantine(repository, environment, scratch.folder, haves)
          await quarantine.fetch(url, names, { env, signal, limit })
          return await quarantine.land(number, { signal, limit })
        })
      const download = async (): Promise<ReadonlyMap<string, string>> => {
        const file = await packed(inside, haves)
        if (file === null) return new Map()
        const local = join(scratch.folder, 'out.bundle')
        try {
          await inside.download(file, local, limit ?? mostBytes, signal)
        } finally {
          await inside.run('rm -f -- "$FILE"', { FILE: file }, 30).catch(() => undefined)
        }
        await using place = await makeScratch()
        const quarantine = await createQuarantine(repository, environment, place.folder, haves)
        await quarantine.unbundle(local, names, { signal, limit })
        return await quarantine.land(number, { signal, limit })
      }
      return await either(fetch, download, signal)
    },
  }
}

/** Lets the sandbox pack what is new; gives where, null when there is nothing. */
async function packed(inside: Inside, haves: readonly string[]): Promise<string | null> {
  const variables = { FOLDER: inside.folder, HAVE: haves.join(' ') }
  const { exitCode, output } = await inside.run(packScript, variables, scriptSeconds)
  if (exitCode !== 0) throw new GitError(`the sandbox could not pack its commits: ${output.slice(-500)}`)
  const [, bytes, path] = /^bundle (\d+) (\/.+)$/m.exec(output) ?? []
  if (path === undefined) return null
  if (Number(bytes) > mostBytes) throw new GitError(`there is more than ${mostBytes} bytes to bring at once`)
  return path
}
