import { mkdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import pino, { type Logger } from 'pino'

/** A structured log; parts make children of it. */
export type Log = Logger

/** Where a log goes. */
export interface LogOptions {
  /** file of JSON lines; the parent folder is made */
  readonly file: string
  /** least level of what goes to the file */
  readonly level: string
  /** given warnings and errors as short lines for people */
  readonly say?: (line: string) => void
}

/** The current file and the four before it, 16 MiB each. */
const fileBytes = 16 * 2 ** 20
const oldFiles = 4

/** Opens the log. Lines are written at once in the order of their calls; the oldest file is dropped when they grow. */
export function openLog(options: LogOptions): Log {
  mkdirSync(dirname(options.file), { recursive: true })
  const streams: pino.StreamEntry[] = [{ level: 'trace', stream: rotatingFile(options.file) }]
  const { say } = options
  if (say !== undefined) streams.push({ level: 'warn', stream: { write: (line) => say(forPeople(line)) } })
  return pino(
    {
      level: options.level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      serializers: { error: pino.stdSerializers.errWithCause },
    },
    pino.multistream(streams),
  )
}

function rotatingFile(file: string): { write(line: string): void } {
  const destination = pino.destination({ dest: file, sync: true, mode: 0o600 })
  let size = statSync(file).size
  return {
    write(line) {
      if (size + line.length > fileBytes) {
        rotate(file)
        destination.reopen()
        size = 0
      }
      size += line.length
      destination.write(line)
    },
  }
}

function rotate(file: string): void {
  rmSync(`${file}.${oldFiles}`, { force: true })
  for (let index = oldFiles - 1; index >= 0; index -= 1) {
    const from = index === 0 ? file : `${file}.${index}`
    if (statSync(from, { throwIfNoEntry: false }) !== undefined) renameSync(from, `${file}.${index + 1}`)
  }
}

/** What of a line people are told. */
interface Entry {
  readonly level: number
  readonly time: string
  readonly msg?: string
  readonly err?: { readonly message?: string }
  readonly error?: { readonly message?: string }
  readonly fault?: string
}

/** `12:03:44 warn  message: cause` */
function forPeople(line: string): string {
  const entry = JSON.parse(line) as Entry
  const level = pino.levels.labels[entry.level] ?? 'info'
  const message = entry.error?.message ?? entry.err?.message ?? entry.fault
  const cause = message === undefined ? '' : `: ${message}`
  return `${entry.time.slice(11, 19)} ${level.padEnd(5)} ${entry.msg ?? ''}${cause}`
}
