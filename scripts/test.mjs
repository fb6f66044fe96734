// Everything from a fresh clone to a verdict: dependencies, system packages, base artifacts, checks, tests.
// Usage: npm test [-- PATH…]     only the test files in or at these paths, without the checks
//        npm run test:unit       only the tests that need no root and no sandboxes
//        --lanes=N               so many files at once, instead of two for each processor
import { readdirSync, statSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { changedCalls, forgetCalls } from './client-calls.mjs'
import { hostState, leftBehind } from './host-state.mjs'
import { ensureDependencies, projectDir, runNode24, seconds } from './node-24.mjs'
import { ensurePackages, systemPackages, testPackages } from './system-packages.mjs'
import { defaultLanes, isAlone, printSummary, runInLanes } from './test-lanes.mjs'

const args = process.argv.slice(2)
const unitOnly = args.includes('--unit')
const paths = args.filter((arg) => !arg.startsWith('--')).map((path) => resolve(path))
const lanes = Number(args.find((arg) => arg.startsWith('--lanes='))?.slice(8) ?? defaultLanes)
/** files that may be run a second time: when more fail, something is wrong */
const mostSecondTries = 6
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
}
const all = paths.length === 0 && !unitOnly
if (all) forgetCalls()
const before = hostState()
// Unit tests need nothing of these, and compute while the others fetch.
const ready = Promise.all([
  // Only host tests need the base, which takes a minute when it is not there yet.
  hostFiles.length > 0 &&
    phase('base artifacts', () => runNode24([join(projectDir, 'platform/src/main.ts'), 'prepare', '--base', base])),
  prepareOthers(),
])
const [alone, together] = [hostFiles.filter(isAlone), hostFiles.filter((file) => !isAlone(file))]
// Those wait most of the time, these compute: together they keep the processors at work.
const first = (
  await Promise.all([
    runTests('unit tests', unitFiles, together.length === 0 ? lanes : Math.ceil(lanes / 2)),
    ready.then(() => runTests('host tests', together, lanes)),
  ])
).flat()
first.push(...(await runTests('tests alone', alone, 1)))
const results = all ? await withSecondTries(first) : first
const left = hostFiles.length === 0 ? [] : leftBehind(before)
if (left.length > 0) console.error(`left on the host:\n  ${left.join('\n  ')}`)
const changed = all ? changedCalls() : []
if (changed.length > 0) {
  console.error(`the clients of the tests call other operations than docs/reference/toolbox.md says; run npm run docs:`)
  console.error(`  ${changed.join('\n  ')}`)
}
printSummary(results)
const sum = (count) => results.reduce((total, result) => total + result[count], 0)
const unsteady = results.filter((result) => result.unsteady !== undefined).length
const told = unsteady === 0 ? '' : `, ${unsteady} unsteady`
console.log(`${sum('passed')} passed, ${sum('failed')} failed, ${sum('skipped')} skipped${told}`)
process.exit(sum('failed') > 0 || left.length > 0 || changed.length > 0 ? 1 : 0)

/** What comes before tests of the host, besides the base: packages, then what is checked and built with them. */
async function prepareOthers() {
  if (hostFiles.length > 0) await phase('packages of tests', () => script('test-packages.mjs'))
  if (paths.length === 0) await phase('checks', () => script('check.mjs'))
  if (hostFiles.some((file) => file.includes('/dashboard/'))) await phase('dashboard', () => script('dashboard.mjs'))
}

/** Runs a script of this folder, while tests go on. */
function script(name) {
  return runNode24([join(import.meta.dirname, name)])
}

async function runTests(name, files, lanes) {
  if (files.length === 0) return []
  const startedMs = Date.now()
  // What Node makes of a source is kept: stripping its types is a third of the time that a short test takes.
  const compiled = process.env.NODE_COMPILE_CACHE ?? join(projectDir, '.cache/compiled')
  const results = await runInLanes(files, { lanes, env: { SANDYARD_BASE: base, NODE_COMPILE_CACHE: compiled } })
  const isOk = results.every(({ failed }) => failed === 0)
  const cpu = results.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0)
  console.log(`${name}: ${isOk ? 'ok' : 'FAILED'} in ${seconds(startedMs)}, ${cpu.toFixed(0)} s of processors`)
  return results
}

/**
 * Runs a few files that failed once more, with nothing beside them: on a busy machine a test can miss its time. Those that
 * pass then are told as unsteady, with what failed; what is really broken fails again.
 */
async function withSecondTries(results) {
  const bad = results.filter(({ failed }) => failed > 0)
  if (bad.length === 0 || bad.length > mostSecondTries) return results
  const files = bad.map(({ file }) => file)
  const second = await runTests('second tries', files, 1)
  return results.map((before) => {
    const again = second.find(({ file }) => file === before.file)
    if (again === undefined || again.failed > 0) return again ?? before
    return { ...again, unsteady: before.failures }
  })
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
