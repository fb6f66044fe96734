import { DaytonaError, type Sandbox } from '@sandyard/sdk'

/** Largest file that is edited here, bytes; it comes over as a whole, and its diff is made in OpenCode's process. */
const mostBytes = 16 * 1024 * 1024
/** Most lines of such a file: each takes room and time by itself, and others of OpenCode's process wait meanwhile. */
const mostLines = 500_000

/** A file as text, and what is needed to write it back as it was. */
export interface TextFile {
  /** without a byte order mark */
  readonly text: string
  readonly hasMark: boolean
  /**
   * `bytes`: it is no UTF-8, and each character stands for one byte. ASCII in it is found and replaced all the same,
   * and what is not touched stays as it is.
   */
  readonly encoding: 'utf8' | 'bytes'
}

const mark = '\ufeff'

/**
 * The content of a file, or null when there is none. Throws an Error for a folder, for what is no regular file, for
 * one that is too large, and for one that is binary.
 */
export async function readTextFile(sandbox: Sandbox, path: string, signal: AbortSignal): Promise<TextFile | null> {
  const bytes = await readBytes(sandbox, path, signal)
  if (bytes === null) return null
  if (bytes.includes(0)) throw new Error(`Cannot edit binary file: ${path}`)
  if (hasMoreLines(bytes, mostLines)) throw tooLarge(path, `has more than ${mostLines} lines`)
  const text = bytes.toString('utf8')
  if (!Buffer.from(text).equals(bytes)) return { text: bytes.toString('latin1'), hasMark: false, encoding: 'bytes' }
  return { ...splitMark(text), encoding: 'utf8' }
}

/** True when something has this name, whatever it is. */
export async function isThere(sandbox: Sandbox, path: string, signal: AbortSignal): Promise<boolean> {
  try {
    await sandbox.toolbox.call('getFileInfo', { query: { path } }, { signal })
    return true
  } catch (error) {
    if (isNotFound(error)) return false
    throw error
  }
}

/** Text of the model in the form that the text of this file has. */
export function inEncodingOf(file: TextFile, text: string): string {
  return file.encoding === 'bytes' ? Buffer.from(text).toString('latin1') : text
}

/** A text and whether it began with a byte order mark. */
export function splitMark(text: string): { readonly text: string; readonly hasMark: boolean } {
  return text.startsWith(mark) ? { text: text.slice(1), hasMark: true } : { text, hasMark: false }
}

/** Writes a file, with the folders that it needs; an existing one keeps its owner and mode. */
export async function writeTextFile(sandbox: Sandbox, path: string, file: TextFile): Promise<void> {
  const { text, hasMark, encoding } = file
  // A change that has begun is not given up half way: the signal of the turn does not end it.
  await sandbox.fs.writeFile(path, encoding === 'bytes' ? Buffer.from(text, 'latin1') : (hasMark ? mark : '') + text)
}

/** True when a file begins with a byte order mark of UTF-8. Throws an Error for what is no regular file. */
export async function readMark(sandbox: Sandbox, path: string, signal: AbortSignal): Promise<boolean> {
  const head = await readHead(sandbox, path, { most: 3, signal })
  return head?.toString('utf8') === mark
}

async function readBytes(sandbox: Sandbox, path: string, signal: AbortSignal): Promise<Buffer | null> {
  const bytes = await readHead(sandbox, path, { most: mostBytes + 1, signal })
  if (bytes === null || bytes.length <= mostBytes) return bytes
  throw tooLarge(path, `is larger than ${mostBytes / 1024 / 1024} MiB`)
}

function tooLarge(path: string, how: string): Error {
  return new Error(`${path} ${how}. Change it with the bash tool, for example with sed.`)
}

function hasMoreLines(bytes: Buffer, most: number): boolean {
  let count = 0
  for (let at = bytes.indexOf(10); at >= 0 && count <= most; at = bytes.indexOf(10, at + 1)) count += 1
  return count > most
}

/** The first bytes of a file, whatever size it says it has; null when there is none. */
async function readHead(
  sandbox: Sandbox,
  path: string,
  { most, signal }: { readonly most: number; readonly signal: AbortSignal },
): Promise<Buffer | null> {
  let stream: ReadableStream<Uint8Array>
  try {
    stream = await sandbox.fs.downloadFileStream(path, { signal })
  } catch (error) {
    if (isNotFound(error)) return null
    throw error
  }
  const pieces: Uint8Array[] = []
  let size = 0
  const reader = stream.getReader()
  while (size < most) {
    const { value, done } = await reader.read()
    if (done) break
    pieces.push(value)
    size += value.length
  }
  // It may have failed, or have ended: then there is nothing to cancel.
  await reader.cancel().catch(() => {})
  return Buffer.concat(pieces).subarray(0, most)
}

function isNotFound(error: unknown): boolean {
  return error instanceof DaytonaError && error.code === 'FILE_NOT_FOUND'
}
