import { request } from 'node:http'
import { PlatformError, type SandboxSpec, type SecretUse } from '@sandyard/protocol'
import { environmentOf } from '../bundle.ts'
import type { Context } from '../context.ts'
import { sandboxPaths } from '../layout.ts'
import { keepRecord, refuseUnless, requireRecord } from './life.ts'

/** Time for the agent to take other variables, ms. */
const timeoutMs = 10_000

/**
 * Changes the variables that a sandbox was made with: those of a running one for what is started in it from here on.
 * What programs inside have, and what a caller has set in it since, stays. Throws CONFLICT for a paused one.
 */
export function setSandboxEnv(
  context: Context,
  sandboxId: string,
  env: Readonly<Record<string, string>>,
): Promise<void> {
  return changeVariables(context, sandboxId, { env: { ...env } })
}

/**
 * Changes the secrets of a sandbox: the same as `setSandboxEnv` does, for the variables with their placeholders. First
 * comes what takes connections to their hosts: a placeholder that nobody replaces is of no use inside.
 */
export async function setSandboxSecrets(
  context: Context,
  sandboxId: string,
  secrets: readonly SecretUse[],
): Promise<void> {
  const record = requireRecord(context, sandboxId)
  refuseUnless(record, ['running', 'stopped', 'archived'])
  const take = async (uses: readonly SecretUse[]): Promise<void> => {
    if (record.slot !== null) await context.places.changeSecrets(record.slot, uses)
  }
  await take(secrets)
  try {
    await changeVariables(context, sandboxId, { secrets: [...secrets] })
  } catch (error) {
    // What the record says now counts, as it does after a start.
    await take(requireRecord(context, sandboxId).spec.secrets ?? [])
    throw error
  }
}

async function changeVariables(
  context: Context,
  sandboxId: string,
  changed: Pick<SandboxSpec, 'env'> | Pick<SandboxSpec, 'secrets'>,
): Promise<void> {
  const record = requireRecord(context, sandboxId)
  refuseUnless(record, ['running', 'stopped', 'archived'])
  const spec = { ...record.spec, ...changed }
  const [before, after] = [environmentOf(context, record.spec), environmentOf(context, spec)]
  const kept = keepRecord(context, { ...record, spec })
  if (record.phase !== 'running') return kept
  const change = {
    set: Object.fromEntries(Object.entries(after).filter(([name, value]) => before[name] !== value)),
    unset: Object.keys(before).filter((name) => !Object.hasOwn(after, name)),
  }
  const told = tellAgent(sandboxPaths(context.layout, sandboxId).agentSocket, sandboxId, change)
  // A crash may leave one without the other: whoever ordered this orders it again, or gives the sandbox up.
  for (const outcome of await Promise.allSettled([kept, told])) if (outcome.status === 'rejected') throw outcome.reason
}

/** Posts a change of the environment (toolbox.md 1.1); what the agent answers is not read. */
async function tellAgent(agentSocket: string, sandboxId: string, change: object): Promise<void> {
  const body = JSON.stringify(change)
  const { promise, resolve, reject } = Promise.withResolvers<number>()
  const call = request({
    socketPath: agentSocket,
    method: 'POST',
    path: '/env',
    headers: { host: 'agent', 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
    agent: false,
    timeout: timeoutMs,
  })
  call.on('timeout', () => call.destroy(new Error(`no answer within ${timeoutMs} ms`)))
  call.on('error', reject)
  call.on('response', (response) => {
    resolve(response.statusCode ?? 0)
    response.destroy()
  })
  call.end(body)
  const status = await promise.catch((cause: Error) => {
    throw new PlatformError('SERVICE_UNAVAILABLE', `Sandbox ${sandboxId} took no variables: ${cause.message}`, {
      cause,
    })
  })
  if (status !== 200) {
    throw new PlatformError('BAD_REQUEST', `Sandbox ${sandboxId} refused its variables with status ${status}`)
  }
}
