import type { Sandbox } from '@sandyard/sdk'

/** What a file is to this page. */
export type Content =
  | { readonly kind: 'text'; readonly text: string; readonly lineBreak: '\n' | '\r\n' }
  | { readonly kind: 'picture'; readonly url: string; readonly sizeBytes: number }
  | { readonly kind: 'other'; readonly why: 'big' | 'binary' | 'wide'; readonly sizeBytes: number }

/** A file as it was read, and its version. */
export interface ReadFile {
  readonly content: Content
  readonly tag: string | null
}

/** largest file that is opened as text, bytes */
export const mostText: number = 2 * 1024 * 1024
/** largest picture that is shown, bytes */
const mostPicture = 16 * 1024 * 1024

/** most dots of a picture that is shown: a small file can hold one that fills the memory of the page */
const mostDots = 100_000_000

/** What browsers show. Pictures made of text are text here: they can be edited, and never run as pages. */
const pictures: Readonly<Record<string, string>> = {
  png: 'image/png',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  gif: 'image/gif',
  webp: 'image/webp',
  avif: 'image/avif',
  bmp: 'image/bmp',
  ico: 'image/x-icon',
}

/** Reads a file, no more of it than is shown. */
export async function readFile(sandbox: Sandbox, path: string, signal?: AbortSignal): Promise<ReadFile> {
  // The version that nothing has: a browser keeps no answer to such a question, nor gives an old one.
  const response = await ask(sandbox, path, '"none"', signal)
  const tag = response.headers.get('etag')
  const picture = pictures[/\.(\w+)$/.exec(path)?.[1]?.toLowerCase() ?? '']
  const most = picture === undefined ? mostText : mostPicture
  const sizeBytes = Number(response.headers.get('content-length') ?? 0)
  const bytes = sizeBytes > most ? null : await readAtMost(response, most)
  if (bytes === null) {
    void response.body?.cancel().catch(() => {})
    return { content: { kind: 'other', why: 'big', sizeBytes }, tag }
  }
  if (picture !== undefined && bytes.length > 0) {
    const url = await dataUrl(new Blob([bytes], { type: picture }))
    if ((await dotsOf(url)) > mostDots) return { content: { kind: 'other', why: 'wide', sizeBytes: bytes.length }, tag }
    return { content: { kind: 'picture', url, sizeBytes: bytes.length }, tag }
  }
  const text = asText(bytes)
  if (text === null) return { content: { kind: 'other', why: 'binary', sizeBytes: bytes.length }, tag }
  return { content: { kind: 'text', text, lineBreak: lineBreakOf(text) }, tag }
}

/** How the file on the disk is to the version that was read. */
export async function compareDisk(sandbox: Sandbox, path: string, tag: string): Promise<'same' | 'changed' | 'gone'> {
  try {
    const response = await ask(sandbox, path, tag)
    void response.body?.cancel().catch(() => {})
    return response.status === 304 ? 'same' : 'changed'
  } catch (error) {
    if ((error as { statusCode?: number }).statusCode === 404) return 'gone'
    throw error
  }
}

/** The version of a file now. */
export async function readTag(sandbox: Sandbox, path: string): Promise<string | null> {
  const response = await ask(sandbox, path, '"none"')
  void response.body?.cancel().catch(() => {})
  return response.headers.get('etag')
}

function ask({ toolbox }: Sandbox, path: string, unless: string, signal?: AbortSignal): Promise<Response> {
  const url = `${toolbox.url}/files/download`
  return toolbox.client.request({ method: 'GET', url, query: { path }, headers: { 'If-None-Match': unless }, signal })
}

/** The bytes of an answer; null when there are more. What says that it is empty may have some all the same. */
async function readAtMost({ body }: Response, most: number): Promise<Uint8Array<ArrayBuffer> | null> {
  const reader = body?.getReader()
  const chunks: Uint8Array<ArrayBuffer>[] = []
  let size = 0
  while (reader !== undefined) {
    const { done, value } = await reader.read()
    if (done) break
    size += value.length
    if (size > most) {
      void reader.cancel().catch(() => {})
      return null
    }
    chunks.push(value)
  }
  return new Uint8Array(await new Blob(chunks).arrayBuffer())
}

/** Text, when writing it again gives the same bytes; a file with NUL is none. */
function asText(bytes: Uint8Array): string | null {
  if (bytes.includes(0)) return null
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return null // Not UTF-8: to save it would damage it.
  }
}

/** The end of all lines; where they have both, the sign before the other is part of the line. */
function lineBreakOf(text: string): '\n' | '\r\n' {
  return /\r\n/.test(text) && !/(^|[^\r])\n/.test(text) ? '\r\n' : '\n'
}

/** Unlike an address of a blob, it is never a page of ours when somebody opens it. */
function dataUrl(blob: Blob): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader()
    reader.addEventListener('load', () => resolve(String(reader.result)))
    reader.addEventListener('error', () => reject(reader.error ?? new Error('The picture could not be read')))
    reader.readAsDataURL(blob)
  })
}

/** How many dots a picture has, by its head alone: it is not drawn. 0 for one that is none. */
function dotsOf(url: string): Promise<number> {
  return new Promise((resolve) => {
    const picture = new Image()
    picture.addEventListener('load', () => resolve(picture.naturalWidth * picture.naturalHeight))
    picture.addEventListener('error', () => resolve(0))
    picture.src = url
  })
}
