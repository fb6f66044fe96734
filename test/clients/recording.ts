import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import type { IncomingHttpHeaders } from 'node:http'
import { createRequire } from 'node:module'
import { dirname, join, relative, resolve } from 'node:path'
import { after } from 'node:test'
import type { TestPlatform } from '../fixtures/platform.ts'
import { openRecording } from '../fixtures/recording.ts'

/** Which published client called: the TypeScript one at its newest version, at 0.190.1, or the newest Python one. */
export type ClientName = 'newest' | '0.190.1' | 'python'

const root = resolve(import.meta.dirname, '../..')
const folder = join(root, '.cache/client-calls')
const file = relative(root, process.argv[1] ?? '')

/**
 * The URL by which the clients of this test file reach the platform. What they call is written down when the tests of
 * the file are done; `npm run docs` makes the table of operations and their tests from it.
 */
export async function recordCalls(target: () => TestPlatform): Promise<string> {
  const recording = await openRecording({ target: () => target().url, nameClient })
  after(() => {
    recording.close()
    if (!file.endsWith('.test.ts')) return // a trial of somebody's
    const lines = [...recording.calls].flatMap(([client, operations]) =>
      [...operations].map((operation) => `${operation} ${client} ${file}`),
    )
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, file.replaceAll('/', '-')), `${lines.toSorted().join('\n')}\n`)
  })
  return recording.url
}

/** Version of an installed package. */
export function versionOf(name: string): string {
  const entry = createRequire(import.meta.url).resolve(`${name}/package.json`)
  return (JSON.parse(readFileSync(join(dirname(entry), 'package.json'), 'utf8')) as { version: string }).version
}

const names: Readonly<Record<string, ClientName>> = {
  [versionOf('@daytonaio/sdk')]: 'newest',
  [versionOf('daytona-sdk-0190')]: '0.190.1',
}

function nameClient(headers: IncomingHttpHeaders): ClientName | null {
  const source = String(headers['x-daytona-source'])
  if (source.startsWith('sdk-python')) return 'python'
  return source.startsWith('sdk-typescript') ? (names[String(headers['x-daytona-sdk-version'])] ?? null) : null
}
