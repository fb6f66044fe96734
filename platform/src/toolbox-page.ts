import type { Route } from '@sandyard/protocol'
import { computerUseRoutes } from '@sandyard/protocol/toolbox/computer-use'
import { fileRoutes } from '@sandyard/protocol/toolbox/files'
import { gitRoutes } from '@sandyard/protocol/toolbox/git'
import { infoRoutes } from '@sandyard/protocol/toolbox/info'
import { interpreterRoutes } from '@sandyard/protocol/toolbox/interpreter'
import { languageServerRoutes } from '@sandyard/protocol/toolbox/language-servers'
import { processRoutes } from '@sandyard/protocol/toolbox/processes'
import { sessionRoutes } from '@sandyard/protocol/toolbox/sessions'
import { terminalRoutes } from '@sandyard/protocol/toolbox/terminals'
import { variableRoutes } from '@sandyard/protocol/toolbox/variables'

const sections = {
  'The sandbox': { ...infoRoutes, ...variableRoutes },
  Files: fileRoutes,
  Git: gitRoutes,
  Commands: processRoutes,
  Sessions: sessionRoutes,
  Terminals: terminalRoutes,
  'Code interpreter': interpreterRoutes,
  'Language servers': languageServerRoutes,
  'Computer use': computerUseRoutes,
} as const

const clients = ['newest', '0.190.1', 'python'] as const

/**
 * The operations of the toolbox and their tests as the page `docs/reference/toolbox.md`. `calls` has a line for each
 * operation, published client and test file that calls it.
 */
export function toolboxPage(calls: string): string {
  const files = new Map<string, string[]>()
  const names = new Map<string, string>()
  for (const line of calls.split('\n').filter(Boolean)) {
    const [operation = '', client = '', file = ''] = line.split(' ')
    const name = file.replace(/^.*\/|\.test\.ts$/g, '')
    names.set(name, file)
    const key = `${operation} ${client}`
    files.set(key, [...(files.get(key) ?? []), `[${name}]`])
  }
  const cell = (operation: string, client: string): string => (files.get(`${operation} ${client}`) ?? ['–']).join(' ')
  const row = ([operation, { method, path, summary, isWebSocket }]: [string, Route]): string => {
    const call = `\`${method} ${path}\`${isWebSocket === true ? ' (WebSocket)' : ''}`
    return `| ${[`\`${operation}\``, call, summary, ...clients.map((client) => cell(operation, client))].join(' | ')} |`
  }
  return `${[
    '# Toolbox',
    '',
    'The calls into a sandbox, below `/toolbox/{sandboxId}`, and the test files in which a published client makes them',
    'against the real engine: the TypeScript client at its newest version and at 0.190.1, and the newest Python client.',
    'Calls of computer use are not built; their tests see them refused. This page is made by `npm run docs` from the rows',
    'in `protocol/src/toolbox/` and from what the tests recorded when they ran.',
    ...Object.entries(sections).flatMap(([title, rows]) => [
      '',
      `## ${title}`,
      '',
      '| Operation | Call | What it does | Newest | 0.190.1 | Python |',
      '|---|---|---|---|---|---|',
      ...Object.entries<Route>(rows).map(row),
    ]),
    '',
    ...[...names].toSorted().map(([name, file]) => `[${name}]: ../../${file}`),
  ].join('\n')}\n`
}
