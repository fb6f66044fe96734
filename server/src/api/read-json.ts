import { limits, PlatformError } from '@sandyard/protocol'

/** Reads a JSON body within the limit; `{}` for a missing one where that is allowed. */
export async function readJson(request: Request, isOptional: boolean): Promise<unknown> {
  const text = await readText(request)
  if (text === '' && isOptional) return {}
  try {
    return JSON.parse(text) as unknown
  } catch (cause) {
    throw new PlatformError('INVALID_REQUEST_BODY', 'The body is not JSON', { cause })
  }
}

async function readText(request: Request): Promise<string> {
  const tooLarge = new PlatformError('PAYLOAD_TOO_LARGE', `The body is larger than ${limits.apiBodyBytes} bytes`)
  if (Number(request.headers.get('content-length') ?? 0) > limits.apiBodyBytes) throw tooLarge
  if (request.body === null) return ''
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of request.body) {
    size += chunk.length
    if (size > limits.apiBodyBytes) throw tooLarge
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}
