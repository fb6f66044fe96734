import { createServer, type Server, type Socket } from 'node:net'
import type { Sandbox } from '@sandyard/sdk'
import { defineCommand } from '../../command.ts'
import { CommandError, exitCodes, usageError } from '../../exit-codes.ts'
import type { Screen } from '../../screen.ts'
import { sandboxArgument } from '../sandbox/arguments.ts'

export const portForward = defineCommand({
  path: ['port-forward'],
  aliases: ['forward'],
  summary: 'Open ports of a sandbox on this machine, until Ctrl-C',
  more: 'Any TCP port, also one that listens on the loopback of the sandbox only. One number is both ports; `0:80` takes any free port here. Only this machine reaches them, unless `--address` says otherwise.',
  args: { sandbox: sandboxArgument, ports: { count: 'many', doc: 'LOCAL:REMOTE, or one number for both' } },
  flags: { address: { type: 'text', value: 'ADDRESS', doc: 'address to listen on here, default 127.0.0.1' } },
  examples: [
    { does: 'a database', line: 'sandyard port-forward box 5432' },
    { does: 'two servers, one under another number', line: 'sandyard port-forward box 8080:80 3000' },
  ],
  cleansUp: true,
  async run({ args, flags, platform, screen, signal }) {
    const wanted = args.ports.map(readPorts)
    if (wanted.length === 0) throw usageError('port-forward needs a port', 'sandyard port-forward box 8080:80')
    const sandbox = await (await platform()).get(args.sandbox)
    const open = new Set<Socket>()
    const servers: Server[] = []
    try {
      for (const { local, remote } of wanted) {
        const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
          open.add(socket)
          socket.once('close', () => open.delete(socket))
          void forward(sandbox, remote, socket, screen)
        })
        servers.push(server)
        const { address, port } = await listen(server, local, flags.address ?? '127.0.0.1')
        screen.note(`${address}:${port} is port ${remote} of ${sandbox.name}`)
      }
      await new Promise<void>((resolve) => {
        if (signal.aborted) resolve()
        signal.addEventListener('abort', () => resolve(), { once: true })
      })
    } finally {
      for (const server of servers) server.close()
      for (const socket of open) socket.destroy()
    }
    return exitCodes.interrupted
  },
})

interface Ports {
  readonly local: number
  readonly remote: number
}

/** Reads `LOCAL:REMOTE` or one number. Throws a usage error. */
export function readPorts(text: string): Ports {
  const [, first = '', second = first] = /^(\d{1,5})(?::(\d{1,5}))?$/.exec(text) ?? []
  const [local, remote] = [Number(first), Number(second)]
  if (first === '' || local > 65_535 || remote < 1 || remote > 65_535)
    throw usageError(`a port is written LOCAL:REMOTE or as one number, not ${text}`)
  return { local, remote }
}

function listen(server: Server, port: number, host: string): Promise<{ address: string; port: number }> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        new CommandError(
          error.code === 'EADDRINUSE'
            ? `port ${port} is taken here`
            : `cannot listen on ${host}:${port}: ${error.message}`,
          exitCodes.conflict,
          `0:${port} takes a free one`,
        ),
      ),
    )
    server.listen(port, host, () => {
      const { address, port: taken } = server.address() as { address: string; port: number }
      resolve({ address: address.includes(':') ? `[${address}]` : address, port: taken })
    })
  })
}

/** Passes one connection on; what goes wrong with it is told and concerns no other. */
async function forward(sandbox: Sandbox, port: number, socket: Socket, screen: Screen): Promise<void> {
  const { openByteStream } = await import('@sandyard/sdk')
  socket.on('error', () => socket.destroy())
  try {
    const stream = await openByteStream(sandbox.toolbox, `/port/${port}/connect`, async (bytes) => {
      if (socket.destroyed) return
      await new Promise<void>((resolve) => {
        socket.write(bytes, () => resolve())
      })
    })
    socket.once('close', () => stream.close())
    const sending = (async () => {
      for await (const bytes of socket.iterator({ destroyOnReturn: false })) await stream.write(bytes as Buffer)
      stream.end()
    })()
    sending.catch(() => stream.close())
    await stream.ended
    socket.end()
    await sending
    stream.close()
  } catch (error) {
    if (!socket.destroyed) screen.note(`sandyard: port ${port}: ${await reasonOf(error, sandbox, port)}`)
    socket.destroy()
  }
}

/** Why a connection did not come about, or broke. */
async function reasonOf(error: unknown, sandbox: Sandbox, port: number): Promise<string> {
  const inUse = await sandbox.toolbox.call('isPortInUse', { params: { port } }).catch(() => null)
  if (inUse?.isInUse === false) return `nothing listens on it in ${sandbox.name}`
  return error instanceof Error ? error.message : String(error)
}
