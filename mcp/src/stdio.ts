import type { Readable, Writable } from 'node:stream'
import { StdioServerTransport, serveStdio } from '@modelcontextprotocol/server/stdio'
import { limits } from '@sandyard/protocol'
import type { Daytona } from '@sandyard/sdk'
import { createMcpServer } from './server.ts'

/** What an agent on this machine speaks to us through. */
export interface StdioOptions {
  readonly platform: Daytona
  readonly input: Readable
  readonly output: Writable
  /** ends the connection */
  readonly signal: AbortSignal
  /** Told of faults, one line each. */
  readonly note: (line: string) => void
}

/** time that calls get to take back what was cancelled by the end of the connection, ms */
const endMs = 10_000

/** Serves one agent until it goes or the signal fires; what was under way then has been ended. */
export async function serveAgent({ platform, input, output, signal, note }: StdioOptions): Promise<void> {
  const underWay = new Set<Promise<unknown>>()
  const over = Promise.withResolvers<void>()
  const transport = new StdioServerTransport(input, output, { maxBufferSize: 2 * limits.mcpBodyBytes })
  const handle = serveStdio(
    () =>
      createMcpServer({
        platform,
        onFault: (tool, error) => note(`${tool}: ${error instanceof Error ? (error.stack ?? error.message) : error}`),
        onCall(call) {
          const settled = call.then(
            () => {},
            () => {},
          )
          underWay.add(settled)
          settled.finally(() => underWay.delete(settled))
        },
      }),
    { transport, onerror: (error) => note(error.message) },
  )
  const end = (): void => over.resolve()
  for (const event of ['end', 'close'] as const) input.once(event, end)
  output.once('error', end)
  signal.addEventListener('abort', end, { once: true })
  if (signal.aborted || input.readableEnded) end()
  await over.promise
  await handle.close()
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, endMs)
  })
  await Promise.race([Promise.all(underWay), late])
  clearTimeout(timer)
}
