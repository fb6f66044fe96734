import { AssertionError } from 'node:assert'
import { randomInt } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { Daytona, type Sandbox } from '@daytonaio/sdk'
import { openOutside } from '../test/fixtures/outside.ts'
import { startGitOutside } from '../test/fixtures/outside-git.ts'
import { startTestPlatform } from '../test/fixtures/platform.ts'
import { percentile } from './figures.ts'
import { type Job, jobs } from './soak-jobs.ts'
import { judge, printTable, type Watched } from './soak-verdict.ts'
import { findAgent, lookAtProcess, lookAtSandbox } from './soak-watch.ts'

const { values: options } = parseArgs({
  options: {
    minutes: { type: 'string', default: '30' },
    sandboxes: { type: 'string', default: '5' },
    clients: { type: 'string', default: '20' },
    /** seconds of quiet before and after */
    quiet: { type: 'string', default: '100' },
    /** names of jobs, with commas between; all when absent */
    only: { type: 'string' },
  },
})
const minutes = Number(options.minutes)
const sampleMs = 10_000
const jobDeadlineMs = 120_000
/** Long enough for kept connections and the like to go. */
const quietMs = Number(options.quiet) * 1000
const chosen = Object.entries(jobs).filter(([name]) => options.only?.split(',').includes(name) ?? true)
if (!(minutes > 0) || chosen.length === 0) throw new Error('usage: npm run soak -- [--minutes N] [--only files,git]')

const stop = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    if (!stop.signal.aborted) console.log(`${signal}: ending, and removing what was made`)
    stop.abort()
  })
}
const durations = new Map<string, number[]>(chosen.map(([name]) => [name, []]))
const errors: string[] = []

process.exitCode = await soak()

async function soak(): Promise<number> {
  await using ground = new AsyncDisposableStack()
  const outside = await openOutside()
  ground.defer(outside.close)
  const repository = `${await startGitOutside(outside, [{ name: 'octocat/hello.git' }])}octocat/hello.git`
  const platform = await startTestPlatform()
  ground.defer(() => platform.remove())
  const connect = (): Daytona => new Daytona({ apiUrl: platform.apiUrl, apiKey: platform.apiKey })
  await using owner = connect()
  const made = await Promise.all(Array.from({ length: Number(options.sandboxes) }, () => owner.create()))
  const watched: Watched[] = made.map(({ id }) => {
    const agent = findAgent(id)
    return { name: `agent ${id.slice(0, 8)}`, look: () => lookAtSandbox(agent), samples: [] }
  })
  watched.push({
    name: 'platform',
    look: () => ({ agent: lookAtProcess(platform.pid), zombies: [], processes: 1 }),
    samples: [],
  })

  console.log(`Warming up: each of ${chosen.length} jobs once in each of ${made.length} sandboxes`)
  await Promise.all(made.map((sandbox, i) => warmUp(sandbox, `warm-${i}`, repository)))
  if (stop.signal.aborted || errors.length > 0) return giveUp()
  await rest(quietMs)
  for (const each of watched) each.before = each.look()

  console.log(`${options.clients} clients for ${minutes} minutes`)
  const endAt = Date.now() + minutes * 60_000
  const clients = Array.from({ length: Number(options.clients) }, async (_, i) => {
    await using daytona = connect()
    const sandbox = await daytona.get(made[i % made.length]?.id ?? '')
    await work(sandbox, `client-${i}`, repository, endAt)
  })
  const working = Promise.all(clients)
  const sampling = new AbortController()
  const sampled = sample(watched, sampling.signal)
  await working.finally(() => sampling.abort())
  await sampled
  if (stop.signal.aborted) return giveUp()
  await rest(quietMs)
  for (const each of watched) each.after = each.look()

  for (const [name, times] of durations) {
    const ms = (share: number): string => percentile(times, share).toFixed(0).padStart(7)
    console.log(`${name.padEnd(12)} ${String(times.length).padStart(6)} done   p50${ms(0.5)} ms   p95${ms(0.95)} ms`)
  }
  printTable(watched)
  const faults = [...errors.slice(0, 20), ...judge(watched)]
  console.log(faults.length === 0 ? 'soak: ok' : `soak: FAILED, ${errors.length} errors\n  ${faults.join('\n  ')}`)
  return faults.length === 0 ? 0 : 1
}

async function warmUp(sandbox: Sandbox, name: string, repository: string): Promise<void> {
  for (const [i, [title, { job }]] of chosen.entries()) {
    if (stop.signal.aborted) return
    await attempt(title, job, { sandbox, name, round: i, repository })
  }
}

async function work(sandbox: Sandbox, name: string, repository: string, endAt: number): Promise<void> {
  const drawer = chosen.flatMap((entry) => Array.from({ length: entry[1].weight }, () => entry))
  for (let round = 1; Date.now() < endAt && !stop.signal.aborted; round++) {
    const [title, { job }] = drawer[randomInt(drawer.length)] ?? ['', { job: async () => undefined }]
    const startedAt = performance.now()
    if (await attempt(title, job, { sandbox, name, round, repository }))
      durations.get(title)?.push(performance.now() - startedAt)
    await sleep(randomInt(500))
  }
}

/** Does the job; an error is noted, and the soak goes on. */
async function attempt(title: string, job: Job, worker: Parameters<Job>[0]): Promise<boolean> {
  const deadline = new AbortController()
  const late = sleep(jobDeadlineMs, undefined, { signal: deadline.signal }).then(() => {
    throw new Error(`took longer than ${jobDeadlineMs / 1000} s`)
  })
  try {
    await Promise.race([job(worker), late])
    return true
  } catch (error) {
    if (stop.signal.aborted) return false
    errors.push(`${title} of ${worker.name}, round ${worker.round}: ${say(error)}`)
    console.log(`  error: ${errors.at(-1)}`)
    return false
  } finally {
    deadline.abort()
    await late.catch(() => undefined)
  }
}

function say(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if (error instanceof AssertionError) return error.message.replaceAll(/\s+/g, ' ').slice(0, 500)
  return (error.stack ?? error.message).split('\n').slice(0, 4).join(' ')
}

async function sample(watched: readonly Watched[], signal: AbortSignal): Promise<void> {
  const startedAt = Date.now()
  while (!signal.aborted && !stop.signal.aborted) {
    for (const each of watched) each.samples.push({ atMs: Date.now(), ...each.look() })
    const total = [...durations.values()].reduce((sum, { length }) => sum + length, 0)
    const agents = watched.map(({ samples }) => `${((samples.at(-1)?.agent.pssKib ?? 0) / 1024).toFixed(0)}`).join(' ')
    const time = `${((Date.now() - startedAt) / 60_000).toFixed(1)} min`
    console.log(`${time}  ${total} jobs done, ${errors.length} errors; PSS of agents and platform, MiB: ${agents}`)
    await sleep(sampleMs, undefined, { signal }).catch(() => undefined)
  }
}

async function rest(ms: number): Promise<void> {
  await sleep(ms, undefined, { signal: stop.signal }).catch(() => undefined)
}

function giveUp(): number {
  console.log(stop.signal.aborted ? 'soak: broken off' : `soak: FAILED before it began, ${errors.length} errors`)
  return 1
}
