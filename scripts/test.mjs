// Everything from a fresh clone to a verdict: dependencies, system packages, base artifacts, checks, tests.
// Usage: npm test [-- PATH…]     only the test files in or at these paths, without the checks
//        npm run test:unit       only the tests that need no root and no sandboxes
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative, resolve } from 'node:path'
import { changedCalls, forgetCalls } from './client-calls.mjs'
import { hostState, leftBehind } from './host-state.mjs'
import { ensureDependencies, projectDir, runNode24, seconds } from './node-24.mjs'
import { ensurePackages, systemPackages, testPackages } from './system-packages.mjs'

const args = process.argv.slice(2)
const unitOnly = args.includes('--unit')
const paths = args.filter((arg) => !arg.startsWith('--')).map((path) => resolve(path))
const base = process.env.SANDYARD_BASE ?? join(projectDir, '.cache/base')

const files = testFiles(projectDir).filter(
  (file) => paths.length === 0 || paths.some((path) => `${file}/`.startsWith(`${path}/`)),
)
const needsHost = (file) => file.endsWith('.host.test.ts') || file.startsWith(join(projectDir, 'test/'))
const hostFiles = unitOnly ? [] : files.filter(needsHost)
const unitFiles = files.filter((file) => !needsHost(file))
if (files.length === 0) {
  console.error(`no test files in ${paths.map((path) => relative(projectDir, path)).join(' ')}`)
  process.exit(1)
}

await phase('dependencies', () => ensureDependencies({ all: true }) ?? 0)
if (hostFiles.length > 0) {
  await phase('system packages', async () => (await ensurePackages([...systemPackages, ...testPackages])) ?? 0)
  await phase('base artifacts', () => runNode24([join(projectDir, 'platform/src/main.ts'), 'prepare', '--base', base]))
}
if (paths.length === 0) {
  await phase(
    'checks',
    () => spawnSync(process.execPath, [join(projectDir, 'scripts/check.mjs')], { stdio: 'inherit' }).status ?? 1,
  )
}
const all = paths.length === 0 && !unitOnly
if (all) forgetCalls()
const total = { passed: 0, failed: 0, skipped: 0 }
const unitCode = await runTests('unit tests', unitFiles, 2)
const before = hostState()
// they use the host's network, mounts and cores, and take turns
const hostCode = await runTests('host tests', hostFiles, 1)
const left = hostFiles.length === 0 ? [] : leftBehind(before)
if (left.length > 0) console.error(`left on the host:\n  ${left.join('\n  ')}`)
const changed = all ? changedCalls() : []
if (changed.length > 0) {
  console.error(`the clients of the tests call other operations than docs/reference/toolbox.md says; run npm run docs:`)
  console.error(`  ${changed.join('\n  ')}`)
}
console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`)
process.exit(unitCode || hostCode || (left.length > 0 || changed.length > 0 ? 1 : 0))

async function runTests(name, files, concurrency) {
  if (files.length === 0) return 0
  const folder = mkdtempSync(join(tmpdir(), 'sandyard-test-'))
  const counts = join(folder, 'counts.json')
  const startedMs = Date.now()
  try {
    const reporters = ['--test-reporter=spec', '--test-reporter-destination=stdout']
    reporters.push(
      `--test-reporter=${join(projectDir, 'scripts/test-counts.mjs')}`,
      `--test-reporter-destination=${counts}`,
    )
    // A test that hangs fails, and so does a file that does not end.
    const limits = ['--test-timeout=240000']
    const code = await runNode24(['--test', `--test-concurrency=${concurrency}`, ...limits, ...reporters, ...files], {
      SANDYARD_BASE: base,
    })
    const { passed, failed, cancelled, skipped } = JSON.parse(readFileSync(counts, 'utf8'))
    total.passed += passed
    total.failed += failed + cancelled
    total.skipped += skipped
    console.log(`${name}: ${code === 0 ? 'ok' : 'FAILED'} in ${seconds(startedMs)}`)
    return code
  } finally {
    rmSync(folder, { recursive: true })
  }
}

async function phase(name, work) {
  const startedMs = Date.now()
  const code = await work()
  console.log(`${name}: ${code === 0 ? 'ok' : 'FAILED'} in ${seconds(startedMs)}`)
  if (code !== 0) process.exit(code)
}

/** All test files below a folder, in order. */
function testFiles(folder) {
  const found = []
  for (const name of readdirSync(folder).sort()) {
    const path = join(folder, name)
    if (name === 'node_modules' || name.startsWith('.')) continue
    if (statSync(path).isDirectory()) found.push(...testFiles(path))
    else if (name.endsWith('.test.ts')) found.push(path)
  }
  return found
}
