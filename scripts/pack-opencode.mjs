/**
 * Makes the plugin for OpenCode as it is installed: one module without imports but those of Node, in `opencode/dist`, and
 * with `--pack FOLDER` a package of npm there.
 *
 *     node scripts/pack-opencode.mjs [--pack FOLDER] [--out FILE]
 */
import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { build } from 'esbuild'

const root = resolve(import.meta.dirname, '..')
const { values } = parseArgs({ options: { pack: { type: 'string' }, out: { type: 'string' } } })

// Made beside its place, so that two runs at once do not see each other's halves.
const made = mkdtempSync(join(tmpdir(), 'sandyard-opencode-'))
try {
  const file = join(made, 'dist/sandyard.mjs')
  const { metafile } = await build({
    entryPoints: [join(root, 'opencode/src/index.ts')],
    outfile: file,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'es2023',
    legalComments: 'none',
    metafile: true,
    logLevel: 'warning',
  })
  // OpenCode would drop a plugin that it cannot load whole, and go on without it.
  const outside = Object.values(metafile.outputs)
    .flatMap((output) => output.imports)
    .map(({ path }) => path)
    .filter((path) => !path.startsWith('node:'))
  if (outside.length > 0) throw new Error(`the plugin still imports ${[...new Set(outside)].join(', ')}`)
  if (values.pack === undefined) {
    const place = resolve(values.out ?? join(root, 'opencode/dist/sandyard.mjs'))
    mkdirSync(dirname(place), { recursive: true })
    cpSync(file, `${place}.${process.pid}`)
    renameSync(`${place}.${process.pid}`, place)
    console.log(place)
  } else {
    const { name, version, description, license } = JSON.parse(
      readFileSync(join(root, 'opencode/package.json'), 'utf8'),
    )
    const manifest = {
      name,
      version,
      description,
      license,
      type: 'module',
      main: './dist/sandyard.mjs',
      exports: { '.': './dist/sandyard.mjs', './server': './dist/sandyard.mjs' },
      files: ['dist'],
    }
    writeFileSync(join(made, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`)
    cpSync(join(root, 'opencode/README.md'), join(made, 'README.md'))
    cpSync(join(root, 'LICENSE'), join(made, 'LICENSE'))
    mkdirSync(values.pack, { recursive: true })
    const options = { cwd: made, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }
    const args = ['pack', '--silent', '--offline', '--pack-destination', resolve(values.pack)]
    const packed = execFileSync('npm', args, options)
    console.log(join(resolve(values.pack), packed.trim().split('\n').at(-1)))
  }
} finally {
  rmSync(made, { recursive: true, force: true })
}
