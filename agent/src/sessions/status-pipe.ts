import { closeSync } from 'node:fs'
import { readPipe } from '../processes/capture.ts'
import { requirePipe, type Scratch } from '../processes/scratch.ts'

/** The way by which a shell tells how its commands ended. */
export interface StatusPipe {
  /** descriptor that the shell opens by way of /proc */
  readonly writeEnd: number
  /** number of the next command, and its exit code when the shell has told it */
  next(): { readonly number: number; readonly status: Promise<number> }
  /** Nothing more will be told: the command that waits has this exit code. */
  end(exitCode: number): void
}

/** Opens the pipe. Throws SERVICE_UNAVAILABLE where none can be made. */
export async function openStatusPipe(scratch: Scratch): Promise<StatusPipe> {
  const pipe = await requirePipe(scratch)
  const reader = readPipe(pipe.readEnd)
  let counter = 0
  let tell = (_exitCode: number): void => {}
  let rest = ''
  let isOpen = true
  reader.setEncoding('latin1')
  reader.on('data', (text: string) => {
    const lines = (rest + text).split('\n')
    rest = lines.pop()?.slice(-64) ?? ''
    for (const line of lines) {
      // Anything else is not from our line and is dropped.
      const match = /^(\d{1,10}) (\d{1,3})$/.exec(line)
      if (Number(match?.[1]) === counter) tell(Number(match?.[2]))
    }
  })
  return {
    writeEnd: pipe.writeEnd,
    next() {
      counter++
      const { promise, resolve } = Promise.withResolvers<number>()
      tell = resolve
      return { number: counter, status: promise }
    },
    end(exitCode) {
      tell(exitCode)
      if (!isOpen) return
      isOpen = false
      closeSync(pipe.writeEnd)
      reader.destroy()
    },
  }
}
