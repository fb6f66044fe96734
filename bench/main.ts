import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { hostState } from '../test/fixtures/host-state.ts'
import { startTestPlatform } from '../test/fixtures/platform.ts'
import { type Client, createClient } from './client.ts'
import { benchBuild, benchCopies, benchWarm } from './copies.ts'
import { benchDashboard } from './dashboard.ts'
import { type Docker, execute, image, openDocker } from './docker.ts'
import { benchEnvironments, benchOpenCode } from './environments.ts'
import { inTurn, printFigures } from './figures.ts'
import { benchInterpreter, benchListing, benchLog, benchTerminal } from './latency.ts'
import { benchPreviews } from './previews.ts'
import { withBundle } from './runc.ts'
import { measureTransfer } from './transfer.ts'

const rounds = 20
const many = 50
const wanted = process.argv.slice(2)
const isWanted = (name: string): boolean => wanted.length === 0 || wanted.includes(name)

console.log(
  `${cpus().length} × ${cpus()[0]?.model}, Linux ${readFileSync('/proc/sys/kernel/osrelease', 'utf8').trim()}, Node ${process.version}`,
)
const rootfs = findRootfs()
const platform = await startTestPlatform()
const client = createClient(platform)
/** The same with sandboxes ready for whoever asks first, as it is by default; the other one has none. */
const ready = isWanted('create') || isWanted('many') ? await startTestPlatform(['--ready-sandboxes', '2']) : null
const docker = isWanted('create') || isWanted('command') ? await openDocker(rootfs) : null
if (docker === null) console.log('docker is not installed or not wanted: no comparison with it')
try {
  if (isWanted('create') && ready !== null) await benchCreate(docker, createClient(ready))
  if (isWanted('command')) await benchCommand(docker)
  if (isWanted('delete')) await benchDelete()
  if (isWanted('many')) await benchMany()
  if (isWanted('many') && ready !== null) await benchManyReady(createClient(ready))
  if (isWanted('warm')) await benchWarm(client)
  if (isWanted('copies')) await benchCopies(client)
  if (isWanted('build')) await benchBuild(client)
  if (isWanted('list')) await benchListing(client)
  if (isWanted('log')) await benchLog(platform, client)
  if (isWanted('terminal')) await benchTerminal(platform, client)
  if (isWanted('interpreter')) await benchInterpreter(platform, client)
  if (isWanted('transfer')) await measureTransfer(platform, client)
  if (isWanted('previews')) await benchPreviews(platform, client)
  if (isWanted('environments')) await benchEnvironments(client)
  if (isWanted('opencode')) await benchOpenCode(platform)
  if (isWanted('dashboard')) await benchDashboard(platform, client)
} finally {
  await docker?.close()
  await ready?.remove()
  await platform.remove()
}

/** From nothing to the first command's output. Each one rests a moment after, outside the measured time. */
async function benchCreate(docker: Docker | null, readyClient: Client): Promise<void> {
  const made: string[] = []
  const madeReady: string[] = []
  await withBundle(rootfs, async (bundle) => {
    const figures = await inTurn(rounds, {
      'sandyard create + command': async () => {
        const id = await readyClient.create()
        madeReady.push(id)
        await readyClient.execute(id, 'echo ready')
      },
      'the same with none ready': async () => {
        const id = await client.create()
        made.push(id)
        await client.execute(id, 'echo ready')
      },
      ...(docker === null
        ? {}
        : {
            'docker run -d + docker exec': async () => {
              const id = (await docker.run('run', '-d', image, 'sleep', 'infinity')).trim()
              await docker.run('exec', id, 'sh', '-c', 'echo ready')
            },
          }),
      'runc run of /bin/true': async () => {
        await execute('runc', ['--root', join(bundle, 'state'), 'run', '--bundle', bundle, 'sandyard-bench'])
      },
      ...(existsSync('/usr/bin/bwrap')
        ? {
            'bwrap of /bin/true': async () => {
              await execute('bwrap', ['--ro-bind', rootfs, '/', '--unshare-all', '/bin/true'])
            },
          }
        : {}),
      'pause, for what goes on behind': async () => {
        for (const id of made.splice(0)) await client.remove(id)
        for (const id of madeReady.splice(0)) await readyClient.remove(id)
        await sleep(1000)
      },
    })
    printFigures('Create to first command', figures.slice(0, -1))
  })
}

async function benchCommand(docker: Docker | null): Promise<void> {
  const id = await client.create()
  const container = docker === null ? '' : (await docker.run('run', '-d', image, 'sleep', 'infinity')).trim()
  const figures = await inTurn(100, {
    'sandyard command': async () => {
      await client.execute(id, 'echo ready')
    },
    ...(docker === null
      ? {}
      : {
          'docker exec': async () => {
            await docker.run('exec', container, 'sh', '-c', 'echo ready')
          },
        }),
  })
  printFigures('Command round trip', figures)
  await client.remove(id)
}

async function benchDelete(): Promise<void> {
  const samples: number[] = []
  for (let round = 0; round < rounds; round++) {
    const id = await client.create()
    await sleep(300)
    const startedAt = performance.now()
    await client.remove(id)
    samples.push(performance.now() - startedAt)
    await sleep(300)
  }
  printFigures('Delete, until the call returns', [{ name: 'sandyard delete', samples }])
}

/** Many at once, their memory, and finding them again after kill -9. */
async function benchMany(): Promise<void> {
  const ids = await createMany(client, `${many} creates at once, none ready`)
  await sleep(3000)
  const pss = hostState(platform.index).processes.map((pid) => readPssKib(pid))
  console.log(
    `Idle memory, ${many} running\n  ${(pss.reduce((sum, kib) => sum + kib, 0) / many / 1024).toFixed(1)} MiB PSS of init and agent a sandbox`,
  )
  await platform.end('SIGKILL')
  const killedAt = performance.now()
  await platform.start()
  const again = createClient(platform)
  await Promise.all(ids.map((id) => again.execute(id, 'true')))
  console.log(
    `Restart after kill -9\n  all ${many} answered a command ${((performance.now() - killedAt) / 1000).toFixed(2)} s after it, the start of the program and its self-check included`,
  )
  await Promise.all(ids.map((id) => again.remove(id)))
  await sleep(5000)
}

/** Most of them find none ready any more. */
async function benchManyReady(readyClient: Client): Promise<void> {
  const ids = await createMany(readyClient, `${many} creates at once, two ready`)
  await Promise.all(ids.map((id) => readyClient.remove(id)))
  await sleep(5000)
}

async function createMany(of: Client, title: string): Promise<string[]> {
  const startedAt = performance.now()
  const ids = await Promise.all(Array.from({ length: many }, () => of.create()))
  const seconds = (performance.now() - startedAt) / 1000
  console.log(`\n${title}\n  all started after ${seconds.toFixed(2)} s: ${(many / seconds).toFixed(1)} sandboxes/s`)
  return ids
}

function readPssKib(pid: number): number {
  return Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1] ?? 0)
}

function findRootfs(): string {
  const snapshots = join(process.env.SANDYARD_BASE ?? '', 'snapshots')
  const name = readdirSync(snapshots).find((entry) => entry.startsWith('default-'))
  if (name === undefined) throw new Error(`There is no default snapshot in ${snapshots}`)
  return join(snapshots, name, 'rootfs')
}
