/** Says things to the person who typed the command. */
export interface Terminal {
  say(line: string): void
  /** Shows what is being done now, with the seconds it takes; the next line or phase takes its place. */
  phase(text: string): void
  /** Ends the phase that is shown, if one is, with the time it all took. */
  done(): void
  /** Takes the phase that is shown away: it did not come to its end. */
  drop(): void
}

const redrawMs = 1000
/** On something that is not a terminal a phase is a line of its own, but not more often than this. */
const linePauseMs = 5000

/** A terminal on a stream: one line that is redrawn on a TTY, plain lines otherwise. */
export function openTerminal(stream: NodeJS.WriteStream): Terminal {
  let startedMs: number | null = null
  let current = ''
  let printedMs = 0
  let timer: NodeJS.Timeout | undefined
  const elapsed = (): string => `${Math.round((Date.now() - (startedMs ?? Date.now())) / 1000)} s`
  const clear = (): void => {
    if (stream.isTTY && startedMs !== null) stream.write('\r\x1b[K')
  }
  const draw = (): void => {
    const line = `  ${current} … ${elapsed()}`
    stream.write(`\r${line.slice(0, (stream.columns ?? 80) - 1)}\x1b[K`)
  }
  const end = (): void => {
    clear()
    clearInterval(timer)
    startedMs = null
    printedMs = 0
  }
  return {
    say(line) {
      clear()
      stream.write(`${line}\n`)
      if (startedMs !== null && stream.isTTY) draw()
    },
    phase(text) {
      current = text
      if (startedMs === null) {
        startedMs = Date.now()
        if (stream.isTTY) timer = setInterval(draw, redrawMs)
        timer?.unref()
      }
      if (stream.isTTY) {
        draw()
        return
      }
      if (Date.now() - printedMs < linePauseMs) return
      printedMs = Date.now()
      stream.write(`  ${text} … ${elapsed()}\n`)
    },
    done() {
      if (startedMs === null) return
      const line = `  done in ${elapsed()}`
      end()
      stream.write(`${line}\n`)
    },
    drop: end,
  }
}
