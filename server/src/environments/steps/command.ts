import { setTimeout as pause } from 'node:timers/promises'
import { isPlatformError, PlatformError, sessionRoutes } from '@sandyard/protocol'
import { type Agent, type AgentLimits, agentOf } from '../../agent-calls/agent.ts'
import { readSandbox } from '../../sandboxes/find.ts'
import { PlatformStops, type StepWork } from '../step.ts'
import { type StepParts, whileInUse } from './parts.ts'
import { Telling } from './telling.ts'
import { lastLines } from './words.ts'

/** A command that a step has begun. */
interface Memory {
  /** counts the tries of the step that have run it */
  readonly attempt: number
  readonly commandId: string | null
  /** byte of its log up to which it was told */
  readonly offset: number
  /** it has ended well */
  readonly isDone?: true
}

/** What a step runs in a sandbox. */
export interface StepCommand {
  readonly sandboxId: string
  /** of the step; with the run and the try it names the session */
  readonly name: string
  /** a line for the session's shell */
  readonly line: string
}

/** How it has ended. */
export interface CommandEnd {
  readonly exitCode: number
  /** its last lines */
  readonly tail: string
  /** the end of its log; empty when it has ended well */
  readonly log: string
}

/** A log that was cut off is followed anew after this, ms. */
const reconnectMs = 500
/** Of the log of a command that has failed, so much is looked at, bytes, and told. */
const tailBytes = 16 * 1024
const tailMs = 2_000
export const told = { lines: 10, characters: 700 }
/** Begin of the names of sessions in which steps run their commands. */
const sessionPrefix = 'preview-step-'

/**
 * Runs a command in a session of its own, and tells its log as it comes. It goes on when the platform ends: whoever
 * calls this again with the memory of the step attaches to it. When something else is wanted, or its time is over, it is
 * ended.
 */
export function runCommand(parts: StepParts, work: StepWork, asked: StepCommand): Promise<CommandEnd> {
  return whileInUse(parts, asked.sandboxId, () => run(parts, work, asked))
}

async function run(parts: StepParts, work: StepWork, asked: StepCommand): Promise<CommandEnd> {
  const agent = agentOf(parts.engine, asked.sandboxId)
  const memory = parseMemory(work.memory)
  const sessionId = sessionOf(work, asked.name, memory.attempt)
  try {
    if (memory.isDone === true) return { exitCode: 0, tail: '', log: '' }
    const begun = await begin(agent, work, { ...asked, sessionId, memory })
    const { commandId } = begun
    const keep = (offset: number) => work.remember(formatMemory({ ...begun, offset }))
    const telling = new Telling(begun.offset, { keep, tell: work.tell })
    const under = { agent, work, telling, sessionId, commandId, sandboxId: asked.sandboxId }
    // What came is told before the step ends, however it ends: the next one begins behind it.
    const exitCode = await untilEnd(parts, under).finally(() => telling.flush().catch(() => undefined))
    const where = { sessionId, commandId, size: telling.offset }
    const log = exitCode === 0 ? '' : await readEnd(agent, where, work)
    // Another try of what has failed begins anew; a crash before this line finds the same end again.
    const kept: Memory =
      exitCode === 0
        ? { ...begun, offset: telling.offset, isDone: true }
        : { attempt: memory.attempt + 1, commandId: null, offset: 0 }
    await work.remember(formatMemory(kept))
    await endSession(agent, sessionId)
    return { exitCode, tail: lastLines(log, told), log }
  } catch (thrown) {
    // Something else is wanted, or it has taken too long; when the platform stops, it goes on without it.
    if (work.signal.aborted && !(work.signal.reason instanceof PlatformStops)) {
      await endSession(agent, sessionId).catch(() => undefined)
    }
    throw thrown
  }
}

/** Ends what steps of other runs have left running. */
export async function endOthers(agent: Agent, { environment, signal }: StepWork): Promise<void> {
  const own = `${sessionPrefix}${environment.run}-`
  const sessions = await agent.call(sessionRoutes.listSessions, {}, { signal })
  for (const { sessionId } of sessions.slice(0, 100)) {
    signal.throwIfAborted()
    if (sessionId.startsWith(sessionPrefix) && !sessionId.startsWith(own)) await endSession(agent, sessionId)
  }
}

/** Ends a session with all it has started; one that is not there is ended. */
export async function endSession(agent: Agent, sessionId: string): Promise<void> {
  try {
    await agent.call(sessionRoutes.deleteSession, { params: { sessionId } })
  } catch (thrown) {
    if (!isMissing(thrown)) throw thrown
  }
}

/** True for an answer that says that there is no such session or command. */
export function isMissing(thrown: unknown): boolean {
  return isPlatformError(thrown) && (thrown.code === 'PROCESS_NOT_FOUND' || thrown.code === 'NOT_FOUND')
}

/** The command that was begun, also when that could not be remembered, or one that is begun now. */
async function begin(
  agent: Agent,
  work: StepWork,
  { sessionId, line, memory }: { sessionId: string; line: string; memory: Memory },
): Promise<Memory & { readonly commandId: string }> {
  const commands = await commandsOf(agent, sessionId)
  const known = commands?.find(({ id }) => id === memory.commandId) ?? commands?.at(-1)
  if (known !== undefined)
    return { ...memory, commandId: known.id, offset: known.id === memory.commandId ? memory.offset : 0 }
  if (commands === null) await agent.call(sessionRoutes.createSession, { body: { sessionId } })
  const { cmdId: commandId } = await agent.call(sessionRoutes.executeSessionCommand, {
    params: { sessionId },
    body: { command: line, runAsync: true },
  })
  // Its log begins anew, also when what an earlier one ran in is gone.
  const begun = { attempt: memory.attempt, commandId, offset: 0 }
  await work.remember(formatMemory(begun))
  return begun
}

/** Commands of a session, oldest first; null: there is no such session. */
export async function commandsOf(agent: Agent, sessionId: string, most: AgentLimits = {}) {
  try {
    return (await agent.call(sessionRoutes.getSession, { params: { sessionId } }, most)).commands
  } catch (thrown) {
    if (isMissing(thrown)) return null
    throw thrown
  }
}

interface Under {
  readonly agent: Agent
  readonly work: StepWork
  readonly telling: Telling
  readonly sandboxId: string
  readonly sessionId: string
  readonly commandId: string
}

async function untilEnd(parts: StepParts, under: Under): Promise<number> {
  const { agent, work, telling, sandboxId, sessionId, commandId } = under
  const { signal } = work
  for (;;) {
    try {
      const log = agent.follow({ sessionId, commandId, offset: telling.offset }, signal)
      for await (const chunk of log) await telling.take(chunk)
      await telling.flush()
      const { exitCode } = await agent.call(
        sessionRoutes.getSessionCommand,
        { params: { sessionId, commandId } },
        { signal },
      )
      if (exitCode !== undefined) return exitCode
    } catch (thrown) {
      signal.throwIfAborted()
      if (isMissing(thrown)) throw new PlatformError('SERVICE_UNAVAILABLE', 'The command ended with its session')
      if (!isPlatformError(thrown)) throw thrown
      await requireStarted(parts, sandboxId)
    }
    await pause(reconnectMs, undefined, { signal })
  }
}

/** A sandbox that has stopped under a command is why the command has ended. */
async function requireStarted(parts: StepParts, sandboxId: string): Promise<void> {
  const { state, errorReason } = await readSandbox(parts.sandboxes, sandboxId)
  if (state === 'started') return
  throw new PlatformError('SERVICE_UNAVAILABLE', errorReason ?? `The sandbox is ${state}`)
}

/** Where the log of a command is. */
interface LogPlace {
  readonly sessionId: string
  readonly commandId: string
  /** bytes of it, as far as is known */
  readonly size: number
}

/** The last lines that a command has written, as `readEnd` finds them. */
export async function readTail(
  agent: Agent,
  place: LogPlace,
  work: Pick<StepWork, 'signal' | 'clean'>,
): Promise<string> {
  return lastLines(await readEnd(agent, place, work), told)
}

/** The end of what a command has written; of one that runs, or has written very much, what comes within a moment. */
async function readEnd(
  agent: Agent,
  { sessionId, commandId, size }: LogPlace,
  { signal, clean }: Pick<StepWork, 'signal' | 'clean'>,
): Promise<string> {
  let end = Buffer.alloc(0)
  try {
    const soon = AbortSignal.any([signal, AbortSignal.timeout(tailMs)])
    const offset = Math.max(0, size - tailBytes)
    for await (const chunk of agent.follow({ sessionId, commandId, offset }, soon)) {
      end = Buffer.concat([end, chunk]).subarray(-tailBytes)
    }
  } catch {
    signal.throwIfAborted()
  }
  return clean(end.toString('utf8'))
}

function sessionOf({ environment }: StepWork, name: string, attempt: number): string {
  return `${sessionPrefix}${environment.run}-${name}-${attempt}`
}

function formatMemory(memory: Memory): string {
  return JSON.stringify(memory)
}

function parseMemory(text: string | null): Memory {
  return text === null ? { attempt: 1, commandId: null, offset: 0 } : (JSON.parse(text) as Memory)
}
