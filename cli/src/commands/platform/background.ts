import { closeSync, openSync } from 'node:fs'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { CommandError, exitCodes } from '../../exit-codes.ts'
import { startInBackground } from '../../run-program.ts'
import type { Surroundings } from '../../surroundings.ts'

type Place = Pick<Surroundings, 'screen' | 'env'>

/** The first start makes the base and may install packages, ms. */
const startMs = 15 * 60_000
const endMs = 60_000
const lookMs = 250
/** of the log, when a start fails, characters */
const tailLength = 2000

interface Kept {
  readonly pid: number
  /** what tells it from another process with its number later */
  readonly startedAt: string
}

/** Starts the platform so that it outlives this command; resolves when it answers. */
export async function startBackground(
  args: readonly string[],
  { screen, env, signal }: Place & Pick<Surroundings, 'signal'>,
): Promise<number> {
  const { folder, pidFile, logFile } = files(env)
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const running = await readRunning(pidFile)
  if (running !== null)
    throw new CommandError(`it runs already, as process ${running.pid}`, exitCodes.conflict, logFile)
  const from = (await readFile(logFile, 'utf8').catch(() => '')).length
  const log = openSync(logFile, 'a', 0o600)
  // A program of npm ends with npm; this one is not npm's, also when npm has started us.
  const { npm_lifecycle_event: _, ...own } = env
  const { pid, ended } = startInBackground(process.execPath, args, log, own)
  closeSync(log)
  await writeFile(pidFile, JSON.stringify({ pid, startedAt: await startOf(pid) }), { mode: 0o600 })
  const progress = screen.progress('Starting the platform')
  let code: number | null = null
  ended.then(
    (exit) => {
      code = exit
    },
    () => {
      code = exitCodes.failed
    },
  )
  try {
    for (const deadlineMs = Date.now() + startMs; Date.now() < deadlineMs; await delay(lookMs)) {
      const text = (await readFile(logFile, 'utf8')).slice(from)
      if (code !== null) {
        await rm(pidFile, { force: true })
        process.stderr.write(text.slice(-tailLength))
        throw new CommandError(
          `the platform did not start; its log is ${logFile}`,
          code === 0 ? exitCodes.failed : code,
        )
      }
      if (signal.aborted) {
        await endProcess(pid)
        await rm(pidFile, { force: true })
        return exitCodes.interrupted
      }
      if (isReady(text)) {
        progress.end()
        const [welcome = ''] = /^Sandyard is ready:[\s\S]*?API key.*$/m.exec(text) ?? []
        if (welcome !== '') await screen.write(`${welcome}\n\n`)
        screen.note(`It runs in the background, its log is ${logFile}; sandyard down ends it.`)
        return exitCodes.done
      }
    }
    throw new CommandError(`the platform does not answer yet; its log is ${logFile}`, exitCodes.timedOut)
  } finally {
    progress.end()
  }
}

/** Ends the platform that `startBackground` has started, if it runs. */
export async function endBackground({ screen, env }: Place): Promise<void> {
  const { pidFile } = files(env)
  const running = await readRunning(pidFile)
  if (running === null) return
  await endProcess(running.pid)
  for (const deadlineMs = Date.now() + endMs; (await startOf(running.pid)) === running.startedAt; await delay(lookMs)) {
    if (Date.now() > deadlineMs) throw new CommandError(`process ${running.pid} has not ended yet`, exitCodes.timedOut)
  }
  await rm(pidFile, { force: true })
  screen.note('Ended the platform.')
}

/** The platform says so when it has tried itself. */
function isReady(log: string): boolean {
  return /^Self-check/m.test(log)
}

function files(env: Place['env']): { readonly folder: string; readonly pidFile: string; readonly logFile: string } {
  const home = env.XDG_STATE_HOME ?? join(env.HOME ?? '/', '.local/state')
  const folder = join(home, 'sandyard')
  return { folder, pidFile: join(folder, 'platform.pid'), logFile: join(folder, 'platform.log') }
}

async function readRunning(file: string): Promise<Kept | null> {
  try {
    const kept = JSON.parse(await readFile(file, 'utf8')) as Kept
    return kept.startedAt !== '' && (await startOf(kept.pid)) === kept.startedAt ? kept : null
  } catch {
    return null // never started, or half-written by one that was killed
  }
}

/** When a process began, in the kernel's clock; empty for one that is not there. */
async function startOf(pid: number): Promise<string> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  // the name of the program, in brackets, may have blanks
  return text.slice(text.lastIndexOf(')') + 2).split(' ')[19] ?? ''
}

async function endProcess(pid: number): Promise<void> {
  try {
    process.kill(pid, 'SIGTERM')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EPERM') throw new CommandError(`process ${pid} is another user's`, exitCodes.notAllowed)
  }
}
