/** What a client may be behind before its connection ends: events that wait to be written, and their bytes. */
const mostWaiting = 2000
const mostWaitingBytes = 8 * 1024 * 1024

/** A connection as Engine.IO has it. */
interface Connection {
  on(event: 'packetCreate', listener: (packet: { data?: unknown }) => void): unknown
  on(event: 'drain', listener: () => void): unknown
  close(discard: boolean): void
}

/**
 * Ends a connection that does not read what it is sent: events would pile up in memory for it. A client that comes back
 * asks for what it has missed, as it does after every loss of its connection.
 */
export function boundBacklog(connection: Connection): void {
  let waiting = 0
  let bytes = 0
  connection.on('packetCreate', ({ data }) => {
    waiting += 1
    bytes += typeof data === 'string' ? data.length : 0
    if (waiting > mostWaiting || bytes > mostWaitingBytes) connection.close(true)
  })
  connection.on('drain', () => {
    waiting = 0
    bytes = 0
  })
}
