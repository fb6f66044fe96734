/**
 * Makes the published form of the client library: one module of JavaScript and its types in `sdk/dist`, and with
 * `--pack FOLDER` a package of npm there.
 *
 *     node scripts/pack-sdk.mjs [--pack FOLDER]
 */
import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { build } from 'esbuild'

const root = resolve(import.meta.dirname, '..')
const dist = join(root, 'sdk/dist')
/** Files of the protocol whose types the library shows. */
const shown = [join(root, 'protocol/src/project/plan.ts')]
const { values } = parseArgs({ options: { pack: { type: 'string' } } })

// Made beside its place, so that two runs at once do not see each other's halves.
const made = mkdtempSync(join(tmpdir(), 'sandyard-sdk-'))
try {
  await build({
    entryPoints: [join(root, 'sdk/src/index.ts')],
    outfile: join(made, 'dist/index.js'),
    bundle: true,
    format: 'esm',
    platform: 'neutral',
    target: 'es2022',
    sourcemap: true,
    legalComments: 'none',
    logLevel: 'warning',
  })
  writeTypes(join(made, 'dist/types'))
  const { name, version, description, license } = JSON.parse(readFileSync(join(root, 'sdk/package.json'), 'utf8'))
  const manifest = {
    name,
    version,
    description,
    license,
    type: 'module',
    engines: { node: '>=20.16' },
    sideEffects: false,
    exports: { '.': { types: './dist/types/sdk/src/index.d.ts', default: './dist/index.js' } },
    files: ['dist'],
  }
  writeFileSync(join(made, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`)
  cpSync(join(root, 'sdk/README.md'), join(made, 'README.md'))
  cpSync(join(root, 'LICENSE'), join(made, 'LICENSE'))
  if (values.pack === undefined) {
    rmSync(dist, { recursive: true, force: true })
    cpSync(join(made, 'dist'), dist, { recursive: true })
    console.log(dist)
  } else {
    mkdirSync(values.pack, { recursive: true })
    const options = { cwd: made, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }
    const packed = execFileSync(
      'npm',
      ['pack', '--silent', '--offline', '--pack-destination', resolve(values.pack)],
      options,
    )
    console.log(join(resolve(values.pack), packed.trim().split('\n').at(-1)))
  }
} finally {
  rmSync(made, { recursive: true, force: true })
}

/** Declarations of all files, whose imports name them as a consumer has them. */
function writeTypes(folder) {
  const config = join(made, 'tsconfig.json')
  writeFileSync(
    config,
    JSON.stringify({
      extends: join(root, 'tsconfig.json'),
      compilerOptions: {
        noEmit: false,
        declaration: true,
        emitDeclarationOnly: true,
        stripInternal: true,
        rootDir: root,
        outDir: folder,
        typeRoots: [join(root, 'node_modules/@types')],
      },
      include: [join(root, 'sdk/src/**/*.ts'), ...shown],
      exclude: [join(root, 'sdk/src/**/*.test.ts')],
    }),
  )
  execFileSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', config], { stdio: 'inherit' })
  for (const file of readdirSync(folder, { recursive: true })) {
    if (!file.endsWith('.d.ts')) continue
    const path = join(folder, file)
    const protocol = relative(dirname(path), join(folder, 'protocol/src'))
    const text = readFileSync(path, 'utf8')
      .replaceAll(/(from '|import\('|from "|import\(")@sandyard\/protocol\/([^'"]*)(['"])/g, `$1${protocol}/$2.js$3`)
      .replaceAll(/(from '|import\('|from "|import\(")(\.[^'"]*)\.ts(['"])/g, '$1$2.js$3')
    writeFileSync(`${path}.new`, text)
    renameSync(`${path}.new`, path)
  }
}
