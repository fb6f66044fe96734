import { createInterface } from 'node:readline'
import { CommandError, exitCodes, usageError } from './exit-codes.ts'

/** Asks a person; anything but yes ends the command. Without a person to ask it is refused: scripts say `--yes`. */
export async function confirm(question: string): Promise<void> {
  if (!process.stdin.isTTY || !process.stderr.isTTY) {
    throw usageError(`${question} There is nobody to ask`, 'give --yes if it is meant')
  }
  const lines = createInterface({ input: process.stdin, output: process.stderr })
  try {
    const answer = await new Promise<string>((resolve, reject) => {
      const end = (code: number): void => {
        process.stderr.write('\n')
        reject(new CommandError('nothing was done', code))
      }
      // Ctrl-D
      const endInput = (): void => end(exitCodes.failed)
      lines.once('close', endInput)
      lines.once('SIGINT', () => {
        lines.off('close', endInput)
        end(exitCodes.interrupted)
      })
      lines.question(`${question} [y/N] `, (line) => {
        lines.off('close', endInput)
        resolve(line)
      })
    })
    if (!/^y(es)?$/i.test(answer.trim())) throw new CommandError('nothing was done', exitCodes.failed)
  } finally {
    lines.close()
  }
}

/** Reads a line that is not shown, or all of standard input when it is no terminal. */
export async function readHidden(prompt: string): Promise<string> {
  const { stdin, stderr } = process
  if (!stdin.isTTY) {
    let text = ''
    for await (const chunk of stdin) text += chunk
    return text.trim()
  }
  stderr.write(prompt)
  stdin.setRawMode(true)
  stdin.setEncoding('utf8')
  let text = ''
  try {
    for await (const chunk of stdin) {
      for (const letter of String(chunk)) {
        if (letter === '\r' || letter === '\n') return text.trim()
        if (letter === '\x03' || letter === '\x04') throw new CommandError('nothing was done', exitCodes.interrupted)
        text = letter === '\x7f' || letter === '\b' ? text.slice(0, -1) : text + letter
      }
    }
    return text.trim()
  } finally {
    stdin.setRawMode(false)
    stdin.pause()
    stderr.write('\n')
  }
}
