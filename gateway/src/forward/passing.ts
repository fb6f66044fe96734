import type { Readable } from 'node:stream'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** bytes that may lie about before they are collected */
const collectBytes = 8 * 1024 * 1024

/**
 * Keeps the memory of what has passed small. To V8 a chunk of 64 KiB is a small object with a large body elsewhere, and
 * it collects young objects when these are many, not when their bodies are large: tens of megabytes would lie about
 * while a large file passes. A collection of the young ones alone takes less than a millisecond.
 */
export function collectWhatPasses(source: Readable): void {
  source.on('data', (chunk: Buffer) => notePassed(chunk.length))
}

/** The same for bytes that do not come as a stream. */
export function notePassed(bytes: number): void {
  passedBytes += bytes
  if (passedBytes < collectBytes) return
  passedBytes = 0
  collectYoung({ type: 'minor' })
}

/** of all streams together, as they share the memory */
let passedBytes = 0

const collectYoung = exposeCollector()

/**
 * The flag shows the collector only to contexts made after it. The bodies are freed at once and by the same thread: freed
 * behind, they still counted when the next collection was due, and V8 marked the whole heap again and again on all cores.
 */
function exposeCollector(): (options: { readonly type: 'minor' }) => void {
  setFlagsFromString('--no-concurrent-array-buffer-sweeping')
  setFlagsFromString('--expose-gc')
  return runInNewContext('gc') as (options: { readonly type: 'minor' }) => void
}
