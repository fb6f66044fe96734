import { dirname } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { infoRoutes, type ProjectPlan, sessionRoutes } from '@sandyard/protocol'
import { type Agent, agentOf } from '../../agent-calls/agent.ts'
import { stopSandbox } from '../../sandboxes/stop.ts'
import type { SandboxRecord } from '../../store/sandbox-record.ts'
import type { ServingSettings } from '../records.ts'
import { endSession } from './command.ts'
import { type StepParts, servingSession } from './parts.ts'
import { applicationFolder, repositoryFolder, untilStarted } from './place.ts'
import { commandLine, toldCommand } from './words.ts'

/** What serves, in which sandbox. */
export interface Serving {
  readonly sandbox: SandboxRecord
  readonly command: string
  readonly plan: ProjectPlan
  readonly settings: ServingSettings
}

/** A server that was ended leaves its port within this time, ms, with a look each. */
const leaveMs = { all: 5_000, look: 100 }

/**
 * Ends what serves in a sandbox and begins it anew; answers before it listens. What has left its session and keeps the
 * port is ended with all else: by a start of the sandbox.
 */
export async function serveAnew(
  parts: StepParts,
  { sandbox, command, plan, settings }: Serving,
  { tell, signal }: { tell(text: string): void; readonly signal: AbortSignal },
): Promise<void> {
  const agent = agentOf(parts.engine, sandbox.id)
  await endSession(agent, servingSession)
  const { port } = plan
  if (!(await untilLeft(agent, port, signal))) {
    tell(`Something else in the sandbox keeps port ${port}: the sandbox is started anew\n`)
    await stopSandbox(parts, sandbox, { isForced: true })
    const stopped = await parts.sandboxes.byId(sandbox.id)
    await untilStarted(parts, stopped ?? sandbox, signal)
  }
  tell(toldCommand(command))
  await beginServing(agent, { command, plan, settings })
}

/** Begins what serves, in a session of its own. Throws CONFLICT when there is one. */
export async function beginServing(agent: Agent, { command, plan, settings }: Omit<Serving, 'sandbox'>): Promise<void> {
  const repository = await repositoryFolder(agent)
  // An image has its own work dir; the repository is not in it.
  const isImage = plan.framework === 'dockerfile'
  const folder = isImage ? dirname(repository) : applicationFolder(repository, settings.rootDirectory)
  const line = commandLine({ command, folder, env: plan.env, isWithoutInput: false })
  await agent.call(sessionRoutes.createSession, { body: { sessionId: servingSession } })
  await agent.call(sessionRoutes.executeSessionCommand, {
    params: { sessionId: servingSession },
    body: { command: line, runAsync: true },
  })
}

async function untilLeft(agent: Agent, port: number, signal: AbortSignal): Promise<boolean> {
  const endMs = performance.now() + leaveMs.all
  for (;;) {
    const { ports } = await agent.call(infoRoutes.getPorts, {}, { signal })
    if (!ports.includes(port)) return true
    if (performance.now() > endMs) return false
    await pause(leaveMs.look, undefined, { signal })
  }
}
