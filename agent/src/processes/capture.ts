import { closeSync } from 'node:fs'
import { Socket } from 'node:net'
import type { Readable } from 'node:stream'
import type { Scratch } from './scratch.ts'
import type { Started } from './start.ts'

/** Where a program's standard output and error go. */
export interface Capture {
  /** descriptors for places 1 and 2 of `stdio` */
  readonly stdio: readonly [number | 'pipe', number | 'pipe']
  /** streams of the bytes; call once, with the program or with null when it did not start */
  streams(started: Started | null): Readable[]
}

/**
 * Captures both streams in one pipe, which keeps the order they were written in.
 * Without such a pipe (an image without `mkfifo`) each has its own and the order is that of arrival.
 */
export async function openCapture(scratch: Scratch): Promise<Capture> {
  const pipe = await scratch.openPipe()
  if (pipe === null) {
    return {
      stdio: ['pipe', 'pipe'],
      streams: (started) => [started?.child.stdout, started?.child.stderr].filter((stream) => stream != null),
    }
  }
  return {
    stdio: [pipe.writeEnd, pipe.writeEnd],
    streams(started) {
      closeSync(pipe.writeEnd)
      if (started !== null) return [readPipe(pipe.readEnd)]
      closeSync(pipe.readEnd)
      return []
    },
  }
}

/** Stream over the read end of a pipe, which it owns and closes at the end. */
export function readPipe(fd: number): Socket {
  return new Socket({ fd, readable: true, writable: false }).on('error', ignore)
}

/** Stream over the write end of a pipe, which it owns and closes at the end. */
export function writePipe(fd: number): Socket {
  return new Socket({ fd, readable: false, writable: true }).on('error', ignore)
}

function ignore(): void {
  // A broken pipe is seen as its end: 'close' follows.
}
