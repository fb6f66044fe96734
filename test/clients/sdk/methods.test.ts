import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { test } from 'node:test'
import * as ours from '../../../sdk/src/index.ts'
import { notHere, ofDocuments } from './methods.ts'

const root = resolve(import.meta.dirname, '../../..')
const page = join(root, 'docs/compatibility.md')
const published = join(root, 'node_modules/@daytonaio/sdk/esm')

/** Classes by what stands before their methods in documents, and the file of the published client that has them. */
const classes = [
  ['daytona', 'Daytona', 'Daytona'],
  ['daytona.snapshot', 'SnapshotService', 'Snapshot'],
  ['daytona.volume', 'VolumeService', 'Volume'],
  ['daytona.secret', 'SecretService', 'Secret'],
  ['daytona.warmPool', 'WarmPoolService', 'WarmPool'],
  ['sandbox', 'Sandbox', 'Sandbox'],
  ['sandbox.fs', 'FileSystem', 'FileSystem'],
  ['sandbox.git', 'Git', 'Git'],
  ['sandbox.process', 'Process', 'Process'],
  ['sandbox.codeInterpreter', 'CodeInterpreter', 'CodeInterpreter'],
  ['sandbox.computerUse', 'ComputerUse', 'ComputerUse'],
  ['sandbox.computerUse.mouse', 'Mouse', 'ComputerUse'],
  ['sandbox.computerUse.keyboard', 'Keyboard', 'ComputerUse'],
  ['sandbox.computerUse.screenshot', 'Screenshot', 'ComputerUse'],
  ['sandbox.computerUse.display', 'Display', 'ComputerUse'],
  ['sandbox.computerUse.recording', 'RecordingService', 'ComputerUse'],
  ['sandbox.computerUse.accessibility', 'Accessibility', 'ComputerUse'],
  ['lspServer', 'LspServer', 'LspServer'],
  ['ptyHandle', 'PtyHandle', 'PtyHandle'],
  ['image', 'Image', 'Image'],
  ['Image', 'Image', 'Image'],
] as const

const rows = classes.flatMap(([prefix, name, file]) => {
  const isStatic = prefix === 'Image'
  const theirs = declaredMethods(file, name, isStatic)
  const mine = methodsOf((ours as Record<string, unknown>)[name], isStatic)
  return [...new Set([...theirs, ...mine])].sort().map((method) => {
    const call = `${prefix}.${method}`
    return {
      call,
      isPublished: theirs.includes(method),
      isOfDocuments: ofDocuments.includes(call),
      isOurs: mine.includes(method),
    }
  })
})

test('every method of the published client and of the documents is here, or is said not to be', () => {
  const missing = rows.filter(({ isOurs, isPublished }) => isPublished && !isOurs).map(({ call }) => call)
  assert.deepEqual(
    missing,
    Object.keys(notHere).sort((a, b) => missing.indexOf(a) - missing.indexOf(b)),
  )
  const known = new Set(rows.filter(({ isOurs }) => isOurs).map(({ call }) => call))
  assert.deepEqual(
    ofDocuments.filter((call) => !known.has(call)),
    [],
  )
})

test('every method of ours is called by a test on the real platform', () => {
  const tests = ['sandboxes.test', 'inside.test', 'images.test', 'documents.test', 'programs']
    .map((name) => readFileSync(join(import.meta.dirname, `${name}.ts`), 'utf8'))
    .join('\n')
  const untested = rows
    .filter(({ call, isOurs }) => isOurs && !call.startsWith('sandbox.computerUse'))
    .map(({ call }) => call.split('.').at(-1) ?? '')
    .filter((method) => !new RegExp(`\\.${method}\\(`).test(tests))
  assert.deepEqual(untested, [
    // There is no call of ours that makes a snapshot inactive; what writes lines of a Dockerfile has unit tests.
    'activate',
    ...[
      'cmd',
      'dockerfileCommands',
      'entrypoint',
      'pipInstall',
      'pipInstallFromPyproject',
      'pipInstallFromRequirements',
    ],
    'debianSlim',
  ])
})

test('docs/compatibility.md has the table; SANDYARD_WRITE_DOCS=1 writes it', () => {
  const mark = (is: boolean): string => (is ? 'yes' : '')
  const table = [
    '| Method | Published SDK | Documents | Here |',
    '|---|---|---|---|',
    ...rows.map(({ call, isPublished, isOfDocuments, isOurs }) => {
      const here = isOurs ? 'yes' : `no: ${notHere[call]}`
      return `| \`${call}\` | ${mark(isPublished)} | ${mark(isOfDocuments)} | ${here} |`
    }),
  ].join('\n')
  const [begin, end] = ['<!-- methods: written by a test -->\n', '\n<!-- end of methods -->']
  const text = readFileSync(page, 'utf8')
  const from = text.indexOf(begin) + begin.length
  const to = text.indexOf(end)
  assert.ok(from >= begin.length && to >= from, 'the page has its marks')
  if (process.env.SANDYARD_WRITE_DOCS === '1') writeFileSync(page, text.slice(0, from) + table + text.slice(to))
  else assert.deepEqual(cellsOf(text.slice(from, to)), cellsOf(table))
})

/** Rows of a table by their cells: how wide these are is the formatter's affair. */
function cellsOf(table: string): string[][] {
  const rows = table.split('\n').filter((line) => !/^[|: -]+$/.test(line))
  return rows.map((line) => line.split('|').map((cell) => cell.trim()))
}

/** Public methods that a class of the published client declares. */
function declaredMethods(file: string, name: string, isStatic: boolean): string[] {
  const text = readFileSync(join(published, `${file}.d.ts`), 'utf8').replaceAll(/\/\*\*[\s\S]*?\*\//g, '')
  const body = new RegExp(`^export declare class ${name}\\b[^{]*\\{\\n([\\s\\S]*?)^\\}`, 'm').exec(text)?.[1] ?? ''
  assert.notEqual(body, '', `${file}.d.ts declares ${name}`)
  const found = [...body.matchAll(isStatic ? /^ {4}static (\w+)\(/gm : /^ {4}(\w+)\(/gm)].map(
    ([, method]) => method ?? '',
  )
  return found.filter((method) => method !== 'constructor')
}

function methodsOf(value: unknown, isStatic: boolean): string[] {
  if (typeof value !== 'function') return []
  const found = new Set<string>()
  let at: object | null = isStatic ? value : (value.prototype as object)
  while (at !== null && at !== Object.prototype && at !== Function.prototype) {
    for (const [name, property] of Object.entries(Object.getOwnPropertyDescriptors(at)))
      if (typeof property.value === 'function' && name !== 'constructor') found.add(name)
    at = isStatic ? null : Object.getPrototypeOf(at)
  }
  return [...found]
}
