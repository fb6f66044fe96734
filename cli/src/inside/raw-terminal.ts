import type { ScreenSize } from './program.ts'

/**
 * Ends what a program may have left switched on in the terminal: mouse, pasted text in brackets, keys of its own,
 * colours, a hidden cursor.
 */
const calm = '\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1004l\x1b[?1006l\x1b[?2004l\x1b[?1l\x1b[<u\x1b[0m\x1b[?25h'

/** The terminal of this process, whose keys all go to a program elsewhere. */
export interface RawTerminal {
  readonly size: ScreenSize
  readonly name: string
  /** Prints what the program does. */
  show(bytes: Uint8Array): Promise<void>
  /** Gives it back as it was; `isBroken`: the program had no time to tidy up. */
  restore(isBroken: boolean): void
}

/** The other screen of a terminal, on which full-screen programs draw. */
const [toOther, fromOther] = ['\x1b[?1049h', '\x1b[?1049l']

/** Terminals that most images know; others are close enough to xterm. */
const wellKnown = /^(xterm|xterm-color|xterm-256color|screen|screen-256color|tmux|tmux-256color|linux|dumb|vt\d+)$/

/** What is told of the keys. */
export interface Keys {
  onKeys(bytes: Uint8Array): void
  onResize(size: ScreenSize): void
  /** the person typed Enter, `~` and `.` */
  onLeave(): void
}

/** Whether there is a terminal on both sides. */
export function hasTerminal(): boolean {
  return process.stdin.isTTY === true && process.stdout.isTTY === true
}

/** Takes the terminal over. It is given back when the process ends, whatever ends it. */
export function takeTerminal(env: Readonly<Record<string, string | undefined>>, keys: Keys): RawTerminal {
  const { stdin, stdout } = process
  const filter = createLeaveFilter(keys)
  const onData = (bytes: Buffer): void => filter(bytes)
  const onResize = (): void => keys.onResize(sizeOf(stdout))
  let isTaken = true
  let isOther = false
  const giveBack = (): void => {
    if (isTaken) stdin.setRawMode(false)
    isTaken = false
  }
  stdin.setRawMode(true)
  stdin.on('data', onData)
  stdin.resume()
  stdout.on('resize', onResize)
  process.on('exit', giveBack)
  return {
    size: sizeOf(stdout),
    name: wellKnown.test(env.TERM ?? '') ? (env.TERM as string) : 'xterm-256color',
    async show(bytes) {
      const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
      const [on, off] = [text.lastIndexOf(toOther), text.lastIndexOf(fromOther)]
      if (on !== off) isOther = on > off
      await new Promise<void>((resolve) => {
        stdout.write(bytes, () => resolve())
      })
    },
    restore(isBroken) {
      stdin.off('data', onData)
      stdin.pause()
      stdout.off('resize', onResize)
      giveBack()
      process.off('exit', giveBack)
      if (isBroken) stdout.write(isOther ? fromOther + calm : calm)
    },
  }
}

/**
 * Hands keys on, and finds Enter, `~`, `.` among them, as in SSH. `~` after Enter waits for the next key; twice it
 * stands for itself.
 */
export function createLeaveFilter({ onKeys, onLeave }: Pick<Keys, 'onKeys' | 'onLeave'>): (bytes: Uint8Array) => void {
  let isLineStart = true
  let isHeld = false
  return (bytes) => {
    const passed: number[] = []
    for (const byte of bytes) {
      if (isHeld) {
        isHeld = false
        if (byte === 0x2e) {
          if (passed.length > 0) onKeys(Uint8Array.from(passed))
          return onLeave()
        }
        passed.push(0x7e)
        if (byte === 0x7e) {
          isLineStart = false
          continue
        }
      } else if (byte === 0x7e && isLineStart) {
        isHeld = true
        continue
      }
      passed.push(byte)
      isLineStart = byte === 0x0d || byte === 0x0a
    }
    if (passed.length > 0) onKeys(Uint8Array.from(passed))
  }
}

function sizeOf({ columns, rows }: NodeJS.WriteStream): ScreenSize {
  const within = (count: number | undefined, usual: number): number => Math.min(Math.max(count || usual, 1), 1000)
  return { cols: within(columns, 80), rows: within(rows, 24) }
}
