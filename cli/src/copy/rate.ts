import type { Screen } from '../screen.ts'
import { bytes, counted } from '../texts.ts'

/** How far a copy is, shown as it goes. */
export interface CopyProgress {
  add(count: number): void
  /** Takes it away and says what was copied. */
  end(files: number): void
  /** Takes it away. */
  drop(): void
}

const redrawMs = 200

/** @param total bytes, where they are known */
export function showRate(screen: Screen, what: string, total?: number): CopyProgress {
  const startedMs = Date.now()
  const progress = screen.progress(what)
  let copied = 0
  let drawnMs = startedMs
  const rate = (): string => `${bytes((copied * 1000) / Math.max(Date.now() - startedMs, 1))}/s`
  return {
    add(count) {
      copied += count
      // a line for each piece would fill a log
      if (process.stderr.isTTY !== true || Date.now() - drawnMs < redrawMs) return
      drawnMs = Date.now()
      progress.change(`${what}: ${bytes(copied)}${total === undefined ? '' : ` of ${bytes(total)}`}, ${rate()}`)
    },
    end: (files) => progress.end(`Copied ${counted(files, 'file')}, ${bytes(copied)}, ${rate()}`),
    drop: () => progress.end(),
  }
}
