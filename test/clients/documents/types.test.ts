import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { after, describe, test } from 'node:test'
import { openDocument, skip } from './block.ts'
import { covered, type DocumentName } from './covered.ts'

const root = resolve(import.meta.dirname, '../../..')
const sdk = '@daytonaio/sdk'

/** Names that readers have from blocks before, and their types. */
const before: Readonly<Record<string, string>> = {
  daytona: 'sdk.Daytona',
  sandbox: 'sdk.Sandbox',
  sessionId: 'string',
  command: 'sdk.SessionExecuteResponse',
  previewUrl: 'string',
  timeoutSeconds: 'number',
  port: 'number',
  ProcessExecutionError: 'typeof sdk.ProcessExecutionError',
}

/** Blocks of the plan that use what the others define. */
const usesOfPlan = [2, 4, 6, 8, 12, 15, 18, 20, 22, 26, 34]

/** What the compiler says of blocks that are wrong in themselves, whatever the library is. */
const faults = [
  // `daytona` twice; `session` out of its scope; what was a text is a promise of more.
  'guide-4: TS2451',
  'guide-4: TS2451',
  'guide-41: TS2552',
  // An object that does not have the shape that its block itself has declared.
  'plan: TS2353',
]

describe('the types of the library take the blocks as they are', { skip }, () => {
  if (skip !== false) return
  const folder = mkdtempSync(join(tmpdir(), 'sandyard-documents-'))
  after(() => rmSync(folder, { recursive: true }))
  const write = (name: string, text: string) => writeFileSync(join(folder, name), text)
  const sourcesOf = (name: DocumentName): string[] => {
    const document = openDocument(name)
    return covered[name].map((_, at) => document.source(at + 1))
  }

  test('in TypeScript, strict', async () => {
    const plan = sourcesOf('implementation-plan')
    const isUse = (_: string, at: number): boolean => usesOfPlan.includes(at + 1)
    const definitions = plan.filter((text, at) => !isUse(text, at)).join('\n')
    const names = [...definitions.matchAll(/^(?:async )?(?:function|const) (\w+)/gm)].map(([, name]) => name)
    write('plan.ts', `${headOf(definitions)}${definitions}\nexport { ${names.join(', ')} }\n`)
    for (const [at, text] of plan.entries())
      if (isUse(text, at))
        write(`plan-${at + 1}.ts`, `${headOf(text)}import { ${names.join(', ')} } from './plan'\n${text}`)
    // The third is JavaScript: the configuration of Next.
    for (const [at, text] of sourcesOf('implementation-guide').entries())
      if (at !== 2) write(`guide-${at + 1}.ts`, headOf(text) + text)
    for (const [at, text] of sourcesOf('self-hosted-poc').entries()) write(`poc-${at + 1}.ts`, headOf(text) + text)
    // Other products, as far as the application uses them.
    write(
      'client.ts',
      `type Handler = (context: { event: { data: any }; step: { run<T>(name: string, work: () => Promise<T>): Promise<T> } }) => unknown
export declare const inngest: { createFunction(options: object, trigger: object, handler: Handler): unknown }
`,
    )
    write('supabase.ts', 'export declare function createClient(): Promise<any>\n')
    write(
      'next.ts',
      'export const NextResponse = Response\nexport const NextRequest = Request\nexport type NextRequest = Request\n',
    )
    const paths = {
      [sdk]: [join(root, 'sdk/src/index.ts')],
      vite: [join(root, 'node_modules/vite/dist/node/index.d.ts')],
      'next/server': ['./next.ts'],
      '@/lib/supabase/server': ['./supabase.ts'],
      '@/lib/daytona-client': ['./guide-43.ts'],
      '@/services/github-repository-service': ['./guide-44.ts'],
    }
    const compilerOptions = {
      target: 'es2024',
      lib: ['es2024', 'esnext.disposable'],
      module: 'preserve',
      moduleResolution: 'bundler',
      strict: true,
      noEmit: true,
      skipLibCheck: true,
      allowImportingTsExtensions: true,
      types: ['node'],
      typeRoots: [join(root, 'node_modules/@types')],
      paths,
    }
    write('tsconfig.json', JSON.stringify({ compilerOptions, include: ['*.ts'] }))
    write('package.json', '{"type":"module"}')
    const said = await compile(folder)
    const found = [...said.matchAll(/^([^\s(]+)\.ts\(\d+,\d+\): error (TS\d+)/gm)].map(
      ([, file, code]) => `${file}: ${code}`,
    )
    assert.deepEqual(found.toSorted(), faults.toSorted(), said)
  })
})

/** Declarations of what a block uses and does not declare itself. */
function headOf(text: string): string {
  const needed = Object.entries(before).filter(
    ([name]) =>
      new RegExp(`\\b${name}\\b`).test(text) &&
      !new RegExp(`^(?:export )?(?:const|let) ${name}\\b|^import .*\\b${name}\\b`, 'm').test(text),
  )
  const lines = needed.map(([name, type]) => `declare const ${name}: ${type}\n`)
  return `import type * as sdk from '${sdk}'\n${lines.join('')}export {}\n`
}

function compile(folder: string): Promise<string> {
  const program = [join(root, 'node_modules/typescript/bin/tsc'), '--pretty', 'false', '-p', folder]
  return new Promise((said) => {
    execFile(process.execPath, program, { cwd: folder, maxBuffer: 2 ** 24 }, (_, stdout, stderr) =>
      said(stdout + stderr),
    )
  })
}
