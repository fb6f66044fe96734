import { StringDecoder } from 'node:string_decoder'
import { buildLimits } from './limits.ts'

/** Where a build tells what it does. */
export interface Teller {
  /** One line of ours. */
  line(text: string): void
  /** Begins the output of a program. */
  program(): ProgramOutput
}

/** Output of one program, told line by line as it comes. */
export interface ProgramOutput {
  readonly take: (chunk: Buffer) => void
  /** Tells what has no end of line yet, and gives the end of all of it. */
  finish(): string
}

/** a line that is longer is told in pieces */
const longestLine = 8192

/** Tells so much of what programs print, and then only that there was more. */
export function createTeller(tell: (text: string) => void): Teller {
  let left: number = buildLimits.outputBytes
  const tellOutput = (text: string): void => {
    if (left <= 0) return
    left -= Buffer.byteLength(text)
    tell(text)
    if (left <= 0) tell(`The rest of the output is left out: it is more than ${buildLimits.outputBytes} bytes\n`)
  }
  return {
    line: (text) => tell(`${text}\n`),
    program() {
      let tail = ''
      const take = (text: string): void => {
        tail = (tail + text).slice(-buildLimits.tailLength)
        tellOutput(text)
      }
      const lines = createLines(take)
      return {
        take: lines.push,
        finish() {
          lines.finish()
          return tail.trim()
        },
      }
    },
  }
}

function createLines(take: (text: string) => void): { push: (chunk: Buffer) => void; finish: () => void } {
  const decoder = new StringDecoder('utf8')
  let rest = ''
  const push = (text: string): void => {
    rest += text
    const end = rest.lastIndexOf('\n') + 1
    if (end > 0) take(rest.slice(0, end))
    rest = rest.slice(end)
    if (rest.length < longestLine) return
    take(`${rest}\n`)
    rest = ''
  }
  return {
    push: (chunk) => push(decoder.write(chunk)),
    finish() {
      push(decoder.end())
      if (rest !== '') take(`${rest}\n`)
      rest = ''
    },
  }
}
