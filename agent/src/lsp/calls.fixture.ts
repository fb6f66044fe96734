import assert from 'node:assert/strict'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Reply, TestAgent } from '../agent.fixture.ts'

/** The calls for one language and project, as a client makes them. */
export interface LspCalls {
  start(): Promise<Reply>
  stop(): Promise<Reply>
  open(path: string): Promise<Reply>
  close(path: string): Promise<Reply>
  complete(path: string, line: number, character: number, more?: object): Promise<Reply>
  symbols(path: string): Promise<Reply>
  find(query: string): Promise<Reply>
}

/** Makes them; paths go as the published clients send them, after a bare `file://`. */
export function lspCalls({ call }: TestAgent, languageId: string, pathToProject: string): LspCalls {
  const server = { languageId, pathToProject }
  const uri = (path: string): string => `file://${path}`
  return {
    start: () => call('POST', '/lsp/start', server),
    stop: () => call('POST', '/lsp/stop', server),
    open: (path) => call('POST', '/lsp/did-open', { ...server, uri: uri(path) }),
    close: (path) => call('POST', '/lsp/did-close', { ...server, uri: uri(path) }),
    complete: (path, line, character, more = {}) =>
      call('POST', '/lsp/completions', { ...server, uri: uri(path), position: { line, character }, ...more }),
    symbols: (path) =>
      call('GET', `/lsp/document-symbols?${new URLSearchParams({ ...server, uri: uri(path) }).toString()}`),
    find: (query) => call('GET', `/lsp/workspacesymbols?${new URLSearchParams({ ...server, query }).toString()}`),
  }
}

/** Writes files below the home of the agent and returns their URIs. */
export function write(agent: TestAgent, files: Readonly<Record<string, string | Buffer>>): string[] {
  return Object.entries(files).map(([name, content]) => {
    const path = join(agent.home, name)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, content)
    return pathToFileURL(path).href
  })
}

/** The body of an answer that must be a good one. */
export function good(reply: Reply): Reply['json'] {
  assert.equal(reply.status, 200, reply.text)
  return reply.json
}

/** Names in a list of symbols. */
export function names(reply: Reply): string[] {
  return (good(reply) as { name: string }[]).map(({ name }) => name)
}

/** Labels of completions. */
export function labels(reply: Reply): string[] {
  return (good(reply).items as { label: string }[]).map(({ label }) => label)
}

/** Pids of language servers of this agent: its children that carry their names. */
export function serverPids(agent: TestAgent): number[] {
  return readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name)) return []
    try {
      const parent = Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${name}/status`, 'utf8'))?.[1])
      const command = readFileSync(`/proc/${name}/cmdline`, 'utf8')
      return parent === agent.child.pid && /langserver|--lsp/.test(command) ? [Number(name)] : []
    } catch {
      return [] // ended meanwhile
    }
  })
}
