import { DaytonaError, type Process, type PtyHandle } from '@sandyard/sdk'

/** How a terminal stands. */
export type LinkStatus =
  | { readonly kind: 'connecting' | 'open' | 'lost' }
  /** `exitCode`: null where nobody knows it */
  | { readonly kind: 'ended'; readonly exitCode: number | null; readonly reason: string | null }

/** What a link needs. */
export interface LinkParts {
  readonly process: Process
  readonly id: string
  /** false: it is there already */
  readonly isNew: boolean
  /** characters */
  readonly size: { readonly cols: number; readonly rows: number }
  readonly onData: (bytes: Uint8Array) => void
  /** The recent screen comes anew: what is shown is to be cleared. */
  readonly onReplay: () => void
  readonly onStatus: (status: LinkStatus) => void
}

/** A terminal that comes back by itself when the connection breaks. */
export interface TerminalLink {
  /** What is typed while it is not open is lost, and the page says that it is not. */
  send(text: string): void
  resize(cols: number, rows: number): void
  /** Ends the connection; the terminal goes on. */
  close(): void
}

/** longest wait between two tries, ms */
const longestWaitMs = 8000

/** Connects to a terminal, which is made first when it is new. */
export function openTerminalLink(parts: LinkParts): TerminalLink {
  const { process, id, onData, onReplay, onStatus } = parts
  const ending = new AbortController()
  let { size } = parts
  let handle: PtyHandle | null = null
  let hurry: (() => void) | null = null
  const onOnline = (): void => hurry?.()
  addEventListener('online', onOnline)

  async function connect(isFirst: boolean): Promise<PtyHandle> {
    const { signal } = ending
    if (isFirst && parts.isNew) return await process.createPty({ id, ...size, onData, signal })
    // What is on the screen stays until it comes anew.
    let isFirstData = true
    const onBytes = (bytes: Uint8Array): void => {
      if (isFirstData) onReplay()
      isFirstData = false
      onData(bytes)
    }
    return await process.connectPty(id, { onData: onBytes, replay: true, signal })
  }

  async function run(): Promise<void> {
    let waitMs = 500
    for (let isFirst = true; !ending.signal.aborted; ) {
      onStatus({ kind: isFirst ? 'connecting' : 'lost' })
      try {
        handle = await connect(isFirst)
        isFirst = false
        waitMs = 500
        onStatus({ kind: 'open' })
        void resizeNow()
        const { exitCode, error } = await handle.wait()
        if (exitCode !== undefined) return onStatus({ kind: 'ended', exitCode, reason: error ?? null })
      } catch (error) {
        if (ending.signal.aborted) return
        const { statusCode = 0 } = error instanceof DaytonaError ? error : {}
        // It is not there any more, or this user may not see it: another try would find the same.
        if ([401, 403, 404, 410].includes(statusCode)) {
          return onStatus({ kind: 'ended', exitCode: null, reason: (error as Error).message })
        }
        // A create whose answer was lost may have made it.
        if (statusCode === 409) isFirst = false
      } finally {
        handle = null
      }
      if (ending.signal.aborted) return
      onStatus({ kind: 'lost' })
      await pause(waitMs)
      waitMs = Math.min(waitMs * 2, longestWaitMs)
    }
  }

  function pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms)
      hurry = () => {
        clearTimeout(timer)
        resolve()
      }
      ending.signal.addEventListener('abort', hurry, { once: true })
    })
  }

  async function resizeNow(): Promise<void> {
    // The next one that fits is sent again; a terminal of another size is no fault to tell.
    await handle?.resize(size.cols, size.rows).catch(() => {})
  }

  void run()
  return {
    send(text) {
      handle?.sendInput(text).catch(() => {}) // it broke just now, which its end tells
    },
    resize(cols, rows) {
      if (cols === size.cols && rows === size.rows) return
      size = { cols, rows }
      void resizeNow()
    },
    close() {
      removeEventListener('online', onOnline)
      ending.abort()
      void handle?.disconnect()
    },
  }
}
