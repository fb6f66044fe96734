import * as z from 'zod/mini'
import { limits } from '../limits.ts'
import { defineRoutes } from '../route.ts'
import '../messages.ts'

/** Languages that a client offers (toolbox.md 1.8). */
export const LspLanguage = z.enum(['python', 'typescript', 'javascript'])

const text = (most: number) =>
  z.string().check(
    z.minLength(1, 'must not be empty'),
    z.maxLength(most),
    z.refine((value) => !value.includes('\0'), 'must not contain NUL'),
  )

/** The server of a language in a project; paths may be relative to the work dir. */
const server = { languageId: LspLanguage, pathToProject: text(limits.pathBytes) }

/**
 * A file of it: a path, or a path after `file://`, relative ones included; percent-encoded, at three characters a byte,
 * or not.
 */
const file = { ...server, uri: text(3 * limits.pathBytes + 'file://'.length) }

/** Largest number that the protocol of language servers has. */
const mostInteger = 2 ** 31 - 1

const index = z.number().check(z.int(), z.minimum(0), z.maximum(mostInteger))

/** Both from 0; characters are units of UTF-16. */
const Position = z.object({ line: index, character: index })

const Range = z.object({ start: Position, end: Position })

/** A symbol, flat: never a tree. */
export const LspSymbol = z.object({
  name: z.string(),
  kind: z.number(),
  location: z.object({ uri: z.string(), range: Range }),
})

/** A completion; `documentation` is an object or absent, as the Python client takes no text there. */
export const CompletionItem = z.object({
  label: z.string(),
  kind: z.optional(z.number()),
  detail: z.optional(z.string()),
  documentation: z.optional(z.object({ kind: z.string(), value: z.string() })),
  sortText: z.optional(z.string()),
  filterText: z.optional(z.string()),
  insertText: z.optional(z.string()),
})

/** Language servers of our own, which need nothing of the image. */
export const languageServerRoutes = defineRoutes({
  startLspServer: {
    method: 'POST',
    path: '/lsp/start',
    summary: 'Start the language server of a project; a running one stays',
    access: 'member',
    body: z.object(server),
    status: 200,
  },
  stopLspServer: {
    method: 'POST',
    path: '/lsp/stop',
    summary: 'Stop the language server of a project',
    access: 'member',
    body: z.object(server),
    status: 200,
  },
  lspDidOpen: {
    method: 'POST',
    path: '/lsp/did-open',
    summary: 'A file is being worked on; once more after it changed on disk',
    access: 'member',
    body: z.object(file),
    status: 200,
  },
  lspDidClose: {
    method: 'POST',
    path: '/lsp/did-close',
    summary: 'A file is no longer worked on',
    access: 'member',
    body: z.object(file),
    status: 200,
  },
  lspCompletions: {
    method: 'POST',
    path: '/lsp/completions',
    summary: 'What can stand at a position; lines and characters begin at 0',
    access: 'member',
    body: z.object({
      ...file,
      position: Position,
      context: z.optional(
        z.nullable(
          z.object({
            triggerKind: z.number().check(z.int(), z.minimum(1), z.maximum(3)),
            triggerCharacter: z.optional(z.nullable(z.string().check(z.maxLength(10)))),
          }),
        ),
      ),
    }),
    response: z.object({ isIncomplete: z.boolean(), items: z.array(CompletionItem) }),
    status: 200,
  },
  lspDocumentSymbols: {
    method: 'GET',
    path: '/lsp/document-symbols',
    summary: 'Symbols of a file',
    access: 'member',
    query: z.object(file),
    response: z.array(LspSymbol),
    status: 200,
  },
  lspWorkspaceSymbols: {
    method: 'GET',
    path: '/lsp/workspacesymbols',
    summary: 'Symbols of a project by name',
    access: 'member',
    query: z.object({ ...server, query: z.string().check(z.maxLength(1000)) }),
    response: z.array(LspSymbol),
    status: 200,
  },
})
