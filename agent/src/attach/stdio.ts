import { closeSync, fstatSync } from 'node:fs'
import type { Readable, Writable } from 'node:stream'
import { readPipe, writePipe } from '../processes/capture.ts'
import type { Pipe, Scratch } from '../processes/scratch.ts'
import type { Started } from '../processes/start.ts'
import { fileOf } from '../processes/tree.ts'

/** What makes pipes. */
export interface StdioContext {
  readonly scratch: Scratch
}

/** Standard input, output and error of a program, each a pipe of its own. */
export interface Stdio {
  readonly places: readonly (number | 'pipe')[]
  /** the pipes, as `fileOf` tells them; null: nobody else knows them */
  readonly files: ReadonlySet<string> | null
  /** Our ends; call once, with the program or with null when it did not start. */
  open(started: Started | null): { readonly input: Writable; readonly outputs: readonly [Readable, Readable] } | null
}

/** Makes pipes, or leaves it to Node to make sockets where there are none: `/dev/stderr` cannot be opened then. */
export async function openStdio({ scratch }: StdioContext): Promise<Stdio> {
  const pipes: Pipe[] = []
  for (let at = 0; at < 3; at++) {
    const pipe = await scratch.openPipe()
    if (pipe === null) break
    pipes.push(pipe)
  }
  const [input, output, errorOutput] = pipes
  if (input === undefined || output === undefined || errorOutput === undefined) {
    for (const { readEnd, writeEnd } of pipes) {
      closeSync(readEnd)
      closeSync(writeEnd)
    }
    return { places: ['pipe', 'pipe', 'pipe'], files: null, open: ownOf }
  }
  return {
    places: [input.readEnd, output.writeEnd, errorOutput.writeEnd],
    files: new Set(pipes.map(({ readEnd }) => fileOf(fstatSync(readEnd)))),
    open(started) {
      closeSync(input.readEnd)
      closeSync(output.writeEnd)
      closeSync(errorOutput.writeEnd)
      if (started !== null) {
        const outputs = [readPipe(output.readEnd), readPipe(errorOutput.readEnd)] as const
        return { input: writePipe(input.writeEnd), outputs: [...outputs] }
      }
      closeSync(input.writeEnd)
      closeSync(output.readEnd)
      closeSync(errorOutput.readEnd)
      return null
    },
  }
}

function ownOf(started: Started | null): ReturnType<Stdio['open']> {
  const { stdin, stdout, stderr } = started?.child ?? {}
  if (stdin == null || stdout == null || stderr == null) return null
  for (const stream of [stdin, stdout, stderr]) stream.on('error', () => {}) // seen as its end
  return { input: stdin, outputs: [stdout, stderr] }
}
