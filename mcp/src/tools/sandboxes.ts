import { limits } from '@sandyard/protocol'
import { DaytonaError, type Sandbox } from '@sandyard/sdk'
import { z } from 'zod'
import { newName, sandboxId } from '../arguments.ts'
import { ToolError } from '../failure.ts'
import { adds, defineTool, destroys, reads, settles, type ToolContext } from '../tool.ts'
import { waitForState } from '../waiting.ts'
import { inOneLine, sandboxShape, shown } from './sandbox-shown.ts'

const timeout = z
  .int()
  .min(1)
  .max(3600)
  .default(120)
  .describe('Seconds to wait for it; what is under way goes on after them')
const states = ['creating', 'started', 'stopped', 'paused', 'archived', 'error', 'build_failed'] as const
const oneSandbox = z.object({ sandbox: sandboxShape })

export const listSandboxes = defineTool({
  name: 'list_sandboxes',
  title: 'List sandboxes',
  description: 'Lists the sandboxes that are there, a page at a time, with their ids and states.',
  input: z.strictObject({
    labels: z
      .record(z.string(), z.string().max(limits.labelLength))
      .optional()
      .describe('Only those that carry all of these labels'),
    states: z.array(z.enum(states)).max(states.length).optional().describe('Only those in one of these states'),
    limit: z.int().min(1).max(100).default(20).describe('How many to list at most'),
    cursor: z.string().max(4096).optional().describe('Where to go on: `nextCursor` of the answer before'),
  }),
  output: z.object({ sandboxes: z.array(sandboxShape), nextCursor: z.string().nullable() }),
  annotations: reads,
  async run({ labels, states: wanted, limit, cursor }, { platform, signal }) {
    const query = {
      limit,
      cursor,
      labels: labels === undefined ? undefined : JSON.stringify(labels),
      states: wanted,
    }
    const { items, nextCursor } = await platform.client.call('listSandboxes', { query }, { signal })
    const more = nextCursor === null ? '' : `\nThere are more: call it again with cursor ${nextCursor}`
    const lines = items.map(inOneLine).join('\n')
    return {
      text: items.length === 0 ? 'There are no such sandboxes.' : `${lines}${more}`,
      structured: { sandboxes: items.map(shown), nextCursor },
    }
  },
})

export const startSandbox = defineTool({
  name: 'start_sandbox',
  title: 'Start a sandbox',
  description:
    'Starts a sandbox that is stopped, paused or archived, and waits until it is. Its files are as they were.',
  input: z.strictObject({ id: sandboxId, timeout }),
  output: oneSandbox,
  annotations: settles,
  async run(args, context) {
    const sandbox = await context.platform.get(args.id)
    if (sandbox.state !== 'started') await order(sandbox, 'startSandbox', context)
    await settle(sandbox, 'started', args.timeout, context)
    return answer(sandbox)
  },
})

export const stopSandbox = defineTool({
  name: 'stop_sandbox',
  title: 'Stop a sandbox',
  description: 'Ends all programs of a sandbox and waits for that. Its files stay, and start_sandbox starts it again.',
  input: z.strictObject({
    id: sandboxId,
    force: z.boolean().default(false).describe('true: programs get no time to end by themselves'),
    timeout,
  }),
  output: oneSandbox,
  annotations: destroys,
  async run(args, context) {
    const sandbox = await context.platform.get(args.id)
    if (sandbox.state !== 'stopped') await order(sandbox, 'stopSandbox', context, { force: args.force })
    await settle(sandbox, 'stopped', args.timeout, context)
    return answer(sandbox)
  },
})

export const destroySandbox = defineTool({
  name: 'destroy_sandbox',
  title: 'Delete a sandbox',
  description: 'Deletes a sandbox with all its files, for good. One that is gone already is no error.',
  input: z.strictObject({ id: sandboxId }),
  output: z.object({ id: z.string(), wasThere: z.boolean() }),
  annotations: destroys,
  async run({ id }, { platform, signal }) {
    try {
      await platform.client.call('deleteSandbox', { params: { sandboxIdOrName: id } }, { signal })
      return { text: `Sandbox ${id} is deleted.`, structured: { id, wasThere: true } }
    } catch (error) {
      if (!(error instanceof DaytonaError && error.statusCode === 404)) throw error
      return { text: `There is no sandbox ${id}; nothing was to be deleted.`, structured: { id, wasThere: false } }
    }
  },
})

export const forkSandbox = defineTool({
  name: 'fork_sandbox',
  title: 'Fork a sandbox',
  description:
    'Makes a sandbox whose disk begins as a copy of another one, to try something without risk, or in many ways at once. Running programs are not copied.',
  input: z.strictObject({ id: sandboxId, name: newName('Name of the new one; default: its id').optional(), timeout }),
  output: oneSandbox,
  annotations: adds,
  async run(args, context) {
    const { platform, signal, progress } = context
    progress(`forking ${args.id}`)
    const source = { params: { sandboxIdOrName: args.id } }
    const body = args.name === undefined ? {} : { name: args.name }
    // not under the signal, as where a sandbox is made
    const { id } = await platform.client.call('forkSandbox', { ...source, body })
    const child = await platform.get(id)
    try {
      signal.throwIfAborted()
      await settle(child, 'started', args.timeout, context)
    } catch (error) {
      if (signal.aborted) await child.delete().catch(() => {})
      throw error
    }
    return answer(child)
  },
})

function answer(sandbox: Sandbox) {
  return { text: inOneLine(sandbox), structured: { sandbox: shown(sandbox) } }
}

async function order(
  sandbox: Sandbox,
  name: 'startSandbox' | 'stopSandbox',
  { platform, signal }: ToolContext,
  query: { force?: boolean } = {},
): Promise<void> {
  const params = { sandboxIdOrName: sandbox.id }
  if (name === 'startSandbox') await platform.client.call(name, { params }, { signal })
  else await platform.client.call(name, { params, query }, { signal })
  // An ephemeral one is gone with its stop.
  await sandbox.refreshData().catch((error: unknown) => {
    if (!(error instanceof DaytonaError && error.statusCode === 404)) throw error
    throw new ToolError(`Sandbox ${sandbox.id} is stopped, and was deleted with that, as it was made to be`)
  })
}

async function settle(
  sandbox: Sandbox,
  wanted: 'started' | 'stopped',
  seconds: number,
  context: ToolContext,
): Promise<void> {
  const failure = wanted === 'started' ? 'did not start' : 'did not stop'
  const isDone = await waitForState(
    { sandbox, isOver: (state) => state === wanted, failure, timeoutMs: seconds * 1000 },
    context,
  )
  if (!isDone)
    throw new ToolError(
      `Sandbox ${sandbox.id} is still ${sandbox.state} after ${seconds} s`,
      'Look again with list_sandboxes, or give a larger timeout.',
    )
}
