import type { ContentBlock } from '@modelcontextprotocol/server'
import { limits } from '@sandyard/protocol'
import type { Sandbox } from '@sandyard/sdk'
import { z } from 'zod'
import { path, sandboxId } from '../arguments.ts'
import { ToolError } from '../failure.ts'
import { brokenTail, textOf } from '../texts.ts'
import { defineTool, reads } from '../tool.ts'

/** Kinds of images that models see, by how they begin. */
const imageKinds = [
  { mimeType: 'image/png', begins: [0x89, 0x50, 0x4e, 0x47] },
  { mimeType: 'image/jpeg', begins: [0xff, 0xd8, 0xff] },
  { mimeType: 'image/gif', begins: [0x47, 0x49, 0x46, 0x38] },
  { mimeType: 'image/webp', begins: [0x52, 0x49, 0x46, 0x46, -1, -1, -1, -1, 0x57, 0x45, 0x42, 0x50] },
] as const

export const fileDownload = defineTool({
  name: 'file_download',
  title: 'Read a file',
  description: `Reads a file of a sandbox: text as text, images as images, anything else as base64. Long text comes in pieces of ${limits.mcpOutputLength / 1024} KiB: go on with \`offset\`.`,
  input: z.strictObject({
    id: sandboxId,
    filePath: path('The file'),
    offset: z.int().min(0).default(0).describe('Byte to begin at: `nextOffset` of the answer before'),
    length: z
      .int()
      .min(1)
      .max(limits.mcpFileBytes)
      .optional()
      .describe(
        `Bytes to read at most; default ${limits.mcpOutputLength} of text, and all of an image up to ${limits.mcpFileBytes}`,
      ),
  }),
  output: z.object({
    path: z.string(),
    size: z.number().describe('of the whole file, bytes'),
    offset: z.number(),
    bytes: z.number().describe('how many of them were read'),
    encoding: z.enum(['text', 'base64']),
    content: z.string().optional().describe('absent for an image, which is shown beside it'),
    mimeType: z.string().optional(),
    nextOffset: z.number().nullable().describe('where to go on; null at the end'),
  }),
  annotations: reads,
  async run({ id, filePath, offset, length }, { platform, signal }) {
    const sandbox = await platform.get(id)
    const { size, isDir } = await sandbox.toolbox.call('getFileInfo', { query: { path: filePath } }, { signal })
    if (isDir) throw new ToolError(`filePath ${filePath} is a folder`, 'list_files shows what is in it.')
    if (offset > size) throw new ToolError(`offset ${offset} is behind the end: ${filePath} has ${size} bytes`)
    const found = await readPart(sandbox, { filePath, offset, length: length ?? limits.mcpFileBytes }, signal)
    const isWhole = offset === 0 && found.length >= size
    const mimeType = isWhole ? imageKind(found) : undefined
    if (mimeType !== undefined) {
      const image: ContentBlock = { type: 'image', data: toBase64(found), mimeType }
      const about = { path: filePath, size, offset, bytes: found.length, encoding: 'base64' as const, mimeType }
      const text = `${filePath}: ${mimeType}, ${size} bytes`
      return { text, structured: { ...about, nextOffset: null }, content: [image] }
    }
    const bytes = wholeText(length === undefined ? found.subarray(0, limits.mcpOutputLength) : found, offset, size)
    const text = textOf(bytes)
    const next = offset + bytes.length
    const nextOffset = next < size && bytes.length > 0 ? next : null
    const more = nextOffset === null ? '' : `\n(${size - next} of ${size} bytes follow: go on with offset ${next})`
    const about = { path: filePath, size, offset, bytes: bytes.length, nextOffset }
    if (text !== null)
      return { text: `${text}${more}`, structured: { ...about, encoding: 'text' as const, content: text } }
    const content = toBase64(bytes)
    const blob: ContentBlock = {
      type: 'resource',
      resource: {
        uri: `sandbox://${encodeURIComponent(sandbox.id)}/${encodeURI(filePath.replace(/^\/+/, ''))}`,
        mimeType: 'application/octet-stream',
        blob: content,
      },
    }
    return {
      text: `${filePath}: ${bytes.length} bytes that are no text, as base64 beside this${more}`,
      structured: { ...about, encoding: 'base64' as const, content },
      content: [blob],
    }
  },
})

interface Part {
  readonly filePath: string
  readonly offset: number
  /** bytes */
  readonly length: number
}

/** Bytes of a file; less where it ends. Never more is read of it, however it grows meanwhile. */
async function readPart(
  sandbox: Sandbox,
  { filePath, offset, length }: Part,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const { client, url } = sandbox.toolbox
  const response = await client
    .request({
      method: 'GET',
      url: `${url}/files/download`,
      query: { path: filePath },
      headers: { Range: `bytes=${offset}-${offset + length - 1}` },
      signal,
    })
    .catch((error: { statusCode?: number }) => {
      // nothing is left behind the offset: the end of the file, or an empty one
      if (error.statusCode === 416) return null
      throw error
    })
  if (response?.body == null) return new Uint8Array()
  const chunks: Uint8Array[] = []
  let [count, skip] = [0, response.status === 206 ? 0 : offset]
  for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
    const rest = chunk.subarray(Math.min(skip, chunk.length), Math.min(chunk.length, skip + length - count))
    skip -= Math.min(skip, chunk.length)
    chunks.push(rest)
    count += rest.length
    if (count >= length) break
  }
  return Buffer.concat(chunks)
}

/** Bytes up to a whole character, so that the next part begins with one; all of them at the end. */
function wholeText(bytes: Uint8Array, offset: number, size: number): Uint8Array {
  if (offset + bytes.length >= size) return bytes
  const whole = bytes.subarray(0, bytes.length - brokenTail(bytes))
  return whole.length === 0 ? bytes : whole
}

function imageKind(bytes: Uint8Array): string | undefined {
  return imageKinds.find(({ begins }) => begins.every((byte, at) => byte === -1 || bytes[at] === byte))?.mimeType
}

function toBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64')
}
