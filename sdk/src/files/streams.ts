/** How far a download is, bytes. */
export interface DownloadProgress {
  readonly bytesReceived: number
  readonly totalBytes?: number
}

/** How far an upload is, bytes. */
export interface UploadProgress {
  readonly bytesSent: number
}

/** How a file is downloaded as a stream. */
export interface DownloadStreamOptions {
  readonly onProgress?: (progress: DownloadProgress) => void
  readonly signal?: AbortSignal
  /** s; 0 is no deadline */
  readonly timeout?: number
}

/** How a file is written. */
export interface WriteOptions {
  /** entity tag of `readVersion`: the file is written only while it is that version */
  readonly ifMatch?: string
  readonly signal?: AbortSignal
}

/** A file that was written. */
export interface WrittenFile {
  /** its new version, when it was written with `ifMatch` */
  readonly etag?: string
}

/** How a file is uploaded from a stream. */
export interface UploadStreamOptions extends WriteOptions {
  readonly onProgress?: (progress: UploadProgress) => void
  /** s; 0 is no deadline */
  readonly timeout?: number
}

/** What a file can be uploaded from: bytes, a file of a browser, a local path, or a stream of the web or of Node. */
export type UploadSource = Uint8Array | Blob | string | ReadableStream<Uint8Array> | AsyncIterable<Uint8Array | string>

/** Any source of bytes as a stream of the web, pulled as it is read. */
export function toWebStream(
  source: ReadableStream<Uint8Array> | AsyncIterable<Uint8Array | string>,
): ReadableStream<Uint8Array> {
  if (source instanceof ReadableStream) return source
  const chunks = source[Symbol.asyncIterator]()
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { done, value } = await chunks.next()
      if (done === true) controller.close()
      else controller.enqueue(typeof value === 'string' ? new TextEncoder().encode(value) : value)
    },
    async cancel() {
      await chunks.return?.()
    },
  })
}

/** The body of an answer, which tells how far it is. */
export function countDownload(
  response: Response,
  onProgress?: (progress: DownloadProgress) => void,
): ReadableStream<Uint8Array> {
  const body = response.body ?? (new Blob([]).stream() as ReadableStream<Uint8Array>)
  if (onProgress === undefined) return body
  const total = Number(response.headers.get('Content-Length') ?? Number.NaN)
  return count(body, (bytesReceived) => onProgress({ bytesReceived, ...(total >= 0 ? { totalBytes: total } : {}) }))
}

/** A stream that tells how much of it was taken. */
export function countUpload(
  stream: ReadableStream<Uint8Array>,
  onProgress?: (progress: UploadProgress) => void,
): ReadableStream<Uint8Array> {
  return onProgress === undefined ? stream : count(stream, (bytesSent) => onProgress({ bytesSent }))
}

/** All of a stream. */
export async function collect(stream: ReadableStream<Uint8Array>): Promise<Uint8Array> {
  return new Uint8Array(await new Response(stream as ReadableStream<Uint8Array<ArrayBuffer>>).arrayBuffer())
}

function count(stream: ReadableStream<Uint8Array>, tell: (bytes: number) => void): ReadableStream<Uint8Array> {
  let bytes = 0
  return stream.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        bytes += chunk.length
        tell(bytes)
        controller.enqueue(chunk)
      },
    }),
  )
}
