import type { languageServerRoutes } from '@sandyard/protocol'
import type { Handlers } from '../http/call.ts'
import { toCompletions } from './completions.ts'
import { resolveUri, toUri } from './file-uri.ts'
import type { LanguageServers } from './language-servers.ts'
import { flattenSymbols } from './symbols.ts'

/** Language servers of ours for the projects of the sandbox (toolbox.md 1.8). */
export function createLanguageServerHandlers(
  servers: LanguageServers,
  workDir: string,
): Handlers<typeof languageServerRoutes> {
  return {
    startLspServer: ({ body }) => servers.start(body),
    stopLspServer: ({ body }) => servers.stop(body),
    async lspDidOpen({ body }) {
      const server = servers.get(body)
      await server.open(await resolveUri(workDir, body.uri), body.languageId)
    },
    async lspDidClose({ body }) {
      const server = servers.get(body)
      await server.close(await resolveUri(workDir, body.uri))
    },
    async lspCompletions({ body, signal }) {
      const server = servers.get(body)
      const file = { path: await resolveUri(workDir, body.uri), language: body.languageId }
      const { position, context } = body
      const method = 'textDocument/completion'
      const params = (uri: string) => ({
        textDocument: { uri },
        position,
        ...(context == null ? {} : { context: withoutNull(context) }),
      })
      return toCompletions(await server.askAbout(file, { method, params }, signal))
    },
    async lspDocumentSymbols({ query, signal }) {
      const server = servers.get(query)
      const file = { path: await resolveUri(workDir, query.uri), language: query.languageId }
      const method = 'textDocument/documentSymbol'
      const params = (uri: string) => ({ textDocument: { uri } })
      return flattenSymbols(await server.askAbout(file, { method, params }, signal), toUri(file.path))
    },
    async lspWorkspaceSymbols({ query, signal }) {
      return flattenSymbols(await servers.get(query).findSymbols(query.query, signal), null)
    },
  }
}

function withoutNull({
  triggerKind,
  triggerCharacter,
}: {
  triggerKind: number
  triggerCharacter?: string | null | undefined
}) {
  return { triggerKind, ...(triggerCharacter == null ? {} : { triggerCharacter }) }
}
