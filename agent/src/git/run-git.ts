import { type ChildProcess, spawn } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { PlatformError } from '@sandyard/protocol/errors'
import { limits } from '@sandyard/protocol/limits'
import { coverHidden } from '../processes/hidden-descriptors.ts'
import { isProgram } from '../processes/programs.ts'
import type { Tools } from '../tools.ts'
import { certificateConfig } from './certificates.ts'
import { type Login, loginConfig, loginEnvironment, redact } from './credentials.ts'
import { gitEnvironment } from './environment.ts'
import { type GitResult, gitFailure } from './errors.ts'
import { memoryConfig } from './memory.ts'

/** Bytes of git's own messages that are kept: its last words say what went wrong. */
const messageBytes = 64 * 1024
/** Time between asking git to end (it removes its lock files then) and killing it, ms. */
const endGraceMs = 2000
/** Time a program left behind by git may hold the pipes open after git has ended, ms. */
const drainMs = 1000

/** What one run of git may need. */
export interface GitOptions {
  /** text for its standard input, which is empty otherwise */
  readonly stdin?: string
  /** credentials for the remote, instead of those that the user has stored */
  readonly login?: Login | undefined
  /** accept any TLS certificate */
  readonly isTlsUnchecked?: boolean
  readonly env?: Readonly<Record<string, string>>
  /** what becomes of output past `limits.gitOutputBytes`: an error (default), or it is cut off and git ended */
  readonly overflow?: 'fail' | 'cut'
}

/** The git program, in one folder, for one call. */
export interface Git {
  /** absolute */
  readonly folder: string
  /** whether the image has the shell that git starts credential helpers, filters and local remotes with */
  readonly hasShell: boolean
  /** Runs git and returns its output; throws what a failure means. */
  run(args: readonly string[], options?: GitOptions): Promise<string>
  /** Runs git and returns also when it fails. */
  probe(args: readonly string[], options?: GitOptions): Promise<GitResult>
}

/**
 * Git for one call, in a folder.
 *
 * Hooks never run: a call answers the same in every repository, and a hook can neither stall it nor read the
 * credentials it carries. Whoever wants hooks runs `git` as a command. Any owner of the folder is fine, as the caller
 * names the folder and works with the rights of the sandbox user anyway (git before 2.38 does not listen to this).
 * @param tools our git, and our program that hands credentials to git
 * @param environment environment of commands in the sandbox
 * @param signal ends git and what it started
 */
export function createGit(
  tools: Pick<Tools, 'git' | 'gitAskpass'>,
  folder: string,
  environment: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Git {
  const base = gitEnvironment(environment, folder, tools.git)
  const program = tools.git?.program ?? 'git'
  const probe = async (args: readonly string[], options: GitOptions = {}): Promise<GitResult> => {
    const config = ['-c', 'safe.directory=*', '-c', 'core.hooksPath=/dev/null', ...memoryConfig()]
    if (options.isTlsUnchecked === true) config.push('-c', 'http.sslVerify=false')
    else if (asksRemotes.has(args[0] ?? '')) config.push(...(await certificateConfig(tools.git, base, probe)))
    if (options.login !== undefined) config.push(...loginConfig(options.login))
    const env = {
      ...base,
      ...options.env,
      ...(options.login === undefined ? {} : loginEnvironment(options.login, tools.gitAskpass)),
    }
    const result = await start(program, [...config, '-C', folder, ...args], { ...options, env }, signal)
    return { ...result, stderr: redact(result.stderr, options.login) }
  }
  return {
    folder,
    hasShell: isProgram(shell),
    probe,
    async run(args, options = {}) {
      const result = await probe(args, options)
      if (result.exitCode !== 0) throw gitFailure(args, { ...result, stdout: redact(result.stdout, options.login) })
      return result.stdout
    },
  }
}

/** Where git looks for it, whatever PATH says. */
const shell = '/bin/sh'

const asksRemotes = new Set(['clone', 'fetch', 'pull', 'push', 'lfs'])

function start(program: string, args: readonly string[], options: GitOptions, signal: AbortSignal): Promise<GitResult> {
  if (args.some((arg) => arg.includes('\0')) || Object.values(options.env ?? {}).some((text) => text.includes('\0'))) {
    throw new PlatformError('BAD_REQUEST', 'bad request: a text for git must not contain NUL')
  }
  if (signal.aborted) throw callerGone()
  return new Promise((resolve, reject) => {
    // A process group and session of its own: one kill reaches the transports too, and no terminal can be asked.
    const child = launch(program, args, options)
    const stdout: Buffer[] = []
    let size = 0
    let stderr = Buffer.alloc(0)
    let endedFor: 'caller' | 'overflow' | null = null
    let drain: NodeJS.Timeout | undefined
    let lastCall: NodeJS.Timeout | undefined

    const end = (reason: 'caller' | 'overflow') => {
      if (endedFor !== null) return
      endedFor = reason
      killGroup(child, 'SIGTERM')
      lastCall = setTimeout(() => killGroup(child, 'SIGKILL'), endGraceMs)
    }
    const onAbort = () => end('caller')
    signal.addEventListener('abort', onAbort, { once: true })

    child.stdout?.on('data', (chunk: Buffer) => {
      const room = limits.gitOutputBytes - size
      if (room > 0) stdout.push(chunk.subarray(0, room))
      size += chunk.length
      if (size > limits.gitOutputBytes) end('overflow')
    })
    child.stderr?.on('data', (chunk: Buffer) => {
      stderr = Buffer.concat([stderr, chunk]).subarray(-messageBytes)
    })
    // Git may end before it has read all; its exit code tells.
    child.stdin?.on('error', () => undefined)
    child.stdin?.end(options.stdin)

    const release = () => {
      signal.removeEventListener('abort', onAbort)
      clearTimeout(drain)
      clearTimeout(lastCall)
    }
    child.once('error', (cause) => {
      release()
      reject(startFailure(cause))
    })
    child.once('exit', () => {
      if (endedFor !== null) killGroup(child, 'SIGKILL')
      drain = setTimeout(() => {
        child.stdout?.destroy()
        child.stderr?.destroy()
      }, drainMs)
    })
    child.once('close', (code, killedBy) => {
      release()
      if (endedFor === 'caller') return reject(callerGone())
      if (endedFor === 'overflow' && options.overflow !== 'cut') return reject(tooMuch())
      if (code === null && endedFor === null) return reject(killed(killedBy))
      const exitCode = endedFor === 'overflow' ? 0 : (code ?? 0)
      resolve({ exitCode, stdout: Buffer.concat(stdout).toString(), stderr: stderr.toString() })
    })
  })
}

function launch(program: string, args: readonly string[], options: GitOptions): ChildProcess {
  try {
    const child = spawn(program, args, {
      cwd: '/',
      env: options.env as NodeJS.ProcessEnv,
      detached: true,
      stdio: coverHidden([options.stdin === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe']),
    })
    // When memory runs out, git is to go before the agent. Not permitted everywhere, and then it does without.
    if (child.pid !== undefined) writeFile(`/proc/${child.pid}/oom_score_adj`, '500').catch(() => undefined)
    return child
  } catch (cause) {
    throw startFailure(cause)
  }
}

function killGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return
  try {
    process.kill(-child.pid, signal)
  } catch {
    // The group has ended.
  }
}

function startFailure(cause: unknown): unknown {
  const code = (cause as NodeJS.ErrnoException).code
  if (code === 'ENOENT' || code === 'EACCES') {
    return new PlatformError('UNPROCESSABLE_ENTITY', 'The image of this sandbox has no git program on PATH', { cause })
  }
  if (code === 'E2BIG') return new PlatformError('BAD_REQUEST', 'bad request: a text is too long for git', { cause })
  if (code === 'EAGAIN') {
    return new PlatformError('SERVICE_UNAVAILABLE', 'The sandbox has no room for another process', { cause })
  }
  return cause
}

function callerGone(): PlatformError {
  return new PlatformError('REQUEST_TIMEOUT', 'The caller went away before git had finished')
}

function tooMuch(): PlatformError {
  return new PlatformError(
    'UNPROCESSABLE_ENTITY',
    `The answer of git is larger than ${limits.gitOutputBytes} bytes; run git as a command instead`,
  )
}

function killed(signal: NodeJS.Signals | null): PlatformError {
  return new PlatformError(
    'UNPROCESSABLE_ENTITY',
    `git was killed inside the sandbox by ${signal ?? 'a signal'}; the sandbox may be out of memory`,
  )
}
