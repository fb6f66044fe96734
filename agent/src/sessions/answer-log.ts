import type { ServerResponse } from 'node:http'
import { JsonWriter } from '../http/json-writer.ts'
import { writeChunk } from '../http/write-chunk.ts'
import type { OutputForm } from './client-version.ts'
import type { SessionCommand } from './command.ts'
import { onlyStream, takeApart } from './framing.ts'
import type { SessionLog } from './log.ts'
import { readLog } from './read-log.ts'

/** Answers an exec: all keys are present, null where there is nothing (toolbox.md 1.5). */
export async function answerExec(
  response: ServerResponse,
  command: SessionCommand,
  isAsync: boolean,
  form: OutputForm,
): Promise<void> {
  const exitCode = isAsync ? null : command.exitCode
  const writer = new JsonWriter(response, isAsync ? 202 : 200)
  await writer.raw(`{"cmdId":${JSON.stringify(command.request.id)},"exitCode":${exitCode},`)
  if (isAsync) await writer.raw('"output":null,"stdout":null,"stderr":null')
  // To the end of the command: a child that it left behind may be writing still.
  else await writeStreams(writer, command.log, form, command.log.endSize ?? command.log.size)
  await writer.raw('}')
  writer.end()
}

/** Answers the log so far, as JSON or as text by the client's version (toolbox.md 0.2). */
export async function answerLog(response: ServerResponse, log: SessionLog, form: OutputForm): Promise<void> {
  if (form === 'apart') {
    const writer = new JsonWriter(response, 200)
    await writer.raw('{')
    await writeStreams(writer, log, form, log.size)
    await writer.raw('}')
    writer.end()
    return
  }
  const chunks = readLog(log, form, { offset: 0, follow: null })
  // The first is read before the head is sent: a log that was deleted is an error with a body.
  let next = await chunks.next()
  response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8' })
  for (; next.done !== true; next = await chunks.next()) await writeChunk(response, next.value)
  response.end()
}

/** All three texts up to the same place, also while the command goes on writing. */
async function writeStreams(writer: JsonWriter, log: SessionLog, form: OutputForm, until: number): Promise<void> {
  const whole = (): AsyncGenerator<Buffer> => log.read(0, null, until)
  await writer.raw('"output":')
  await writer.text(form === 'combined' ? onlyStream(takeApart(whole()), 'both') : whole())
  if (form !== 'apart') {
    await writer.raw(',"stdout":null,"stderr":null')
    return
  }
  for (const stream of ['stdout', 'stderr'] as const) {
    await writer.raw(`,"${stream}":`)
    await writer.text(onlyStream(takeApart(whole()), stream))
  }
}
