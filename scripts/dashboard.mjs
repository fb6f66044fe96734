// Brings the packages of the dashboard and builds it into dashboard/dist, when something of it has changed since.
// Usage: node scripts/dashboard.mjs
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'
import { installPackages, node24, projectDir, seconds } from './node-24.mjs'

const folder = join(projectDir, 'dashboard')
const dist = join(folder, 'dist')
/** What the build is made of. */
const inputs = ['dashboard/src', 'sdk/src', 'protocol/src/project']
const inputFiles = ['dashboard/index.html', 'dashboard/vite.config.ts', 'dashboard/package-lock.json']

/** Builds the dashboard if it is not the one of these sources. Gives the exit code; what it costs is said. */
export function ensureDashboard() {
  const wanted = fingerprint()
  if (readIfThere(join(dist, '.made-of')) === wanted) return 0
  console.log(`Building the dashboard: ${existsSync(dist) ? 'its sources changed' : 'it is not built yet'}.`)
  const startedMs = Date.now()
  if (installPackages(folder) !== 0) return 1
  // Beside its place: a platform that runs serves the old one until the new one is whole.
  const made = mkdtempSync(join(folder, '.dist-'))
  try {
    const vite = join(folder, 'node_modules/vite/bin/vite.js')
    const args = [vite, 'build', '--logLevel', 'warn', '--outDir', made, '--emptyOutDir']
    const done = spawnSync(node24, args, { cwd: folder, encoding: 'utf8' })
    if (done.status !== 0) {
      console.error(`${done.stdout ?? ''}${done.stderr ?? ''}`.trim() || String(done.error))
      return 1
    }
    compressAll(join(made, 'assets'))
    writeFileSync(join(made, '.made-of'), wanted)
    putInPlace(made, wanted)
  } finally {
    rmSync(made, { recursive: true, force: true })
  }
  console.log(`  done in ${seconds(startedMs)}`)
  return 0
}

/** Of two that build at once, the one that comes second finds what it has made itself. */
function putInPlace(made, wanted) {
  rmSync(dist, { recursive: true, force: true })
  try {
    renameSync(made, dist)
  } catch (error) {
    if (readIfThere(join(dist, '.made-of')) !== wanted) throw error
  }
}

function fingerprint() {
  const hash = createHash('sha256')
  const below = inputs.flatMap((name) =>
    readdirSync(join(projectDir, name), { recursive: true })
      .map((file) => join(name, String(file)))
      .filter((file) => statSync(join(projectDir, file)).isFile() && !file.includes('.test.')),
  )
  for (const file of [...below, ...inputFiles].toSorted()) {
    hash
      .update(`${file}\0`)
      .update(readFileSync(join(projectDir, file)))
      .update('\0')
  }
  return hash.digest('hex')
}

/** Browsers take gzip everywhere, and brotli over TLS and from localhost. */
function compressAll(assets) {
  for (const name of readdirSync(assets)) {
    if (!/\.(js|css|svg)$/.test(name)) continue
    const bytes = readFileSync(join(assets, name))
    writeFileSync(join(assets, `${name}.gz`), gzipSync(bytes, { level: 9 }))
    const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length }
    writeFileSync(join(assets, `${name}.br`), brotliCompressSync(bytes, { params }))
  }
}

function readIfThere(file) {
  return existsSync(file) ? readFileSync(file, 'utf8') : null
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) process.exit(ensureDashboard())
