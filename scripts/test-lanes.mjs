// Runs test files, each in a process of its own, several at once; those that must be alone one after the other.
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { node24, projectDir, untilNpmIsGone } from './node-24.mjs'

/** A test that hangs fails, unless it has a limit of its own. */
const testLimitMs = 240_000
/** So does a file that says nothing for so long: it does not end. One that runs by itself is watched by who runs it. */
const silenceLimitMs = 900_000
/** And one that is still there so long after its last test. */
const lingerLimitMs = 120_000
/** From a polite end to a kill. */
const patienceMs = 10_000
const memory = join(projectDir, '.cache/test-seconds.json')

/** The longest first, for a machine that has not run them yet. Only the order depends on it. */
const longest = [
  'test/opencode/sessions.test.ts',
  'engine/src/local/archive/changes.host.test.ts',
  'test/clients/python/python.test.ts',
  'test/previews/crashes.test.ts',
  'engine/src/local/images/hostile-layers.host.test.ts',
  'test/opencode/runs.test.ts',
  'test/previews/updates.test.ts',
  'test/previews/applications.test.ts',
  'test/opencode/tools.test.ts',
  'test/e2e/kills.test.ts',
  'engine/src/local/images/pull.host.test.ts',
  'engine/src/local/volumes/crash.host.test.ts',
  'engine/src/local/images/pull-crash.host.test.ts',
  'engine/src/local/build/build.host.test.ts',
  'test/e2e/crash.test.ts',
  'test/e2e/commands.test.ts',
  'test/clients/typescript/registries.test.ts',
  'test/clients/typescript/warm-pools.test.ts',
  'test/opencode-server/server.test.ts',
  'test/clients/mcp/tools.test.ts',
  'test/previews/serving.test.ts',
  'test/e2e/cli-inside.test.ts',
  'server/src/api/permissions.test.ts',
  'server/src/api/wrong-requests.test.ts',
  'server/src/sandboxes/list-many.test.ts',
  'server/src/sandboxes/random-operations.test.ts',
  'agent/src/lsp/hostile.test.ts',
  'server/src/api/auth.test.ts',
  'engine/src/local/archive/s3.test.ts',
]

/** Most tests wait rather than compute, so there are more lanes than processors. */
export const defaultLanes = Math.max(2, availableParallelism() * 2)

/** Whether a test file says, in a comment `// alone: why`, that no other may run beside it. */
export function isAlone(file) {
  return /^\/\/ alone: \S/m.test(readFileSync(file, 'utf8'))
}

/**
 * Runs the files, those first that took longest the last time. Prints a line for a file that passed, and all that a
 * file said that did not, or when there is only one. Resolves to a result for each file: `file`, `passed`, `failed`,
 * `skipped`, `failures` (names), `seconds`, `cpuSeconds`.
 */
export async function runInLanes(files, { lanes, env }) {
  const known = readMemory()
  const expected = (file) => known[nameOf(file)] ?? guess(nameOf(file))
  const waiting = files.toSorted((a, b) => expected(b) - expected(a))
  const isVerbose = files.length === 1
  const running = new Set()
  const folder = mkdtempSync(join(tmpdir(), 'sandyard-test-'))
  const stopPassing = passSignals(running)
  const results = []
  const lane = async () => {
    for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) {
      const result = await runFile(file, { folder, env, running, isVerbose })
      results.push(result)
      print(result, isVerbose)
    }
  }
  try {
    await Promise.all(Array.from({ length: lanes }, lane))
  } finally {
    stopPassing()
    rmSync(folder, { recursive: true })
  }
  // anew: others may have run beside these
  remember({ ...readMemory(), ...Object.fromEntries(results.map(({ file, seconds }) => [nameOf(file), seconds])) })
  return results
}

/** Prints what failed and what took longest. */
export function printSummary(results) {
  const slowest = results.toSorted((a, b) => b.seconds - a.seconds).slice(0, 10)
  if (results.length > 1) {
    console.log('slowest files (seconds, and of these of processors):')
    for (const { file, seconds, cpuSeconds } of slowest)
      console.log(`  ${seconds.toFixed(1).padStart(6)} ${cpuSeconds.toFixed(1).padStart(6)}  ${nameOf(file)}`)
  }
  const unsteady = results.filter((result) => result.unsteady !== undefined)
  if (unsteady.length > 0) console.error('unsteady, passed the second time, alone:')
  for (const result of unsteady) {
    for (const name of result.unsteady) console.error(`  ${nameOf(result.file)}: ${name}`)
  }
  const bad = results.filter(({ failed }) => failed > 0)
  if (bad.length > 0) console.error('failed:')
  for (const { file, failures } of bad) {
    for (const name of failures) console.error(`  ${nameOf(file)}: ${name}`)
  }
}

/** Seconds of a file that has not run here yet: those that are known to be long begin first, and new ones early. */
function guess(name) {
  const place = longest.indexOf(name)
  return place === -1 ? 60 : 1000 - place
}

async function runFile(file, { folder, env, running, isVerbose }) {
  const counts = join(folder, `${nameOf(file).replaceAll('/', '_')}.json`)
  const args = ['--disable-warning=ExperimentalWarning', `--test-timeout=${testLimitMs}`]
  args.push('--test-reporter=spec', '--test-reporter-destination=stdout')
  args.push(`--test-reporter=${join(projectDir, 'scripts/test-counts.mjs')}`, `--test-reporter-destination=${counts}`)
  const startedMs = Date.now()
  const child = spawn(node24, [...args, file], {
    cwd: projectDir,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...(process.stdout.isTTY ? { FORCE_COLOR: '1' } : {}), ...env },
  })
  running.add(child)
  const said = []
  let hung = ''
  let kill
  const giveUp = (why) => {
    if (isVerbose || hung !== '') return
    hung = `${why}, `
    child.kill('SIGTERM')
    kill = setTimeout(() => child.kill('SIGKILL'), patienceMs)
  }
  const silence = setTimeout(() => giveUp(`said nothing for ${silenceLimitMs / 1000} s`), silenceLimitMs)
  const look = setInterval(() => {
    if (isIdle(counts)) giveUp(`did not end ${lingerLimitMs / 1000} s after its last test`)
  }, 5000)
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      silence.refresh()
      if (isVerbose) process.stdout.write(chunk)
      else said.push(chunk)
    })
  }
  const { code, signal } = await ended(child)
  clearTimeout(silence)
  clearInterval(look)
  clearTimeout(kill)
  running.delete(child)
  const told = readCounts(counts)
  const failures = [...told.failures]
  if (hung !== '' || (code !== 0 && failures.length === 0)) {
    failures.push(`(the file) ${hung}${signal === null ? `exit code ${code}` : `ended by ${signal}`}`)
  }
  return {
    file,
    ...told,
    failed: failures.length,
    failures,
    seconds: (Date.now() - startedMs) / 1000,
    said: Buffer.concat(said).toString(),
  }
}

/** Its exit, and of its output what is there by then: a program that it left behind may hold that open. */
function ended(child) {
  return new Promise((done, fail) => {
    child.once('error', fail)
    child.once('close', (code, signal) => done({ code, signal }))
    child.once('exit', (code, signal) => setTimeout(() => done({ code, signal }), 1000))
  })
}

function print({ file, passed, failed, skipped, seconds, said }, isVerbose) {
  if (isVerbose) return
  const counted = [`${passed} passed`]
  if (failed > 0) counted.push(`${failed} failed`)
  if (skipped > 0) counted.push(`${skipped} skipped`)
  console.log(`${failed > 0 ? '✖' : '✔'} ${nameOf(file)}: ${counted.join(', ')} in ${seconds.toFixed(1)} s`)
  if (failed > 0) console.log(said.replace(/^/gm, '    '))
}

/** Whether the last that the file told, a while ago, is that no test is left to run. */
function isIdle(path) {
  if (!existsSync(path) || Date.now() - statSync(path).mtimeMs < lingerLimitMs) return false
  return readFileSync(path, 'utf8').endsWith('{"idle":true}\n')
}

/** What the file told up to its end, however that came. */
function readCounts(path) {
  const told = { passed: 0, skipped: 0, failures: [], cpuSeconds: 0 }
  for (const line of existsSync(path) ? readFileSync(path, 'utf8').split('\n').filter(Boolean) : []) {
    const { failure, passed, skipped, cpuSeconds } = JSON.parse(line)
    if (failure !== undefined) told.failures.push(failure)
    if (passed !== undefined) Object.assign(told, { passed, skipped, cpuSeconds })
  }
  return told
}

/** A signal to us goes on to the files that run; then we end. They end with us in any case. Gives a function that stops this. */
function passSignals(running) {
  const endAll = (signal) => {
    for (const child of running) child.kill(signal)
  }
  // by something else that has failed meanwhile
  const endWithUs = () => endAll('SIGTERM')
  const end = (signal) => {
    endAll(signal)
    process.exit(1)
  }
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP']
  for (const signal of signals) process.on(signal, end)
  process.on('exit', endWithUs)
  const stopWatching = untilNpmIsGone(() => end('SIGTERM'))
  return () => {
    process.off('exit', endWithUs)
    for (const signal of signals) process.off(signal, end)
    stopWatching()
  }
}

function readMemory() {
  try {
    return JSON.parse(readFileSync(memory, 'utf8'))
  } catch {
    return {} // The first run here.
  }
}

function remember(known) {
  mkdirSync(dirname(memory), { recursive: true })
  writeFileSync(memory, `${JSON.stringify(known, null, 1)}\n`)
}

function nameOf(file) {
  return relative(projectDir, file)
}
