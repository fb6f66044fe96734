import type { ServerResponse } from 'node:http'
import type { Chart } from '@sandyard/protocol'
import { answered } from '../http/call.ts'
import { JsonWriter } from '../http/json-writer.ts'
import type { Outcome } from './run.ts'

/** Results up to this size are answered in one piece, bytes. */
const wholeBytes = 1024 * 1024

interface Result {
  exitCode: number
  result: string
  artifacts?: { charts: Chart[] }
}

/** Answers with exit code and output, then lets the output go. A large one is written bit by bit, never held as one text. */
export async function answerResult(
  response: ServerResponse,
  { exitCode, output }: Outcome,
  more: Pick<Result, 'artifacts'>,
): Promise<Result | typeof answered> {
  try {
    if (output.size <= wholeBytes) return { exitCode, result: output.text(), ...more }
    const writer = new JsonWriter(response, 200)
    await writer.raw(`{"exitCode":${exitCode},"result":`)
    await writer.text(output.chunks())
    await writer.raw(more.artifacts === undefined ? '}' : `,"artifacts":${JSON.stringify(more.artifacts)}}`)
    writer.end()
    return answered
  } finally {
    output.release()
  }
}
