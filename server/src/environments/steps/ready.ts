import { setTimeout as pause } from 'node:timers/promises'
import { isPlatformError, PlatformError, type ProjectPlan, sessionRoutes } from '@sandyard/protocol'
import { type Agent, agentOf } from '../../agent-calls/agent.ts'
import { deleteSandbox } from '../../sandboxes/delete.ts'
import { readSandbox } from '../../sandboxes/find.ts'
import type { SandboxRecord } from '../../store/sandbox-record.ts'
import { FinalFailure, type Step, type StepOutcome, type StepWork } from '../step.ts'
import { commandsOf, isMissing, readTail } from './command.ts'
import { planOf } from './detect.ts'
import { type StepParts, servingSession, whileInUse } from './parts.ts'
import { workName } from './place.ts'
import { otherPorts, probe } from './probe.ts'
import { isOpen, usualStopMinutes } from './sandbox.ts'
import { serveAnew } from './serve.ts'
import { orDiscard, servedSandbox } from './served.ts'
import { failureText } from './shell-steps.ts'
import { Telling } from './telling.ts'

/** An application that has not answered after this does not, ms. */
const patienceMs = 5 * 60_000
/** Between two looks at a port: first, and at the most, ms. */
const lookMs = { first: 50, most: 1_000 }
/** A port that was not planned counts after it was seen for this long while nothing listens on the planned one, ms. */
const otherAfterMs = 10_000

/** What the step keeps: up to which byte the log of the server is told. */
interface Memory {
  readonly commandId: string
  readonly offset: number
}

/** Waits until the application answers; tells what it says meanwhile. */
export function readyStep(parts: StepParts): Step {
  return { name: 'ready', mostMs: patienceMs + 60_000, run: (work) => orDiscard(parts, work, () => run(parts, work)) }
}

async function run(parts: StepParts, work: StepWork): Promise<StepOutcome> {
  const sandbox = await servedSandbox(parts, work)
  const agent = agentOf(parts.engine, sandbox.id)
  const plan = planOf(work.environment)
  const { start } = plan
  const sessionId = start === null ? 'entrypoint' : servingSession
  let command = (await commandsOf(agent, sessionId))?.at(-1)
  if (command === undefined && start !== null) {
    // Its sandbox was started anew since it was begun.
    await serveAnew(parts, { sandbox, command: start, plan, settings: work.project.settings }, work)
    command = (await commandsOf(agent, sessionId))?.at(-1)
  }
  if (command === undefined) throw new FinalFailure('The image has no program of its own: say what starts it')
  const ended = new AbortController()
  const signal = AbortSignal.any([work.signal, ended.signal])
  const { id: commandId } = command
  const memory = parseMemory(work.memory)
  const keep = (offset: number) => work.remember(JSON.stringify({ commandId, offset } satisfies Memory))
  const telling = new Telling(memory?.commandId === commandId ? memory.offset : 0, { keep, tell: work.tell })
  const watched: Watched = { agent, sandbox, work, sessionId, commandId, telling, signal }
  const watching = untilEnded(watched).finally(() => telling.flush().catch(() => undefined))
  const answering = untilAnswers(parts, watched)
  try {
    const port = await whileInUse(parts, sandbox.id, () => Promise.race([watching, answering]))
    const findings = findingsOf(work, sandbox, port)
    await settle(parts, work, sandbox)
    return { kind: 'done', findings }
  } finally {
    ended.abort()
    await Promise.allSettled([watching, answering])
  }
}

/** What serves stays, and where it was only built goes. */
async function settle(parts: StepParts, { environment, project }: StepWork, { id }: SandboxRecord): Promise<void> {
  const serving = await readSandbox(parts.sandboxes, id)
  const autoStopMinutes = project.settings.autoStopInterval ?? usualStopMinutes
  if (serving.autoDeleteMinutes !== -1 || serving.autoStopMinutes !== autoStopMinutes) {
    const isPublic = isOpen(project)
    await parts.changes.update(serving, { autoDeleteMinutes: -1, autoStopMinutes, isPublic, autoWake: true })
  }
  const source = await parts.sandboxes.byIdOrName(environment.organizationId, workName(environment))
  // The one that the environment has goes when it has another.
  if (source === undefined || source.id === id || source.id === environment.sandboxId) return
  await deleteSandbox(parts, source)
}

function findingsOf({ environment, tell }: StepWork, sandbox: SandboxRecord, port: number) {
  const plan = planOf(environment)
  const found = { sandboxId: sandbox.id }
  if (port === plan.port) return found
  const note = `It listens on port ${port}, not on ${plan.port}, which was expected.`
  tell(`${note}\n`)
  const listening: ProjectPlan = { ...plan, port, notes: [...plan.notes, note] }
  return { ...found, plan: listening }
}

interface Watched {
  readonly agent: Agent
  readonly sandbox: SandboxRecord
  readonly work: StepWork
  readonly sessionId: string
  readonly commandId: string
  readonly telling: Telling
  readonly signal: AbortSignal
}

/** Tells what the server says; throws why it has failed as soon as it ends. */
async function untilEnded({ agent, sandbox, work, sessionId, commandId, telling, signal }: Watched): Promise<never> {
  for (;;) {
    try {
      for await (const chunk of agent.follow({ sessionId, commandId, offset: telling.offset }, signal)) {
        await telling.take(chunk)
      }
      const found = await agent.call(sessionRoutes.getSessionCommand, { params: { sessionId, commandId } }, { signal })
      if (found.exitCode !== undefined) {
        const tail = await readTail(
          agent,
          { sessionId, commandId, size: telling.offset },
          { signal, clean: work.clean },
        )
        const command = planOf(work.environment).start ?? 'The program of the image'
        throw new FinalFailure(failureText(command, { exitCode: found.exitCode, tail }, sandbox.memoryGib))
      }
    } catch (thrown) {
      signal.throwIfAborted()
      if (isMissing(thrown)) throw new PlatformError('SERVICE_UNAVAILABLE', 'What serves was ended by somebody')
      if (!isPlatformError(thrown)) throw thrown
    }
    await pause(lookMs.most, undefined, { signal })
  }
}

/** Asks until the application answers with anything but a failure of its own; gives the port that it is on. */
async function untilAnswers(
  parts: StepParts,
  { agent, sandbox, work, sessionId, commandId, telling, signal }: Watched,
): Promise<number> {
  const { port, readyPath } = planOf(work.environment)
  const endMs = performance.now() + patienceMs
  let last = 'nothing listened there'
  /** since when ports are seen that nobody planned */
  const seen = new Map<number, number>()
  for (let waitMs = lookMs.first; performance.now() < endMs; waitMs = Math.min(waitMs * 1.5, lookMs.most)) {
    const answer = await probe(parts.engine, sandbox.id, { port, path: readyPath, signal })
    if (answer.kind === 'answers' && answer.status < 500) return port
    if (answer.kind === 'answers') last = `it answered with status ${answer.status}`
    else if (waitMs === lookMs.most) {
      const other = await otherAnswer(parts, { sandbox, port, readyPath, seen, signal })
      if (other !== null) return other
    }
    await pause(waitMs, undefined, { signal })
  }
  const tail = await readTail(agent, { sessionId, commandId, size: telling.offset }, { signal, clean: work.clean })
  const said = tail === '' ? '' : ` It said last: ${tail}`
  throw new FinalFailure(
    `The application did not answer on port ${port} in ${patienceMs / 60_000} minutes: ${last}.${said}`,
  )
}

/** A port that nobody planned, and that answers since a while; null: none. */
async function otherAnswer(
  parts: StepParts,
  asked: {
    sandbox: SandboxRecord
    port: number
    readyPath: string
    seen: Map<number, number>
    signal: AbortSignal
  },
): Promise<number | null> {
  const { sandbox, port, readyPath, seen, signal } = asked
  const ports = await otherPorts(parts.engine, sandbox.id, { port, signal })
  const nowMs = performance.now()
  for (const known of seen.keys()) if (!ports.includes(known)) seen.delete(known)
  for (const other of ports) {
    if (!seen.has(other)) seen.set(other, nowMs)
    if (nowMs - (seen.get(other) ?? nowMs) < otherAfterMs) continue
    const answer = await probe(parts.engine, sandbox.id, { port: other, path: readyPath, signal })
    if (answer.kind === 'answers' && answer.status < 500) return other
  }
  return null
}

function parseMemory(text: string | null): Memory | null {
  return text === null ? null : (JSON.parse(text) as Memory)
}
