import { limits, PlatformError } from '@sandyard/protocol'

/** How a body is read. */
export interface BodyOptions {
  /** `{}` is read from a missing one */
  readonly isOptional: boolean
  /** longest body, bytes */
  readonly most: number
  /** longest time until it is there, ms */
  readonly withinMs?: number
}

/** Reads a JSON body. Throws PAYLOAD_TOO_LARGE, REQUEST_TIMEOUT when it comes too slowly, INVALID_REQUEST_BODY. */
export async function readJson(request: Request, options: BodyOptions): Promise<unknown> {
  const text = await readText(request, options)
  if (text === '' && options.isOptional) return {}
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw new PlatformError('INVALID_REQUEST_BODY', 'The body is not JSON', { cause })
  }
  checkCount(value)
  return value
}

/** To find what is wrong with each of a hundred thousand values takes most of a second, in which nobody else is served. */
function checkCount(body: unknown): void {
  const left = [body]
  for (let count = 1; left.length > 0; ) {
    const value = left.pop()
    if (typeof value !== 'object' || value === null) continue
    const inner: unknown[] = Array.isArray(value) ? value : Object.values(value)
    count += inner.length
    if (count > limits.apiBodyValues) {
      throw new PlatformError('INVALID_REQUEST_BODY', `The body has more than ${limits.apiBodyValues} values`)
    }
    left.push(...inner)
  }
}

async function readText(request: Request, options: BodyOptions): Promise<string> {
  return (await readBytes(request, options)).toString('utf8')
}

/** Reads a body as it comes. Throws PAYLOAD_TOO_LARGE, REQUEST_TIMEOUT when it comes too slowly. */
export async function readBytes(
  { headers, body }: Request,
  { most, withinMs = limits.apiBodyMs }: Omit<BodyOptions, 'isOptional'>,
): Promise<Buffer> {
  const tooLarge = new PlatformError('PAYLOAD_TOO_LARGE', `The body is larger than ${most} bytes`)
  if (Number(headers.get('content-length') ?? 0) > most) throw tooLarge
  if (body === null) return Buffer.alloc(0)
  const chunks: Uint8Array[] = []
  let size = 0
  const reader = body.getReader()
  const late = Promise.withResolvers<never>()
  late.promise.catch(() => {}) // Most bodies come in time.
  const timer = setTimeout(
    () => late.reject(new PlatformError('REQUEST_TIMEOUT', `The body did not come within ${withinMs / 1000} s`)),
    withinMs,
  )
  try {
    for (;;) {
      const { done, value } = await Promise.race([reader.read(), late.promise])
      if (done) return Buffer.concat(chunks)
      size += value.length
      if (size > most) throw tooLarge
      chunks.push(value)
    }
  } catch (error) {
    // Nobody waits for what is still to come.
    reader.cancel().catch(() => {})
    throw error
  } finally {
    clearTimeout(timer)
  }
}
