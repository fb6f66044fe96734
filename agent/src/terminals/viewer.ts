import { limits } from '@sandyard/protocol/limits'
import type { RawData, WebSocket } from 'ws'

/** What a viewer tells its terminal. */
export interface ViewerEvents {
  typed(bytes: Buffer): void
  /** it fell behind, or caught up */
  paceChanged(): void
  gone(): void
}

/** One WebSocket that looks at a terminal and types into it (toolbox.md 1.6). */
export class Viewer {
  readonly #webSocket: WebSocket
  readonly #wantsExit: boolean
  #unsentBytes = 0
  #behind: NodeJS.Timeout | null = null
  #events: ViewerEvents | null = null

  /** @param wantsExit true for a caller that asked for a message at the exit, besides the close frame */
  constructor(webSocket: WebSocket, wantsExit: boolean) {
    this.#webSocket = webSocket
    this.#wantsExit = wantsExit
  }

  /** True while the program should wait for this viewer. */
  get isBehind(): boolean {
    return this.#behind !== null
  }

  /** Tells the caller that it is connected, and the terminal what comes from it. False when nobody is there any more. */
  async begin(events: ViewerEvents): Promise<boolean> {
    this.#events = events
    this.#webSocket.on('message', (data: RawData) => events.typed(data as Buffer))
    this.#webSocket.once('close', () => this.#leave())
    const told = new Promise<boolean>((resolve) => {
      const message = JSON.stringify({ type: 'control', status: 'connected' })
      this.#webSocket.send(message, (error) => resolve(error == null))
    })
    if (this.#webSocket.readyState !== this.#webSocket.OPEN) this.#leave()
    return told
  }

  show(bytes: Buffer): void {
    if (bytes.length === 0 || this.#events === null) return
    this.#unsentBytes += bytes.length
    this.#webSocket.send(bytes, { binary: true }, () => {
      this.#unsentBytes -= bytes.length
      if (this.#unsentBytes <= limits.terminalBehindBytes / 4) this.#catchUp()
    })
    if (this.#unsentBytes > limits.terminalBehindBytes) this.#fallBehind()
  }

  /** Takes no more input until `listen`. */
  deafen(): void {
    this.#webSocket.pause()
  }

  listen(): void {
    this.#webSocket.resume()
  }

  /** The program has ended: says so after all of its output, and closes. */
  end(exitCode: number): void {
    const result = { exitCode, ...reasonOf(exitCode) }
    if (this.#wantsExit) this.#webSocket.send(JSON.stringify({ type: 'control', status: 'exited', ...result }))
    this.#close(exitCode === 0 ? 1000 : 1011, JSON.stringify(result))
  }

  #close(code: number, reason: string): void {
    this.listen() // the other side's close frame is to be read
    this.#webSocket.close(code, reason)
    this.#leave()
  }

  #fallBehind(): void {
    if (this.#behind !== null) return
    this.#behind = setTimeout(() => this.#close(1008, 'slow consumer'), limits.terminalBehindMs)
    this.#events?.paceChanged()
  }

  #catchUp(): void {
    if (this.#behind === null) return
    clearTimeout(this.#behind)
    this.#behind = null
    this.#events?.paceChanged()
  }

  #leave(): void {
    const events = this.#events
    this.#events = null
    if (this.#behind !== null) clearTimeout(this.#behind)
    this.#behind = null
    events?.gone()
  }
}

function reasonOf(exitCode: number): { exitReason?: string } {
  if (exitCode === 0) return {}
  const known: Readonly<Record<number, string>> = { 130: 'Ctrl+C', 137: 'SIGKILL', 143: 'SIGTERM' }
  const exitReason = known[exitCode] ?? (exitCode > 128 ? `signal ${exitCode - 128}` : 'non-zero exit')
  return { exitReason }
}
