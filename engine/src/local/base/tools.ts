import { existsSync, globSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { basename, dirname, join } from 'node:path'
import { type Part, type PartStore, textPart } from './parts.ts'
import { findProgram } from './program.ts'

/** Static init programs of the distribution, the first one found is taken. */
const inits = ['/usr/bin/catatonit', '/usr/libexec/catatonit/catatonit', '/usr/bin/tini-static']

/** Raised when a folder that is kept once is made of other files of the same package. */
const revision = 1

/** Programs that need no library: `bin/init` and `bin/busybox`. */
export async function staticPrograms(store: PartStore): Promise<Part[]> {
  const init = inits.find((path) => existsSync(path))
  if (init === undefined)
    throw new Error(`no init program for sandboxes is installed: apt-get install catatonit (looked for ${inits})`)
  const busybox = findProgram('busybox', 'busybox-static')
  if (!(await isStatic(busybox)))
    throw new Error(`${busybox} needs libraries, which an image may not have: apt-get install busybox-static`)
  return await Promise.all([store.file('bin/init', init), store.file('bin/busybox', busybox)])
}

/** An ELF program names its loader in the first page; a static one has none. */
async function isStatic(program: string): Promise<boolean> {
  const head = (await readFile(program)).subarray(0, 4096).toString('latin1')
  return !/\/ld[-a-z0-9_.]*\.so/.test(head)
}

/** The add-on for terminals, our Python programs and the language servers. */
export async function toolParts(store: PartStore, projectDir: string): Promise<Part[]> {
  const python = join(projectDir, 'agent/python')
  const programs = globSync('**/*.py', { cwd: python })
  return [
    await store.file('addons/pty.node', join(findPackage(projectDir, ptyPackage()).folder, 'pty.node')),
    ...(await Promise.all(
      programs.sort().map(async (name) => textPart(`python/${name}`, await readFile(join(python, name)))),
    )),
    pyright(store, projectDir),
    typescript(store, projectDir),
  ]
}

function pyright(store: PartStore, projectDir: string): Part {
  const { folder, version } = findPackage(projectDir, 'pyright')
  // The program for the command line and source maps are of no use to an editor.
  const isWanted = (path: string): boolean => !/\.map$|\/index\.js$|\/pyright\.js$/.test(path) || isServer(path)
  const isServer = (path: string): boolean => basename(path) === 'langserver.index.js'
  return store.folder('lsp/pyright', `${version}-${revision}`, folder, isWanted)
}

function typescript(store: PartStore, projectDir: string): Part {
  const { folder, version } = findPackage(projectDir, `@typescript/typescript-linux-${process.arch}`)
  return store.folder('lsp/typescript', `${version}-${process.arch}-${revision}`, join(folder, 'lib'), () => true)
}

function ptyPackage(): string {
  return `@lydell/node-pty-linux-${process.arch}`
}

function findPackage(projectDir: string, name: string): { readonly folder: string; readonly version: string } {
  const require = createRequire(join(projectDir, 'package.json'))
  const { version } = require(`${name}/package.json`) as { version: string }
  return { folder: dirname(require.resolve(`${name}/package.json`)), version }
}
