import { createHash } from 'node:crypto'
import { fileRoutes, isPlatformError, PlatformError } from '@sandyard/protocol'
import { type Agent, agentOf } from '../../agent-calls/agent.ts'
import { FinalFailure, type Step, type StepOutcome, type StepWork } from '../step.ts'
import { type CommandEnd, runCommand, told } from './command.ts'
import { planOf } from './detect.ts'
import { buildImage } from './image.ts'
import type { StepParts } from './parts.ts'
import { applicationFolder, repositoryFolder, workSandbox } from './place.ts'
import { commandLine, errorLines, isNetworkTrouble, isOutOfMemory, quoted, toldCommand } from './words.ts'

const mostMs = 30 * 60_000
/** Largest lock file that is looked at, bytes. */
const lockFileBytes = 32 * 2 ** 20

/** Brings the package manager. */
export function prepareStep(parts: StepParts): Step {
  return {
    name: 'prepare',
    mostMs,
    run: (work) =>
      runPlanned(parts, work, { name: 'prepare', command: planOf(work.environment).prepare, isFinal: false }),
  }
}

/** Installs packages, unless they are those of the last time. */
export function installStep(parts: StepParts): Step {
  return { name: 'install', mostMs, run: (work) => install(parts, work) }
}

/** Builds the application. */
export function buildStep(parts: StepParts): Step {
  return {
    name: 'build',
    mostMs,
    run: (work) => build(parts, work),
  }
}

async function build(parts: StepParts, work: StepWork): Promise<StepOutcome> {
  const { framework, build: command } = planOf(work.environment)
  if (framework === 'dockerfile') return buildImage(parts, work)
  return runPlanned(parts, work, { name: 'build', command, isFinal: true })
}

async function install(parts: StepParts, work: StepWork): Promise<StepOutcome> {
  const plan = planOf(work.environment)
  if (plan.install === null) return skipped('install')
  const agent = agentOf(parts.engine, (await workSandbox(parts, work)).id)
  const repository = await repositoryFolder(agent)
  const folder = applicationFolder(repository, work.project.settings.rootDirectory)
  const digest = await digestOf(agent, { folder, names: plan.lockFiles, about: plan.install, signal: work.signal })
  // A try that is under way has removed the note.
  const note = `${repository}/.git/sandyard-installed`
  if (digest !== null && (await read(agent, note, 200, work.signal))?.toString('utf8') === digest) {
    return { kind: 'skipped', reason: 'What is installed is what the lock file says' }
  }
  const finish = digest === null ? '' : ` && printf %s ${digest} >${quoted(note)}`
  return runPlanned(parts, work, {
    name: 'install',
    command: plan.install,
    isFinal: false,
    around: (line) => `rm -f ${quoted(note)}; ${line}${finish}`,
  })
}

/** What decides what is installed; null where no lock file says it. */
async function digestOf(
  agent: Agent,
  { folder, names, about, signal }: { folder: string; names: readonly string[]; about: string; signal: AbortSignal },
): Promise<string | null> {
  const hash = createHash('sha256').update(about)
  let found = 0
  for (const name of names) {
    const own = await digestOfFile(agent, `${folder}/${name}`, signal)
    if (own === null) continue
    found += 1
    hash.update(`\0${name}\0${own}`)
  }
  return found === 0 ? null : hash.digest('hex')
}

/** Digest of a file, which is not held in memory; null when it cannot be read, or is too large. */
async function digestOfFile(agent: Agent, path: string, signal: AbortSignal): Promise<string | null> {
  const hash = createHash('sha256')
  let size = 0
  const most = { mostBytes: Number.POSITIVE_INFINITY, signal, deadlineMs: 60_000 }
  try {
    for await (const chunk of agent.download(fileRoutes.downloadFile, { query: { path } }, most)) {
      hash.update(chunk)
      size += chunk.length
      if (size > lockFileBytes) return null
    }
    return hash.digest('hex')
  } catch (thrown) {
    if (isPlatformError(thrown) && thrown.status < 500) return null
    throw thrown
  }
}

/** The beginning of a file; null when it cannot be read. */
async function read(agent: Agent, path: string, mostBytes: number, signal: AbortSignal): Promise<Buffer | null> {
  try {
    return await agent.bytes(fileRoutes.downloadFile, { query: { path } }, { mostBytes, signal, deadlineMs: 60_000 })
  } catch (thrown) {
    if (isPlatformError(thrown) && thrown.status < 500) return null
    throw thrown
  }
}

interface Planned {
  readonly name: 'prepare' | 'install' | 'build'
  readonly command: string | null
  /** false: what the network has made fail is tried again */
  readonly isFinal: boolean
  readonly around?: (line: string) => string
}

async function runPlanned(parts: StepParts, work: StepWork, planned: Planned): Promise<StepOutcome> {
  const { name, command, isFinal, around = (line: string) => line } = planned
  if (command === null) return skipped(name)
  const sandbox = await workSandbox(parts, work)
  const folder = applicationFolder(
    await repositoryFolder(agentOf(parts.engine, sandbox.id)),
    work.project.settings.rootDirectory,
  )
  if (work.memory === null) work.tell(toldCommand(command))
  const { env } = planOf(work.environment)
  const line = around(commandLine({ command, folder, env, isWithoutInput: true }))
  const end = await runCommand(parts, work, { sandboxId: sandbox.id, name, line })
  if (end.exitCode === 0) return { kind: 'done' }
  const isTooLarge = isOutOfMemory(end.exitCode, end.tail)
  const tail = isFinal || isTooLarge ? end.tail : errorLines(end.log, told)
  const isPassing = !isFinal && !isTooLarge && isNetworkTrouble(end.log)
  const message = failureText(command, { exitCode: end.exitCode, tail }, sandbox.memoryGib)
  if (!isPassing) throw new FinalFailure(message)
  throw new PlatformError('UNPROCESSABLE_ENTITY', message)
}

/** Why a command has failed, with what it said last. */
export function failureText(command: string, { exitCode, tail }: Omit<CommandEnd, 'log'>, memoryGib: number): string {
  const shown = command.length > 100 ? `${command.slice(0, 100)}…` : command
  const why = isOutOfMemory(exitCode, tail)
    ? ` It ran out of memory, of which its sandbox has ${memoryGib} GiB: give the project more.`
    : ''
  return `"${shown}" ended with exit code ${exitCode}.${why}${tail === '' ? '' : ` It said last: ${tail}`}`
}

function skipped(name: Planned['name']): StepOutcome {
  const reasons = {
    prepare: 'What it needs is there',
    install: 'There is nothing to install',
    build: 'There is nothing to build',
  }
  return { kind: 'skipped', reason: reasons[name] }
}
