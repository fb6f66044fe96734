import type { ServerResponse } from 'node:http'
import { JsonWriter } from '../http/json-writer.ts'
import { writeChunk } from '../http/write-chunk.ts'
import type { OutputForm } from './client-version.ts'
import type { SessionCommand } from './command.ts'
import { onlyStream } from './framing.ts'

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
  else await writeStreams(writer, command, form)
  await writer.raw('}')
  writer.end()
}

/** Answers the log so far, as JSON or as text by the client's version (toolbox.md 0.2). */
export async function answerLog(response: ServerResponse, command: SessionCommand, form: OutputForm): Promise<void> {
  if (form === 'apart') {
    const writer = new JsonWriter(response, 200)
    await writer.raw('{')
    await writeStreams(writer, command, form)
    await writer.raw('}')
    writer.end()
    return
  }
  response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8' })
  for await (const bytes of readLog(command, form, null, 0)) await writeChunk(response, bytes)
  response.end()
}

/** The log in the client's form. The offset counts bytes of that form. */
export async function* readLog(
  command: SessionCommand,
  form: OutputForm,
  follow: AbortSignal | null,
  offset: number,
): AsyncGenerator<Buffer> {
  if (form !== 'combined') {
    yield* command.log.read(offset, follow)
    return
  }
  let left = offset
  for await (const bytes of onlyStream(command.log.read(0, follow), 'both')) {
    if (bytes.length > left) yield bytes.subarray(left)
    left = Math.max(0, left - bytes.length)
  }
}

async function writeStreams(writer: JsonWriter, command: SessionCommand, form: OutputForm): Promise<void> {
  await writer.raw('"output":')
  await writer.text(readLog(command, form, null, 0))
  if (form !== 'apart') {
    await writer.raw(',"stdout":null,"stderr":null')
    return
  }
  for (const stream of ['stdout', 'stderr'] as const) {
    await writer.raw(`,"${stream}":`)
    await writer.text(onlyStream(command.log.read(0, null), stream))
  }
}
