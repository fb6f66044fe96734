import { type ChildProcess, spawn } from 'node:child_process'
import type { Readable } from 'node:stream'
import { largestProcess } from './memory.ts'

/** bytes of git's output and of its messages that are kept */
const outputBytes = 16 * 1024 * 1024
const messageBytes = 16 * 1024
/** ms */
const usualTimeoutMs = 60_000
/** time between asking git to end (it removes its lock files then) and killing it, ms */
const endGraceMs = 2000
/** between looks at the memory of a run that is watched, ms */
const lookMs = 250

/** How git ended. */
export interface GitResult {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

/** What one run may need. */
export interface GitOptions {
  /** its standard input, which is empty otherwise */
  readonly stdin?: string | Readable
  readonly env?: Readonly<Record<string, string>>
  /** default 60 000 */
  readonly timeoutMs?: number
  readonly signal?: AbortSignal | undefined
  /** of each process, bytes; it is ended when one has more. Seen on Linux only; default: no limit */
  readonly mostMemory?: number
}

/** The user's git in one folder. */
export interface Git {
  /** absolute */
  readonly folder: string
  /** Runs git and gives its output without the last line break; throws a GitError when it fails. */
  run(args: readonly string[], options?: GitOptions): Promise<string>
  /** Runs git, and gives how it ended. Throws a GitError only when it cannot run or does not end. */
  probe(args: readonly string[], options?: GitOptions): Promise<GitResult>
}

/** Git failed; the message has its own words. */
export class GitError extends Error {
  override readonly name = 'GitError'
  /** there is no such program */
  readonly isMissing: boolean

  constructor(message: string, isMissing = false) {
    super(message)
    this.isMissing = isMissing
  }
}

/** Variables that git gets of the user's: those that say where things are, none that point it at another repository. */
const passed = ['PATH', 'HOME', 'USER', 'LOGNAME', 'TMPDIR', 'TEMP', 'TMP', 'XDG_CONFIG_HOME', 'SYSTEMROOT', 'PATHEXT']

/** Faults of old histories that harm nobody; everything else that git finds in what it fetches is refused. */
export const harmlessFaults = ['zeroPaddedFilemode', 'badTimezone', 'missingSpaceBeforeDate', 'nullSha1']

/**
 * What git is not to do, whatever the user's settings say: run hooks or other programs for us, go into submodules, tidy
 * up at length, or take in objects that it has not looked at.
 */
const settings = [
  'core.hooksPath=/dev/null',
  'core.fsmonitor=false',
  'submodule.recurse=false',
  'fetch.recurseSubmodules=no',
  'fetch.fsckObjects=true',
  'transfer.fsckObjects=true',
  'fetch.prune=false',
  'fetch.writeCommitGraph=false',
  'push.recurseSubmodules=no',
  'push.followTags=false',
  'push.gpgSign=false',
  'push.pushOption=',
  'gc.auto=0',
  'maintenance.auto=false',
  'log.showSignature=false',
  ...harmlessFaults.map((name) => `fetch.fsck.${name}=warn`),
]

/** Git that nobody sits in front of. @param environment of the user */
export function createGit(environment: Readonly<Record<string, string | undefined>>, folder: string): Git {
  const base: Record<string, string> = {}
  for (const name of passed) {
    const value = environment[name]
    if (value !== undefined) base[name] = value
  }
  const env = {
    ...base,
    LC_ALL: 'C',
    LANGUAGE: '',
    GIT_TERMINAL_PROMPT: '0',
    GIT_ASKPASS: 'true',
    SSH_ASKPASS: 'true',
    GIT_EDITOR: 'true',
    GIT_PAGER: 'cat',
    GIT_OPTIONAL_LOCKS: '0',
    GIT_LFS_SKIP_SMUDGE: '1',
  }
  const config = settings.flatMap((setting) => ['-c', setting])
  const probe = (args: readonly string[], options: GitOptions = {}): Promise<GitResult> =>
    start([...config, '-C', folder, ...args], { ...options, env: { ...env, ...options.env } })
  return {
    folder,
    probe,
    async run(args, options) {
      const { exitCode, stdout, stderr } = await probe(args, options)
      if (exitCode !== 0) throw new GitError(`git ${args[0]} failed: ${lastWords(stderr) || `exit code ${exitCode}`}`)
      return stdout.replace(/\n$/, '')
    },
  }
}

/** The last lines of what git said, for a message. */
export function lastWords(stderr: string): string {
  const lines = stderr.split(/\r?\n/).filter((line) => !/^\s*$|^Please make sure|^and the repository exists/.test(line))
  return lines.slice(-4).join('; ').slice(-1000)
}

function start(args: readonly string[], options: GitOptions): Promise<GitResult> {
  const { signal, stdin, env, timeoutMs = usualTimeoutMs } = options
  if (args.some((arg) => arg.includes('\0'))) throw new GitError('A text for git must not contain NUL')
  if (signal?.aborted === true) throw new GitError('git was not started: it is not wanted any more')
  return new Promise((resolve, reject) => {
    // A group of its own: one kill reaches ssh too, and there is no terminal that could be asked.
    const child = spawn('git', args, {
      env,
      detached: true,
      windowsHide: true,
      stdio: [stdin === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    })
    const output: Buffer[] = []
    let size = 0
    let messages = Buffer.alloc(0)
    let endedFor: string | null = null
    let lastCall: NodeJS.Timeout | undefined
    const end = (reason: string): void => {
      if (endedFor !== null) return
      endedFor = reason
      kill(child, 'SIGTERM')
      lastCall = setTimeout(() => {
        kill(child, 'SIGKILL')
        child.stdout?.destroy()
        child.stderr?.destroy()
      }, endGraceMs)
    }
    const onAbort = (): void => end(signal?.reason instanceof GitError ? signal.reason.message : 'it was given up')
    const timer = setTimeout(() => end(`it took longer than ${Math.round(timeoutMs / 1000)} s`), timeoutMs)
    signal?.addEventListener('abort', onAbort, { once: true })
    const watch = watchMemory(child.pid, options.mostMemory, () => end('it took too much memory'))
    child.stdout?.on('data', (bytes: Buffer) => {
      size += bytes.length
      if (size > outputBytes) end(`it printed more than ${outputBytes} bytes`)
      else output.push(bytes)
    })
    child.stderr?.on('data', (bytes: Buffer) => {
      messages = Buffer.concat([messages, bytes]).subarray(-messageBytes)
    })
    child.stdin?.on('error', () => undefined) // it may end without having read all
    if (typeof stdin === 'string') child.stdin?.end(stdin)
    else if (stdin !== undefined && child.stdin !== null) {
      stdin.once('error', (error) => end(`its input could not be read: ${error.message}`))
      stdin.pipe(child.stdin)
    }
    const release = (): void => {
      if (typeof stdin === 'object') stdin.destroy()
      clearInterval(watch)
      clearTimeout(timer)
      clearTimeout(lastCall)
      signal?.removeEventListener('abort', onAbort)
    }
    child.once('error', (error: NodeJS.ErrnoException) => {
      release()
      const isMissing = error.code === 'ENOENT'
      reject(
        new GitError(isMissing ? 'There is no git on this machine' : `git did not start: ${error.message}`, isMissing),
      )
    })
    child.once('close', (code, killedBy) => {
      release()
      if (endedFor !== null) return reject(new GitError(`git was ended: ${endedFor}`))
      if (code === null) return reject(new GitError(`git was killed by ${killedBy ?? 'a signal'}`))
      resolve({ exitCode: code, stdout: Buffer.concat(output).toString(), stderr: messages.toString() })
    })
  })
}

function watchMemory(pid: number | undefined, most: number | undefined, end: () => void): NodeJS.Timeout | undefined {
  if (pid === undefined || most === undefined) return undefined
  return setInterval(async () => {
    if ((await largestProcess(pid)) > most) end()
  }, lookMs)
}

function kill(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return
  try {
    if (process.platform === 'win32') child.kill(signal)
    else process.kill(-child.pid, signal)
  } catch {
    // The group has ended.
  }
}
