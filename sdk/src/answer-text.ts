import { DaytonaError } from './errors.ts'

const MiB = 1024 * 1024

/**
 * Longest answer of a call that is held in memory, bytes after decompression: the 32 MiB of output that an agent keeps,
 * with what JSON and UTF-8 make of bytes that are no text, and the charts. Files come as streams and are not counted.
 */
export const usualAnswerBytes = 256 * MiB
/** what is read of an error's answer, bytes; its message may carry the last output of a command */
export const errorAnswerBytes = 4 * MiB

/**
 * The text of an answer. Whoever is root in a sandbox may stand in the place of its agent, and answer without an end.
 *
 * @throws DaytonaError when it is longer than that
 */
export async function readAnswer(response: Response, mostBytes: number): Promise<string> {
  const { text, isCut } = await readStart(response, mostBytes)
  if (isCut) throw new DaytonaError(`The answer is longer than ${mostBytes} bytes and was not read to its end`)
  return text
}

/** The beginning of an answer, as much of it as that. */
export async function readStart(
  { body }: Response,
  mostBytes: number,
): Promise<{ readonly text: string; readonly isCut: boolean }> {
  if (body === null) return { text: '', isCut: false }
  const pieces: Uint8Array[] = []
  let left = mostBytes
  const reader = body.getReader()
  while (true) {
    const { value, done } = await reader.read()
    if (done) return { text: textOf(pieces), isCut: false }
    pieces.push(value.subarray(0, left))
    left -= value.length
    if (left >= 0) continue
    // Not waited for: the other side may have stopped to listen.
    reader.cancel().catch(() => {})
    return { text: textOf(pieces), isCut: true }
  }
}

/** One after the other: all of them together would be in memory once more. */
function textOf(pieces: readonly Uint8Array[]): string {
  const decoder = new TextDecoder()
  let text = ''
  for (const piece of pieces) text += decoder.decode(piece, { stream: true })
  return text + decoder.decode()
}
