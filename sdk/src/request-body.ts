/** A stream as the body of a request. */
export interface RequestBody {
  readonly stream: ReadableStream<Uint8Array>
  /** Lets go of the source, which is told; what still reads the stream gets the reason as its error. */
  abandon(reason: unknown): void
}

/**
 * A body that can be taken back from `fetch`: Node goes on reading the stream of a request that was given up, without
 * an end if the stream has none, and so keeps its program from ending.
 *
 * @internal
 */
export function createRequestBody(source: ReadableStream<Uint8Array>): RequestBody {
  const reader = source.getReader()
  let isAbandoned = false
  let fail: (reason: unknown) => void = () => {}
  const stream = new ReadableStream<Uint8Array>(
    {
      start(controller) {
        fail = (reason) => controller.error(reason)
      },
      async pull(controller) {
        const { done, value } = await reader.read()
        if (isAbandoned) return
        if (done) controller.close()
        else controller.enqueue(value)
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  )
  return {
    stream,
    abandon(reason) {
      if (isAbandoned) return
      isAbandoned = true
      fail(reason)
      // Why the source does not end well is its owner's affair: the caller gets the reason of the request.
      reader.cancel(reason).catch(() => {})
    },
  }
}
