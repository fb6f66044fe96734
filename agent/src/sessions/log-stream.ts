import { sessionRoutes } from '@sandyard/protocol/toolbox/sessions'
import { WebSocket } from 'ws'
import type { Upgrade, Upgrades } from '../http/upgrades.ts'
import { createAcceptor, sendMessage } from '../http/web-socket.ts'
import { readLog } from './answer-log.ts'
import { readClientVersion } from './client-version.ts'
import type { SessionCommand } from './command.ts'
import type { Sessions } from './sessions.ts'

/** Callers have nothing to say here, bytes. */
const accept = createAcceptor(64 * 1024)

/** Adds the WebSockets of sessions. */
export function addLogStreams(upgrades: Upgrades, sessions: Sessions): void {
  upgrades.add(sessionRoutes.getSessionCommandLogs, async (upgrade) => {
    const { sessionId, commandId } = upgrade.params
    await streamLog(await sessions.command(sessionId, commandId), upgrade)
  })
}

/**
 * Streams a log over a WebSocket: binary frames from byte `offset` on (0 if not told), to the end of the command
 * with `follow=true`, else to what is there; then closes with 1000, or 1011 when the log cannot be read.
 */
async function streamLog(
  command: SessionCommand,
  upgrade: Upgrade<typeof sessionRoutes.getSessionCommandLogs>,
): Promise<void> {
  const { follow, offset = 0 } = upgrade.query
  const { form } = readClientVersion(upgrade.request)
  const webSocket = await accept(upgrade)
  const gone = new AbortController()
  webSocket.once('close', () => gone.abort())
  await sendAll(webSocket, readLog(command, form, follow === 'true' ? gone.signal : null, offset))
}

async function sendAll(webSocket: WebSocket, chunks: AsyncIterable<Buffer>): Promise<void> {
  try {
    for await (const chunk of chunks) {
      if (webSocket.readyState !== WebSocket.OPEN) return
      await sendMessage(webSocket, chunk)
    }
    webSocket.close(1000)
  } catch {
    webSocket.close(1011, 'The log could not be read')
  }
}
