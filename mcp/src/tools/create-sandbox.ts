import { limits } from '@sandyard/protocol'
import { Sandbox } from '@sandyard/sdk'
import { z } from 'zod'
import { newName } from '../arguments.ts'
import { ToolError } from '../failure.ts'
import { adds, defineTool, type ToolContext } from '../tool.ts'
import { buildStates, waitForState } from '../waiting.ts'
import { inOneLine, sandboxShape, shown } from './sandbox-shown.ts'

/** s that is waited, unless the caller says otherwise */
const defaultTimeout = 300
/** of the log of a build that failed, characters */
const logTail = 4000

const minutes = z.int().max(limits.intervalMinutes)
const amount = (unit: string) => z.number().positive().max(4096).optional().describe(`${unit}; default: the platform's`)

const input = z.strictObject({
  id: newName(
    'Id or name of a sandbox that is there already: it is started when it rests, and nothing is made',
  ).optional(),
  name: newName('Name of the new sandbox, which no other one has; default: its id').optional(),
  target: z.string().max(limits.nameLength).optional().describe('Region; default: the one of the platform'),
  snapshot: z
    .string()
    .max(limits.nameLength)
    .optional()
    .describe('Snapshot to make it from, as list_snapshots lists them; default: a Debian with Python, Node and git'),
  user: z.string().max(limits.nameLength).optional().describe('User that commands run as'),
  env: z
    .record(z.string(), z.string().max(limits.envValueBytes))
    .optional()
    .describe('Environment variables of all commands'),
  labels: z.record(z.string(), z.string().max(limits.labelLength)).optional().describe('Labels to find it by'),
  public: z.boolean().optional().describe('true: anybody who knows the URL of a preview may open it. Default false'),
  cpu: amount('Cores'),
  gpu: z.int().min(0).max(64).optional().describe('GPUs; default 0'),
  memory: amount('Memory in GiB'),
  disk: amount('Disk in GiB'),
  autoStopInterval: minutes.min(0).default(15).describe('Minutes without use until it stops; 0 is never'),
  autoArchiveInterval: minutes.min(0).default(10_080).describe('Minutes after its stop until its disk is packed away'),
  autoDeleteInterval: minutes
    .min(-1)
    .default(-1)
    .describe('Minutes after its stop until it is deleted; 0 at once, -1 never'),
  volumes: z
    .array(
      z.strictObject({
        volumeId: z.string().max(limits.nameLength),
        mountPath: z.string().max(limits.mountPathBytes),
        subpath: z.string().max(limits.mountPathBytes).optional(),
      }),
    )
    .max(limits.volumeMountCount)
    .optional()
    .describe('Volumes to mount: id or name of each, and the folder it shows up as'),
  buildInfo: z
    .strictObject({
      dockerfileContent: z.string().max(limits.dockerfileBytes).describe('The whole Dockerfile'),
      contextHashes: z
        .array(z.string().max(limits.nameLength))
        .max(limits.contextCount)
        .optional()
        .describe('Of local files that were uploaded before; leave it out'),
    })
    .optional()
    .describe('Dockerfile to build it from, instead of a snapshot'),
  networkBlockAll: z.boolean().optional().describe('true: nothing in it reaches any network'),
  networkAllowList: z
    .string()
    .max(limits.networkDenyListLength)
    .optional()
    .describe('The only networks that it reaches, as CIDRs with commas between, such as 10.0.0.0/8,192.0.2.1/32'),
  timeout: z
    .int()
    .min(1)
    .max(limits.buildMs / 1000)
    .default(defaultTimeout)
    .describe('Seconds to wait until it is started; a long build goes on after them'),
})

type Input = z.output<typeof input>

export const createSandbox = defineTool({
  name: 'create_sandbox',
  title: 'Make a sandbox',
  description:
    'Makes a Linux sandbox and waits until it is started. Its id is what the other tools need. With `id` it takes a sandbox that is there already, and starts it when it rests.',
  input,
  output: z.object({ sandbox: sandboxShape, isReady: z.boolean().describe('false: it is being made still') }),
  annotations: adds,
  async run(args, context) {
    const sandbox = args.id === undefined ? await make(args, context) : await wake(args.id, args.timeout, context)
    const isReady = sandbox.state === 'started'
    const next = isReady ? '' : '\nIt is not ready yet: call create_sandbox with its id to wait for it again.'
    return { text: `${inOneLine(sandbox)}${next}`, structured: { sandbox: shown(sandbox), isReady } }
  },
})

async function wake(id: string, timeout: number, context: ToolContext): Promise<Sandbox> {
  const sandbox = await context.platform.get(id)
  if (['stopped', 'paused', 'archived'].includes(sandbox.state)) {
    context.progress(`starting ${sandbox.name}`)
    await context.platform.client.call(
      'startSandbox',
      { params: { sandboxIdOrName: sandbox.id } },
      { signal: context.signal },
    )
    await sandbox.refreshData()
  }
  await waitForStart(sandbox, timeout, context)
  return sandbox
}

async function make(args: Input, context: ToolContext): Promise<Sandbox> {
  const { platform, signal, progress } = context
  const { id: _, timeout, snapshot, buildInfo, ...body } = args
  if (snapshot !== undefined && buildInfo !== undefined)
    throw new ToolError('A sandbox is made from `snapshot` or from `buildInfo`, not from both', 'Leave one out.')
  progress('making a sandbox')
  // Not under the signal: who breaks it off would never learn of the sandbox that has come to be.
  const source = { ...(snapshot === undefined ? {} : { snapshot }), ...(buildInfo === undefined ? {} : { buildInfo }) }
  const data = await platform.client.call('createSandbox', { body: { ...body, ...source } })
  const sandbox = new Sandbox(data, platform.client)
  try {
    signal.throwIfAborted()
    await waitForStart(sandbox, timeout, context)
    signal.throwIfAborted()
  } catch (error) {
    // Whoever cancelled does not know its id.
    if (signal.aborted) await sandbox.delete().catch(() => {})
    throw error
  }
  return sandbox
}

async function waitForStart(sandbox: Sandbox, timeout: number, context: ToolContext): Promise<void> {
  const wasBuilt = buildStates.has(sandbox.state)
  const wait = { sandbox, isOver: isStarted, failure: 'did not start', timeoutMs: timeout * 1000 }
  try {
    await waitForState(wait, context)
  } catch (error) {
    if (!wasBuilt || !(error instanceof ToolError)) throw error
    const log = await readBuildLog(sandbox, context)
    throw log === '' ? error : new ToolError(`${error.message}\nThe end of its log:\n${log}\n`, error.hint)
  }
}

const isStarted = (state: Sandbox['state']): boolean => state === 'started'

async function readBuildLog(sandbox: Sandbox, { platform, signal }: ToolContext): Promise<string> {
  try {
    const input = { params: { sandboxIdOrName: sandbox.id } }
    const body = await platform.client.call('getBuildLogs', input, { signal, timeoutMs: 10_000 })
    return (await new Response(body as ReadableStream<Uint8Array<ArrayBuffer>>).text()).slice(-logTail)
  } catch {
    // The reason of the failure is told without it.
    return ''
  }
}
