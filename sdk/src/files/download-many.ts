import type { FileBytes } from '../bytes.ts'
import { DaytonaError } from '../errors.ts'

/** A file to download, and where to if not into memory. */
export interface FileDownloadRequest {
  readonly source: string
  /** path of a local file */
  readonly destination?: string
}

/** Why a file could not be downloaded. */
export interface FileDownloadErrorDetails {
  readonly message: string
  readonly statusCode?: number
  readonly code?: string
  readonly errorCode?: string
  readonly source?: string
}

/** One file of many: its content or where it was put, or why not. */
export interface FileDownloadResponse {
  readonly source: string
  /** the same as `source` */
  readonly path: string
  readonly result?: FileBytes | string
  /** the content; empty where there is none */
  readonly content: FileBytes
  readonly error?: string
  readonly errorDetails?: FileDownloadErrorDetails
}

/** How many files are downloaded at once. */
const atOnce = 6

/** Downloads many files; the answers are in the order of the requests. */
export async function downloadMany(
  files: readonly (FileDownloadRequest | string)[],
  read: (path: string) => Promise<FileBytes>,
  readTo: (path: string, localPath: string) => Promise<void>,
): Promise<FileDownloadResponse[]> {
  const wanted = files.map((file) => (typeof file === 'string' ? { source: file } : file))
  const answers: FileDownloadResponse[] = []
  let next = 0
  async function work(): Promise<void> {
    for (let at = next++; at < wanted.length; at = next++) answers[at] = await one(wanted[at] as FileDownloadRequest)
  }
  async function one({ source, destination }: FileDownloadRequest): Promise<FileDownloadResponse> {
    const empty = new Uint8Array() as FileBytes
    try {
      if (destination === undefined) {
        const result = await read(source)
        return { source, path: source, result, content: result }
      }
      await readTo(source, destination)
      return { source, path: source, result: destination, content: empty }
    } catch (error) {
      // A file that is not there concerns that file; a platform that does not answer concerns all of them.
      if (!(error instanceof DaytonaError) || error.statusCode === undefined) throw error
      return { source, path: source, content: empty, error: error.message, errorDetails: detailsOf(error) }
    }
  }
  await Promise.all(Array.from({ length: Math.min(atOnce, wanted.length) }, work))
  return answers
}

function detailsOf({ message, statusCode, code, source }: DaytonaError): FileDownloadErrorDetails {
  return {
    message,
    ...(statusCode === undefined ? {} : { statusCode }),
    ...(code === undefined ? {} : { code, errorCode: code }),
    ...(source === undefined ? {} : { source }),
  }
}
