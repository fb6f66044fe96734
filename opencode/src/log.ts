import { appendFile, mkdir, open, rename, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { plainText } from './plain-text.ts'
import type { LogLevel } from './synchronizer.ts'

/** A file of lines for people who look for a fault. */
export interface PluginLog {
  write(level: LogLevel, text: string): void
  /** Waits for what was written so far. */
  flush(): Promise<void>
}

/** bytes at which the file is cut, and what stays of its end */
const longest = 3 * 1024 * 1024
const kept = 1024 * 1024
/** characters of one line */
const longestLine = 4000

/** Opens the log; a disk that does not take it is nobody's problem. */
export function openLog(file: string, clock: () => Date = () => new Date()): PluginLog {
  let last: Promise<void> = Promise.resolve()
  return {
    write(level, text) {
      const shown = plainText(text.slice(0, longestLine))
      const line = `[${clock().toISOString()}] [${level}] ${shown}\n`
      last = last.then(() => append(file, line)).catch(() => {})
    },
    flush: () => last,
  }
}

async function append(file: string, line: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true })
  const size = await stat(file).then(
    (found) => found.size,
    () => 0,
  )
  if (size > longest) await cut(file, size)
  await appendFile(file, line, { mode: 0o600 })
}

/** Leaves the end. Lines that another process writes meanwhile may be lost. */
async function cut(file: string, size: number): Promise<void> {
  await using handle = await open(file, 'r')
  const end = Buffer.alloc(kept)
  const { bytesRead } = await handle.read(end, 0, kept, size - kept)
  const text = end.subarray(0, bytesRead)
  const next = `${file}.${process.pid}`
  await using written = await open(next, 'w', 0o600)
  await written.write(text.subarray(text.indexOf(10) + 1))
  await rename(next, file)
}
