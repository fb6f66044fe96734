import type { Terminal } from '@xterm/xterm'

/** bytes that are drawn at a time: between two pieces the page answers */
const pieceBytes = 8192
/** pieces that are given to the terminal ahead */
const mostAhead = 8
/** bytes that wait; of a flood the end is what can be read */
const mostWaiting = 4 * 1024 * 1024
/** Ends a sequence that was cut in the middle. */
const cancel = Uint8Array.of(0x18)
/** Orders with a count that the terminal carries out one by one: repeat, scroll, insert and delete lines, go to tabs. */
const counted = ['b', 'S', 'T', 'L', 'M', 'I', 'Z'] as const
const leastCount = 200

/**
 * Keeps the page quick whatever a program writes to a terminal. Some orders hold a count of up to two thousand million, for
 * which the page would stand still: such ones are left out. Of what comes faster than it can be drawn, the end is shown.
 * `write` is the way to write to it; `clear` empties it and forgets what waits.
 */
export function guardTerminal(terminal: Terminal): { write(bytes: Uint8Array): void; clear(): void } {
  for (const final of counted) {
    terminal.parser.registerCsiHandler({ final }, ([count]) => {
      return Number(count) > Math.max(terminal.cols, terminal.rows, leastCount)
    })
  }
  let pieces: Uint8Array[] = []
  let waiting = 0
  let ahead = 0

  function draw(): void {
    while (ahead < mostAhead) {
      const piece = pieces.shift()
      if (piece === undefined) return
      waiting -= piece.length
      ahead += 1
      terminal.write(piece, () => {
        ahead -= 1
        draw()
      })
    }
  }

  return {
    write(bytes) {
      for (let at = 0; at < bytes.length; at += pieceBytes) pieces.push(bytes.subarray(at, at + pieceBytes))
      waiting += bytes.length
      if (waiting > mostWaiting) {
        let past = 0
        while (waiting > mostWaiting / 2) waiting -= pieces[past++]?.length ?? waiting
        pieces = [cancel, ...pieces.slice(past)]
        waiting += cancel.length
      }
      draw()
    },
    clear() {
      pieces = []
      waiting = 0
      terminal.reset()
    },
  }
}
