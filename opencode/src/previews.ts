import type { Sandbox } from '@sandyard/sdk'
import type { OpenBox } from './box.ts'
import type { ToolDefinition } from './opencode.ts'

/** s that a signed link opens a private sandbox's port */
const linkSeconds = 86_400
/** ms that the sandbox has for telling whether something listens, and where */
const answerMs = 30_000
const lookMs = 5000
/** most new ports that one command is told of */
const mostTold = 5

/** The tool that gives links to servers in the sandbox. */
export function createPreviewTool(openBox: OpenBox): ToolDefinition {
  return {
    description:
      'Gives the URL under which the user can open a server that runs in the sandbox. ' +
      'Start the server in the background first; it must listen on the port.',
    args: {
      port: { type: 'integer', minimum: 1, maximum: 65_535, description: 'TCP port that the server listens on' },
    },
    async execute({ port }, context) {
      const number = typeof port === 'string' && /^\d+$/.test(port) ? Number(port) : port
      if (!Number.isInteger(number) || Number(number) < 1 || Number(number) > 65_535)
        throw new Error('port must be a whole number from 1 to 65535')
      const { sandbox } = await openBox(context)
      const url = await previewUrl(sandbox, Number(number))
      const asked = { params: { port: Number(number) } }
      const { isInUse } = await sandbox.toolbox.call('isPortInUse', asked, { timeoutMs: answerMs })
      if (!isInUse)
        throw new Error(
          `Nothing listens on port ${number} in the sandbox. Start the server in the background, wait until it listens, and ask again`,
        )
      return { title: `Port ${number}`, output: `Preview of port ${number}: ${url}`, metadata: { port: number, url } }
    },
  }
}

/** Ports that began to be listened on, since the last time that this was asked of a sandbox. */
export interface PortWatch {
  /** What listens now is not told of any more. */
  begin(sandbox: Sandbox): Promise<void>
  /** Links to what listens since then, a line each. */
  news(sandbox: Sandbox): Promise<readonly string[]>
}

/** Looks at ports of sandboxes. What stops listening and begins again is told of again. */
export function createPortWatch(): PortWatch {
  const seen = new Map<string, ReadonlySet<number>>()
  const listening = async (sandbox: Sandbox): Promise<ReadonlySet<number>> => {
    // Every tool call waits for this, and the answer is the sandbox's.
    const { ports } = await sandbox.toolbox.call('getPorts', {}, { timeoutMs: lookMs })
    return new Set(ports.filter((port) => Number.isInteger(port) && port > 0 && port <= 65_535))
  }
  return {
    async begin(sandbox) {
      if (!seen.has(sandbox.id)) seen.set(sandbox.id, await listening(sandbox))
    },
    async news(sandbox) {
      const before = seen.get(sandbox.id) ?? new Set()
      const now = await listening(sandbox)
      seen.set(sandbox.id, now)
      const fresh = [...now].filter((port) => !before.has(port)).sort((one, other) => one - other)
      return await Promise.all(
        fresh.slice(0, mostTold).map(async (port) => `Preview of port ${port}: ${await previewUrl(sandbox, port)}`),
      )
    },
  }
}

async function previewUrl(sandbox: Sandbox, port: number): Promise<string> {
  const link = sandbox.public
    ? await sandbox.getPreviewLink(port)
    : await sandbox.getSignedPreviewUrl(port, linkSeconds)
  return link.url
}
