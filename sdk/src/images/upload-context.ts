import type { Client } from '../client.ts'
import { DaytonaError } from '../errors.ts'
import { builtin } from '../runtime.ts'
import type { Context } from './copy-sources.ts'
import type { Image } from './image.ts'
import { callS3, type PushAccess } from './s3.ts'
import { listEntries, type TarEntry, writeTar } from './tar.ts'

/** Size of the parts of a large context, bytes; storages take none below 5 MiB but the last. */
const partBytes = 16 * 1024 * 1024

/** What the platform builds an image from: its Dockerfile, and the local files, which are there afterwards. */
export async function prepareBuild(
  client: Client,
  image: string | Image,
): Promise<{ dockerfileContent: string; contextHashes?: string[] }> {
  if (typeof image === 'string') return { dockerfileContent: `FROM ${image}\n` }
  const contexts = image.contextList
  if (contexts.length === 0) return { dockerfileContent: image.dockerfile }
  const access = await client.call('getPushAccess')
  const hashes: string[] = []
  for (const context of contexts) hashes.push(await uploadContext(access, context))
  return { dockerfileContent: image.dockerfile, contextHashes: hashes }
}

/** Uploads a context unless the same is there already; answers its hash. */
async function uploadContext(access: PushAccess, { sourcePath, archivePath }: Context): Promise<string> {
  const entries = [...parents(archivePath), ...listEntries(sourcePath, archivePath)]
  const hash = await hashEntries(entries)
  const key = `${access.organizationId}/${hash}/context.tar`
  if ((await callS3(access, { method: 'HEAD', key })).status !== 404) return hash
  const parts = collectParts(writeTar(entries))
  const first = await parts.next()
  const second = first.done === true ? first : await parts.next()
  if (first.done === true || second.done === true)
    await callS3(access, { method: 'PUT', key, body: first.value ?? new Uint8Array() })
  else await uploadParts(access, key, [first.value, second.value], parts)
  return hash
}

async function uploadParts(
  access: PushAccess,
  key: string,
  begun: readonly Uint8Array[],
  rest: AsyncGenerator<Uint8Array, void>,
): Promise<void> {
  const answer = await (await callS3(access, { method: 'POST', key, query: { uploads: '' } })).text()
  const uploadId = readEntities(/<UploadId>([^<]+)<\/UploadId>/.exec(answer)?.[1] ?? '')
  if (uploadId === '') throw new DaytonaError('The storage of build contexts did not begin an upload')
  try {
    const tags: string[] = []
    const send = async (body: Uint8Array): Promise<void> => {
      const query = { partNumber: String(tags.length + 1), uploadId }
      const response = await callS3(access, { method: 'PUT', key, query, body })
      tags.push(response.headers.get('etag') ?? '')
    }
    for (const part of begun) await send(part)
    for await (const part of rest) await send(part)
    const list = tags.map((tag, index) => `<Part><PartNumber>${index + 1}</PartNumber><ETag>${tag}</ETag></Part>`)
    const body = new TextEncoder().encode(`<CompleteMultipartUpload>${list.join('')}</CompleteMultipartUpload>`)
    await callS3(access, { method: 'POST', key, query: { uploadId }, body })
  } catch (error) {
    // What has been sent is of no use; that it stays is no reason to tell another error.
    await callS3(access, { method: 'DELETE', key, query: { uploadId } }).catch(() => {})
    throw error
  }
}

/** Folders above an entry, so that an archive names them before what is in them. */
function parents(archivePath: string): TarEntry[] {
  const names = archivePath.split('/').slice(0, -1)
  return names.map((_, index) => ({
    name: names.slice(0, index + 1).join('/'),
    path: '',
    kind: 'folder',
    size: 0,
    mode: 0o755,
    target: '',
  }))
}

/** A name for the content: the same files under the same names have the same. */
async function hashEntries(entries: readonly TarEntry[]): Promise<string> {
  const { createHash } = builtin('node:crypto', 'A build context')
  const { createReadStream } = builtin('node:fs', 'A build context')
  const hash = createHash('sha256')
  for (const { name, path, kind, size, mode, target } of entries) {
    hash.update(JSON.stringify([name, kind, size, mode, target]))
    if (kind === 'file') for await (const chunk of createReadStream(path)) hash.update(chunk as Uint8Array)
  }
  return hash.digest('hex')
}

/** Pieces of any size as parts of one size, the last one smaller. */
async function* collectParts(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void> {
  let part = new Uint8Array(partBytes)
  let filled = 0
  for await (const piece of pieces) {
    for (let at = 0; at < piece.length; ) {
      const taken = Math.min(piece.length - at, partBytes - filled)
      part.set(piece.subarray(at, at + taken), filled)
      at += taken
      filled += taken
      if (filled < partBytes) continue
      yield part
      part = new Uint8Array(partBytes)
      filled = 0
    }
  }
  if (filled > 0) yield part.subarray(0, filled)
}

function readEntities(text: string): string {
  return text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&quot;', '"').replaceAll('&amp;', '&')
}
