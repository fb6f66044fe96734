import { join } from 'node:path'
import type { Connection } from './connection.ts'
import { toUri } from './file-uri.ts'

/**
 * A file that only the server sees and that refers to the sources of a project, so that all of them are loaded. A
 * server that knows projects of open files only would have to be given each one otherwise, and takes its time for each.
 */
export class Overview {
  readonly #uri: string
  #version = 0
  #text = ''

  /** @param project absolute folder */
  constructor(project: string) {
    this.#uri = toUri(join(project, '.sandyard-overview.ts'))
  }

  /** True once the server has it. */
  get isOpen(): boolean {
    return this.#version > 0
  }

  /** What a question about it takes. */
  get params(): object {
    return { textDocument: { uri: this.#uri } }
  }

  /** Tells the server which sources there are; names that no reference can hold are left out. */
  update(connection: Connection, sources: readonly string[]): void {
    const text = sources
      // biome-ignore lint/suspicious/noControlCharactersInRegex: a name can have them
      .filter((path) => !/["\u0000-\u001f]/.test(path))
      .map((path) => `/// <reference path="${path}" />\n`)
      .join('')
    if (text === this.#text) return
    this.#text = text
    const uri = this.#uri
    const version = ++this.#version
    const contentChanges = [{ text }]
    if (version > 1) connection.notify('textDocument/didChange', { textDocument: { uri, version }, contentChanges })
    else connection.notify('textDocument/didOpen', { textDocument: { uri, languageId: 'typescript', version, text } })
  }
}
