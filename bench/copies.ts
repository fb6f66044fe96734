import { setTimeout as sleep } from 'node:timers/promises'
import type { Client } from './client.ts'
import { printFigures } from './figures.ts'

/** A sandbox as far as is looked at here. */
interface Sandbox {
  readonly id: string
  readonly state: string
}

const rounds = 20

/** From a create call that takes a sandbox made ahead to the first command's output. */
export async function benchWarm(client: Client): Promise<void> {
  const size = 3
  const pool = (await client.call('POST', '/api/warm-pools', { snapshot: 'default', pool: size })) as { id: string }
  const isFull = async (): Promise<boolean> => {
    const [found] = (await client.call('GET', '/api/warm-pools')) as { currentSize: number }[]
    return found?.currentSize === size
  }
  const figures = {
    claim: [] as number[],
    'claim + command': [] as number[],
    'claim with variables + command': [] as number[],
  }
  for (let round = -1; round < rounds; round++) {
    for (const body of [{}, { env: { A: '1' } }]) {
      while (!(await isFull())) await sleep(50)
      await sleep(300)
      const startedAt = performance.now()
      const { id } = (await client.call('POST', '/api/sandbox', body)) as Sandbox
      const claimedAt = performance.now()
      await client.execute(id, 'echo ready')
      const endedAt = performance.now()
      // The first round is for caches.
      if (round >= 0 && 'env' in body) figures['claim with variables + command'].push(endedAt - startedAt)
      if (round >= 0 && !('env' in body)) {
        figures.claim.push(claimedAt - startedAt)
        figures['claim + command'].push(endedAt - startedAt)
      }
      await client.remove(id)
    }
  }
  printFigures(
    'From a warm pool',
    Object.entries(figures).map(([name, samples]) => ({ name, samples })),
  )
  await client.call('DELETE', `/api/warm-pools/${pool.id}`)
}

/** Copies of a sandbox with 1 GiB of changes: forks, saved snapshots, archives. */
export async function benchCopies(client: Client): Promise<void> {
  const source = (await client.call('POST', '/api/sandbox', { disk: 5 })) as Sandbox
  await client.execute(source.id, 'head -c 1G /dev/urandom > large && sync')
  const forks: number[] = []
  const saves: number[] = []
  for (let round = 0; round < 5; round++) {
    forks.push(
      await timed(async () => {
        const fork = (await client.call('POST', `/api/sandbox/${source.id}/fork`, {})) as Sandbox
        await client.execute(fork.id, 'stat -c %s large')
        await client.remove(fork.id)
      }),
    )
    const name = `bench-${round}`
    saves.push(await timed(() => client.call('POST', `/api/sandbox/${source.id}/snapshot`, { name })))
    await client.call('DELETE', `/api/snapshots/${name}`)
  }
  printFigures('Fork with 1 GiB of changes, to first command', [{ name: 'fork + command', samples: forks }])
  printFigures('Snapshot of it', [{ name: 'snapshot', samples: saves }])

  const into = async (verb: string, state: string): Promise<number> =>
    timed(async () => {
      await client.call('POST', `/api/sandbox/${source.id}/${verb}`)
      for (;;) {
        const found = (await client.call('GET', `/api/sandbox/${source.id}`)) as Sandbox
        if (found.state === state) return
        if (found.state === 'error') throw new Error(`${verb} failed`)
        await sleep(20)
      }
    })
  const times: string[] = []
  for (const which of ['first', 'unchanged, again']) {
    await into('stop', 'stopped')
    times.push(`${which}: archive ${seconds(await into('archive', 'archived'))}`)
    times.push(`restore and start ${seconds(await into('start', 'started'))}`)
  }
  console.log(`\nArchive of 1 GiB that does not compress\n  ${times.join(', ')}`)
  await client.remove(source.id)
}

/** A Dockerfile of a few steps over the default snapshot, with nothing cached and then again. */
export async function benchBuild(client: Client): Promise<void> {
  const dockerfileContent = [
    'FROM sandyard/default',
    'USER root',
    'ENV GREETING=hello',
    'WORKDIR /srv',
    'RUN echo $GREETING > greeting',
    'RUN python3 -c "print(42)" > answer',
    'RUN useradd builder',
    `RUN echo ${Date.now()}`,
  ].join('\n')
  const times: string[] = []
  for (const name of ['bench-cold', 'bench-cached']) {
    const taken = await timed(async () => {
      await client.call('POST', '/api/snapshots', { name, buildInfo: { dockerfileContent } })
      for (;;) {
        const { state, errorReason } = (await client.call('GET', `/api/snapshots/${name}`)) as Sandbox & {
          errorReason: string | null
        }
        if (state === 'active') return
        if (state === 'error' || state === 'build_failed') throw new Error(`the build failed: ${errorReason}`)
        await sleep(20)
      }
    })
    times.push(`${name.slice(6)} ${seconds(taken)}`)
  }
  for (const name of ['bench-cold', 'bench-cached']) await client.call('DELETE', `/api/snapshots/${name}`)
  console.log(`\nBuild of a Dockerfile with four programs to run\n  ${times.join(', ')}`)
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now()
  await work()
  return performance.now() - startedAt
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(2)} s`
}
