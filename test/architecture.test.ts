import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { test } from 'node:test'

const root = resolve(import.meta.dirname, '..')
const longestFile = 400

/** What each part may import besides itself; everything else of ours is out of bounds. */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  protocol: [],
  agent: ['protocol'],
  engine: ['protocol'],
  gateway: ['protocol'],
  server: ['protocol'],
  sdk: ['protocol'],
  mcp: ['protocol', 'sdk'],
  opencode: ['protocol', 'sdk'],
  // mcp: what `sandyard mcp start` serves agents with
  cli: ['mcp', 'protocol', 'sdk'],
  dashboard: ['sdk'],
  platform: ['engine', 'gateway', 'mcp', 'protocol', 'server'],
}

/** Only these start programs; everything else asks them. */
const mayStartPrograms = [
  'engine/src/local/host/run.ts',
  'engine/src/local/host/run-here.ts',
  'engine/src/local/host/launch.ts',
  'engine/src/local/base/compile-cache.ts',
  'engine/src/local/base/program.ts',
  'platform/src/doctor/look.ts',
  'agent/src/processes/scratch.ts',
  'agent/src/processes/start.ts',
  'agent/src/git/run-git.ts',
  'cli/src/run-program.ts',
  // git of the user's own repository
  'opencode/src/sync/run-git.ts',
]

/** The command line of the platform, the agent's own start, and programs that make the base with the caller's settings. */
const mayReadEnvironment = [
  'platform/src/main.ts',
  'agent/src/work.ts',
  'engine/src/local/base/program.ts',
  'sdk/src/environment.ts',
  'cli/src/main.ts',
  'mcp/src/main.ts',
  'opencode/src/settings.ts',
]

const bannedNames = /(^|[/-])(utils?|helpers?|common|core|manager|handlers?|services?|impl|misc)([-./]|$)/

interface Source {
  /** relative to the project */
  readonly file: string
  readonly part: string
  readonly text: string
  /** what it imports at run time or as a type, as written */
  readonly imports: readonly string[]
}

const sources: readonly Source[] = globSync('*/src/**/*.{ts,tsx}', { cwd: root, exclude: ['node_modules/**'] }).map(
  (file) => {
    const text = readFileSync(join(root, file), 'utf8')
    const imports = [
      ...text.matchAll(/^(?:import|export)\b[^'"]*?from '([^']+)'|^import '([^']+)'|\bimport\('([^']+)'\)/gm),
    ]
    return {
      file,
      part: file.split('/')[0] ?? '',
      text,
      imports: imports.map((match) => match[1] ?? match[2] ?? match[3] ?? ''),
    }
  },
)

const isProduct = ({ file }: Source): boolean => !/\.test\.ts$|\.fixture\.ts$|\/testing\/|test-server\.ts$/.test(file)

test('there are sources to look at', () => {
  assert.ok(sources.length > 100, `${sources.length} files found`)
  for (const part of Object.keys(mayImport))
    assert.ok(
      sources.some((source) => source.part === part),
      `no sources in ${part}`,
    )
})

test('no packages are part of the repository', { skip: !existsSync(join(root, '.git')) }, () => {
  // A link in their place would take the folder away from whoever has it.
  const files = execFileSync('git', ['ls-files'], { cwd: root, encoding: 'utf8' }).split('\n')
  assert.deepEqual(
    files.filter((file) => /(^|\/)node_modules(\/|$)/.test(file)),
    [],
  )
})

test('parts import only what they may', () => {
  const wrong = sources.filter(isProduct).flatMap((source) =>
    source.imports
      .filter((name) => {
        const other = /^@sandyard\/([a-z]+)/.exec(name)?.[1] ?? outsidePart(source, name)
        return other !== undefined && other !== source.part && mayImport[source.part]?.includes(other) !== true
      })
      .map((name) => `${source.file} imports ${name}`),
  )
  assert.deepEqual(wrong, [])
})

test('packages are imported only where they are declared', () => {
  const wrong = sources.filter(isProduct).flatMap((source) => {
    const declared = Object.keys(
      (JSON.parse(readFileSync(join(root, source.part, 'package.json'), 'utf8')) as { dependencies?: object })
        .dependencies ?? {},
    )
    return (
      source.imports
        .filter((name) => !name.startsWith('.') && !name.startsWith('node:'))
        .map((name) =>
          name
            .split('/')
            .slice(0, name.startsWith('@') ? 2 : 1)
            .join('/'),
        )
        .filter((name) => !declared.includes(name))
        // its packages are installed apart from the workspaces, which it sees all the same
        .filter((name) => !(source.part === 'dashboard' && name === '@sandyard/sdk'))
        .map((name) => `${source.file} imports ${name}`)
    )
  })
  assert.deepEqual(wrong, [])
})

test('no file imports itself in a circle', () => {
  const edges = new Map(
    sources.map((source) => [
      source.file,
      source.imports
        .filter((name) => name.startsWith('.'))
        .map((name) => relative(root, join(root, dirname(source.file), name))),
    ]),
  )
  const circles: string[] = []
  const done = new Set<string>()
  const visit = (file: string, path: readonly string[]): void => {
    if (path.includes(file)) circles.push([...path.slice(path.indexOf(file)), file].join(' > '))
    if (done.has(file) || path.includes(file)) return
    for (const next of edges.get(file) ?? []) visit(next, [...path, file])
    done.add(file)
  }
  for (const file of edges.keys()) visit(file, [])
  assert.deepEqual(circles, [])
})

test('files are short and named after what is in them', () => {
  const long = sources.filter((source) => source.text.split('\n').length > longestFile).map((source) => source.file)
  assert.deepEqual(long, [])
  assert.deepEqual(
    sources.filter((source) => bannedNames.test(source.file.slice(source.part.length))).map((source) => source.file),
    [],
  )
})

test('programs are started in one place of each part', () => {
  const wrong = sources
    .filter((source) => isProduct(source) && source.imports.some((name) => name === 'node:child_process'))
    .map((source) => source.file)
    .filter((file) => !mayStartPrograms.includes(file))
  assert.deepEqual(wrong, [])
})

test('the environment is read in one place of each part', () => {
  const wrong = sources
    .filter((source) => isProduct(source) && /^[^`'"/*]*process\.env/m.test(source.text))
    .map((source) => source.file)
    .filter((file) => !mayReadEnvironment.includes(file))
  assert.deepEqual(wrong, [])
})

/** The part that a relative import leads to, when it leaves its own. */
function outsidePart(source: Source, name: string): string | undefined {
  if (!name.startsWith('.')) return undefined
  return relative(root, join(root, dirname(source.file), name)).split('/')[0]
}
