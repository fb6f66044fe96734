import { sessionRoutes } from '@sandyard/protocol/toolbox/sessions'
import { WebSocket } from 'ws'
import type { Upgrade, Upgrades } from '../http/upgrades.ts'
import { createAcceptor, sendMessage } from '../http/web-socket.ts'
import { type OutputForm, readClientVersion } from './client-version.ts'
import type { SessionLog } from './log.ts'
import { readLog } from './read-log.ts'
import { entrypointForm, type Sessions } from './sessions.ts'

/** Callers have nothing to say here, bytes. */
const accept = createAcceptor(64 * 1024)

/** Adds the WebSockets of sessions. */
export function addLogStreams(upgrades: Upgrades, sessions: Sessions): void {
  upgrades.add(sessionRoutes.getSessionCommandLogs, async (upgrade) => {
    const { sessionId, commandId } = upgrade.params
    const { log } = await sessions.command(sessionId, commandId)
    await streamLog(log, readClientVersion(upgrade.request).form, upgrade)
  })
  upgrades.add(sessionRoutes.getEntrypointLogs, async (upgrade) => {
    const { log } = await sessions.entrypointCommand()
    await streamLog(log, entrypointForm(readClientVersion(upgrade.request).form), upgrade)
  })
}

/**
 * Streams a log over a WebSocket: binary frames from byte `offset` on (0 if not told), to the end of the command
 * with `follow=true`, else to what is there; then closes with 1000, or 1011 when the log cannot be read.
 */
async function streamLog(
  log: SessionLog,
  form: OutputForm,
  upgrade: Upgrade<typeof sessionRoutes.getSessionCommandLogs> | Upgrade<typeof sessionRoutes.getEntrypointLogs>,
): Promise<void> {
  const { follow, offset = 0 } = upgrade.query
  const webSocket = await accept(upgrade)
  const gone = new AbortController()
  webSocket.once('close', () => gone.abort())
  await sendAll(webSocket, readLog(log, form, { offset, follow: follow === 'true' ? gone.signal : null }))
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
