import { type FileBytes, toFileBytes } from '../bytes.ts'
import { DaytonaError, DaytonaInvalidArgumentError } from '../errors.ts'
import type { FileInfo } from '../operations/files.ts'
import { builtin, isBrowser } from '../runtime.ts'
import type { Toolbox } from '../toolbox.ts'
import { downloadMany, type FileDownloadRequest, type FileDownloadResponse } from './download-many.ts'
import { joinFound, type SearchFilesResponse } from './search.ts'
import {
  collect,
  countDownload,
  countUpload,
  type DownloadStreamOptions,
  toWebStream,
  type UploadSource,
  type UploadStreamOptions,
  type WriteOptions,
  type WrittenFile,
} from './streams.ts'

/** What to change of a file; the rest stays. */
export interface FilePermissionsParams {
  group?: string
  /** octal, such as `644` */
  mode?: string
  owner?: string
}

/** How a folder is listed. */
export interface ListOptions {
  /** levels, from 1 */
  depth?: number
  /** true: links tell that they are links, and those that lead nowhere are there too */
  links?: boolean
}

/** A file as it was read. */
export interface FileVersion {
  readonly content: FileBytes
  /** entity tag, for `ifMatch`; null for files that the kernel makes up */
  readonly etag: string | null
}

/** A file to upload: bytes, or the path of a local file; `content` is always content, also when it is text. */
export type FileUpload =
  | { readonly source: string | Uint8Array; readonly destination: string }
  | { readonly content: string | Uint8Array; readonly path: string }

/** Files of a sandbox. Paths are absolute, or relative to its work dir. */
export class FileSystem {
  readonly #toolbox: Toolbox

  constructor(toolbox: Toolbox) {
    this.#toolbox = toolbox
  }

  /** Makes a folder and its parents. */
  async createFolder(path: string, mode = '755'): Promise<void> {
    await this.#toolbox.call('createFolder', { query: { path, mode } })
  }

  /**
   * Deletes a file, or a folder with all that is in it; with `recursive: false` a folder is refused.
   *
   * @throws DaytonaFileNotFoundError when there is none
   */
  async deleteFile(path: string, recursive = true): Promise<void> {
    await this.#toolbox.call('deleteFile', { query: { path, recursive } })
  }

  /** Deletes files and folders, one after the other; what is not there is passed over. */
  async deleteFiles(paths: readonly string[]): Promise<void> {
    for (const path of paths) {
      try {
        await this.deleteFile(path)
      } catch (error) {
        if (!(error instanceof DaytonaError && error.statusCode === 404)) throw error
      }
    }
  }

  /** The bytes of a file. */
  async readFile(path: string): Promise<FileBytes> {
    return toFileBytes(new Uint8Array(await (await this.#download(path)).arrayBuffer()))
  }

  /** The bytes of a file and its version, to write it later with `ifMatch`. */
  async readVersion(path: string): Promise<FileVersion> {
    const response = await this.#download(path)
    const etag = response.headers.get('etag')
    return { content: toFileBytes(new Uint8Array(await response.arrayBuffer())), etag }
  }

  /**
   * Writes a file; text as UTF-8. What is there is replaced as a whole, or not at all.
   *
   * @throws DaytonaPreconditionFailedError when it is not the version of `ifMatch` any more
   */
  async writeFile(path: string, content: string | Uint8Array, options: WriteOptions = {}): Promise<WrittenFile> {
    const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content
    return await this.#upload(path, bytes, options)
  }

  /**
   * The bytes of a file; with a local path they go there instead.
   *
   * @param timeout s; 0 is no deadline
   */
  downloadFile(remotePath: string, timeout?: number): Promise<FileBytes>
  downloadFile(remotePath: string, localPath: string, timeout?: number): Promise<void>
  async downloadFile(remotePath: string, target?: string | number, timeout?: number): Promise<FileBytes | undefined> {
    const seconds = typeof target === 'number' ? target : timeout
    if (typeof target === 'string') return await this.#downloadTo(remotePath, target, seconds)
    const signal = seconds ? AbortSignal.timeout(seconds * 1000) : undefined
    return toFileBytes(new Uint8Array(await (await this.#download(remotePath, signal)).arrayBuffer()))
  }

  /** A file as it comes. */
  async downloadFileStream(
    remotePath: string,
    options: DownloadStreamOptions | number = {},
  ): Promise<ReadableStream<Uint8Array>> {
    const { signal, onProgress } = typeof options === 'number' ? {} : options
    const timeout = typeof options === 'number' ? options : options.timeout
    const timed = timeout ? AbortSignal.timeout(timeout * 1000) : undefined
    const joined = AbortSignal.any([signal, timed].filter((one) => one !== undefined))
    return countDownload(await this.#download(remotePath, joined), onProgress)
  }

  /** Many files; one that cannot be read has an `error`, the others come all the same. */
  downloadFiles(
    files: readonly (FileDownloadRequest | string)[],
    timeoutSec?: number,
  ): Promise<FileDownloadResponse[]> {
    return downloadMany(
      files,
      (path) => this.downloadFile(path, timeoutSec ?? 0),
      (path, local) => this.downloadFile(path, local, timeoutSec ?? 0),
    )
  }

  /** Lines below a path that contain a text. */
  findFiles(path: string, pattern: string): Promise<{ file: string; line: number; content: string }[]> {
    return this.#toolbox.call('findInFiles', { query: { path, pattern } })
  }

  /** Size, owner, mode and time of a file or folder. */
  getFileDetails(path: string): Promise<FileInfo> {
    return this.#toolbox.call('getFileInfo', { query: { path } })
  }

  /** True when there is a file or folder. */
  async exists(path: string): Promise<boolean> {
    try {
      await this.getFileDetails(path)
      return true
    } catch (error) {
      if (error instanceof DaytonaError && error.statusCode === 404) return false
      throw error
    }
  }

  /**
   * What is in a folder, sorted by name; with a `depth` above 1 also what is in its folders. Of symbolic links it is told
   * what they lead to, and those that lead nowhere are left out; with `links` these are there too, and all have `linkTarget`.
   */
  listFiles(path = '.', { depth, links }: ListOptions = {}): Promise<FileInfo[]> {
    return this.#toolbox.call('listFiles', { query: { path, depth, links } })
  }

  /** Moves or renames. */
  async moveFiles(source: string, destination: string): Promise<void> {
    await this.#toolbox.call('moveFile', { query: { source, destination } })
  }

  /** Replaces a text in files; one result per file. */
  replaceInFiles(
    files: string[],
    pattern: string,
    newValue: string,
  ): Promise<{ file: string; success: boolean; error?: string }[]> {
    return this.#toolbox.call('replaceInFiles', { body: { files, pattern, newValue } })
  }

  /**
   * Replaces a text in one file.
   *
   * @throws DaytonaError when the file cannot be read or written
   */
  async replaceInFile(file: string, pattern: string, newValue: string): Promise<void> {
    const [result] = await this.replaceInFiles([file], pattern, newValue)
    if (result?.success !== true)
      throw new DaytonaError(`Could not replace in ${file}: ${result?.error ?? 'no result came'}`)
  }

  /**
   * Files whose base name matches a glob, in `files`. A pattern without `*`, `?` and `[` is also looked for in their
   * content: the result can be iterated for the lines that have it.
   */
  async searchFiles(path: string, pattern: string): Promise<SearchFilesResponse> {
    const query = { path, pattern }
    const [{ files }, lines] = await Promise.all([
      this.#toolbox.call('searchFiles', { query }),
      /[*?[]/.test(pattern) ? [] : this.findFiles(path, pattern),
    ])
    return joinFound(files, lines)
  }

  /** Changes owner, group or mode of one file or folder. */
  async setFilePermissions(path: string, permissions: FilePermissionsParams): Promise<void> {
    await this.#toolbox.call('setFilePermissions', { query: { path, ...permissions } })
  }

  /** Changes the mode of one file or folder; octal, such as `755`. */
  async chmod(path: string, mode: string): Promise<void> {
    await this.setFilePermissions(path, { mode })
  }

  /**
   * Writes a file, from bytes or from a local file.
   *
   * @param source bytes, or the path of a local file
   * @param timeout s; 0 is no deadline
   */
  async uploadFile(source: Uint8Array | string, remotePath: string, timeout?: number): Promise<void> {
    if (typeof source !== 'string') await this.#upload(remotePath, source, { timeout })
    else await this.uploadFileStream(openLocal(source), remotePath, { ...(timeout === undefined ? {} : { timeout }) })
  }

  /**
   * Writes a file from a stream, which is sent as it comes; in a browser it is collected first. A `Blob` is not: a browser
   * reads it from the disk as it sends it.
   */
  async uploadFileStream(
    source: UploadSource,
    remotePath: string,
    options: UploadStreamOptions = {},
  ): Promise<WrittenFile> {
    if (source instanceof Uint8Array || source instanceof Blob) {
      const written = await this.#upload(remotePath, source, options)
      options.onProgress?.({ bytesSent: source instanceof Blob ? source.size : source.length })
      return written
    }
    const stream = toWebStream(typeof source === 'string' ? openLocal(source) : source)
    const counted = countUpload(stream, options.onProgress)
    return await this.#upload(remotePath, isBrowser() ? await collect(counted) : counted, options)
  }

  /** Writes many files, in one request. */
  async uploadFiles(files: readonly FileUpload[], timeout?: number): Promise<void> {
    if (files.length === 0) return
    const form = new FormData()
    for (const [index, file] of files.entries()) {
      const [path, content] = 'destination' in file ? [file.destination, file.source] : [file.path, file.content]
      if (typeof path !== 'string' || path === '')
        throw new DaytonaInvalidArgumentError(`File ${index} has no destination`)
      // A `source` that is text is a local file; a `content` is what it is.
      const bytes = typeof content !== 'string' ? content : 'destination' in file ? readLocal(content) : content
      form.append(`files[${index}].path`, path)
      form.append(`files[${index}].file`, new Blob([bytes as Uint8Array<ArrayBuffer>]), path)
    }
    const { client, url } = this.#toolbox
    await client.json({
      method: 'POST',
      url: `${url}/files/bulk-upload`,
      body: form,
      ...(timeout === undefined ? {} : { timeoutMs: timeout * 1000 }),
    })
  }

  async #upload(
    path: string,
    body: Uint8Array | Blob | ReadableStream<Uint8Array>,
    { timeout, signal, ifMatch }: WriteOptions & { timeout?: number | undefined } = {},
  ): Promise<WrittenFile> {
    const { client, url } = this.#toolbox
    const type = { 'Content-Type': 'application/octet-stream' }
    const written = await client.json({
      method: 'POST',
      url: `${url}/files/upload-v2`,
      query: { path },
      body,
      headers: ifMatch === undefined ? type : { ...type, 'If-Match': ifMatch },
      signal,
      ...(timeout === undefined ? {} : { timeoutMs: timeout * 1000 }),
    })
    const { etag } = (written ?? {}) as { etag?: unknown }
    return typeof etag === 'string' ? { etag } : {}
  }

  #download(path: string, signal?: AbortSignal): Promise<Response> {
    const { client, url } = this.#toolbox
    return client.request({ method: 'GET', url: `${url}/files/download`, query: { path }, signal })
  }

  /** Writes beside the target first, so that a broken download leaves no half of a file there. */
  async #downloadTo(path: string, localPath: string, timeout?: number): Promise<void> {
    const fs = builtin('node:fs', 'A download to a file')
    const { Readable, promises } = builtin('node:stream', 'A download to a file')
    const response = await this.#download(path, timeout ? AbortSignal.timeout(timeout * 1000) : undefined)
    const part = `${localPath}.${crypto.randomUUID()}.part`
    try {
      const body = (response.body ?? new Blob([]).stream()) as Parameters<typeof Readable.fromWeb>[0]
      await promises.pipeline(Readable.fromWeb(body), fs.createWriteStream(part, { flags: 'wx' }))
      fs.renameSync(part, localPath)
    } catch (error) {
      fs.rmSync(part, { force: true })
      throw error
    }
  }
}

function openLocal(path: string): AsyncIterable<Uint8Array> {
  const fs = builtin('node:fs', 'An upload of a local file')
  if (!fs.existsSync(path)) throw new DaytonaInvalidArgumentError(`There is no local file ${path}`)
  return fs.createReadStream(path)
}

function readLocal(path: string): Uint8Array {
  const fs = builtin('node:fs', 'An upload of a local file')
  if (!fs.existsSync(path)) throw new DaytonaInvalidArgumentError(`There is no local file ${path}`)
  return fs.readFileSync(path)
}
