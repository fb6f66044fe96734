import type { IncomingMessage } from 'node:http'
import type { Route } from '@sandyard/protocol'
import { PlatformError } from '@sandyard/protocol/errors'
import { limits } from '@sandyard/protocol/limits'

/** Reads a JSON body within the limit; `{}` for a missing one where the row allows it. */
export async function readJson(request: IncomingMessage, route: Route): Promise<unknown> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > limits.toolboxBodyBytes) {
      throw new PlatformError('PAYLOAD_TOO_LARGE', `The body is larger than ${limits.toolboxBodyBytes} bytes`)
    }
    chunks.push(chunk)
  }
  if (size === 0 && route.isBodyOptional === true) return {}
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8')) as unknown
  } catch (cause) {
    throw new PlatformError('INVALID_REQUEST_BODY', 'bad request: the body is not JSON', { cause })
  }
}
