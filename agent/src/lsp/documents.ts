import { PlatformError } from '@sandyard/protocol/errors'
import { limits } from '@sandyard/protocol/limits'
import { toFileError } from '../files/file-error.ts'
import { openRegular, readHead } from '../files/open-file.ts'
import { quotePath } from '../files/path.ts'
import type { Connection } from './connection.ts'
import { toUri } from './file-uri.ts'
import { stampOf } from './stamp.ts'

/** A file that a server works on. */
interface Document {
  readonly path: string
  readonly languageId: string
  /** of the text that the server has; 0 when it has none */
  version: number
  /** what the file was when that text was read; null when it must be read again */
  stamp: string | null
  /** a caller has opened it */
  isOpen: boolean
  /** calls under way that need it */
  holds: number
}

/**
 * The files that are open in a server, with the text that is on disk: whoever changes them does so there.
 * Its methods must not run at the same time.
 */
export class Documents {
  readonly #documents = new Map<string, Document>()

  /** Opens a file, or reads it again. Throws file errors, UNPROCESSABLE_ENTITY when it is too large, TOO_MANY_REQUESTS. */
  async open(connection: Connection, path: string, languageId: string): Promise<void> {
    const document = this.#documents.get(path) ?? this.#add(path, languageId)
    await this.#read(connection, document, true)
    document.isOpen = true
  }

  /** Closes a file; one that is not open stays as it is. */
  close(connection: Connection, path: string): void {
    const document = this.#documents.get(path)
    if (document === undefined) return
    document.isOpen = false
    this.#dropIdle(connection, document)
  }

  /** Opens a file for one call, until `release`. Throws as `open` does. */
  async hold(connection: Connection, path: string, languageId: string): Promise<void> {
    const document = this.#documents.get(path) ?? this.#add(path, languageId)
    await this.#read(connection, document, false)
    document.holds++
  }

  /** Ends a `hold`. */
  release(connection: Connection, path: string): void {
    const document = this.#documents.get(path)
    if (document === undefined) return // removed from disk meanwhile
    document.holds = Math.max(0, document.holds - 1)
    this.#dropIdle(connection, document)
  }

  /** Tells the server what changed on disk. A file that is not there any more is closed. */
  async refresh(connection: Connection): Promise<void> {
    for (const document of [...this.#documents.values()]) {
      await this.#read(connection, document, false).catch((thrown: unknown) => {
        if (connection.ended !== null) throw thrown
      })
    }
  }

  /** A new server has nothing open. Files of callers are opened in it by `refresh`. */
  forgetServer(): void {
    for (const document of this.#documents.values()) {
      document.version = 0
      document.stamp = null
      document.holds = 0
      if (!document.isOpen) this.#documents.delete(document.path)
    }
  }

  #add(path: string, languageId: string): Document {
    if (this.#documents.size >= limits.languageServerDocuments) {
      throw new PlatformError(
        'TOO_MANY_REQUESTS',
        `${limits.languageServerDocuments} files are open already: close some first`,
      )
    }
    const document = { path, languageId, version: 0, stamp: null, isOpen: false, holds: 0 }
    this.#documents.set(path, document)
    return document
  }

  /** Gives the server the text when it may be another than it has, or always. */
  async #read(connection: Connection, document: Document, isForced: boolean): Promise<void> {
    try {
      const read = await readText(document.path, isForced ? null : document.stamp)
      if (read === null) return
      send(connection, document, read.text)
      document.stamp = read.stamp
      await connection.drained()
    } catch (thrown) {
      this.#drop(connection, document)
      throw toFileError(thrown, document.path)
    }
  }

  #dropIdle(connection: Connection, document: Document): void {
    if (!document.isOpen && document.holds === 0) this.#drop(connection, document)
  }

  #drop(connection: Connection, document: Document): void {
    this.#documents.delete(document.path)
    if (document.version === 0 || connection.ended !== null) return
    connection.notify('textDocument/didClose', { textDocument: { uri: toUri(document.path) } })
  }
}

function send(connection: Connection, document: Document, text: string): void {
  const { path, languageId } = document
  const version = document.version + 1
  const uri = toUri(path)
  if (version === 1) connection.notify('textDocument/didOpen', { textDocument: { uri, languageId, version, text } })
  else connection.notify('textDocument/didChange', { textDocument: { uri, version }, contentChanges: [{ text }] })
  document.version = version
}

/** The text with the stamp of its file; null when the stamp is the one that is known. What is not UTF-8 becomes U+FFFD. */
async function readText(path: string, known: string | null): Promise<{ text: string; stamp: string | null } | null> {
  const { handle, stats } = await openRegular(path)
  try {
    const stamp = stampOf(stats)
    if (stamp !== null && stamp === known) return null
    const most = limits.languageServerFileBytes
    const bytes = stats.size > most ? null : await readHead(handle, Math.min(Number(stats.size) + 64 * 1024, most + 1))
    if (bytes === null || bytes.length > most) {
      throw new PlatformError(
        'UNPROCESSABLE_ENTITY',
        `The file is larger than ${most} bytes, the most that a language server is given: ${quotePath(path)}`,
      )
    }
    return { text: bytes.toString('utf8'), stamp }
  } finally {
    await handle.close()
  }
}
