import type { ServerResponse } from 'node:http'
import { writeChunk } from './write-chunk.ts'

/** Writes a JSON answer bit by bit, no faster than the caller reads; what is small leaves in one piece. */
export class JsonWriter {
  readonly #response: ServerResponse
  readonly #status: number
  #pending = ''

  constructor(response: ServerResponse, status: number) {
    this.#response = response
    this.#status = status
  }

  /** Appends text that is JSON already. */
  async raw(json: string): Promise<void> {
    this.#pending += json
    if (this.#pending.length >= flushCharacters) await this.#flush()
  }

  /** Appends bytes as one JSON string; what is not UTF-8 becomes U+FFFD. */
  async text(chunks: Iterable<Buffer> | AsyncIterable<Buffer>): Promise<void> {
    const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
    await this.raw('"')
    for await (const chunk of chunks) {
      for (let at = 0; at < chunk.length; at += flushCharacters) {
        const part = chunk.subarray(at, at + flushCharacters)
        await this.raw(JSON.stringify(decoder.decode(part, { stream: true })).slice(1, -1))
      }
    }
    await this.raw(`${JSON.stringify(decoder.decode()).slice(1, -1)}"`)
  }

  /** Completes the answer. */
  end(): void {
    const response = this.#response
    if (!response.headersSent) {
      this.#writeHead({ 'content-length': Buffer.byteLength(this.#pending) })
    }
    response.end(this.#pending)
  }

  async #flush(): Promise<void> {
    const response = this.#response
    if (!response.headersSent) this.#writeHead({})
    const piece = this.#pending
    this.#pending = ''
    await writeChunk(response, piece)
  }

  #writeHead(more: Record<string, number>): void {
    this.#response.writeHead(this.#status, { 'content-type': 'application/json; charset=utf-8', ...more })
  }
}

const flushCharacters = 64 * 1024
