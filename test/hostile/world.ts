import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { openOutside } from '../fixtures/outside.ts'
import { probePath } from './ground.ts'

/** A machine of the world that answers everybody and notes every packet that comes to it. */
export interface World {
  readonly address: string
  /** How many packets of each kind have come since a mark, see `probes/world.py`; first waits for what is under way. */
  came(since: number): Promise<Readonly<Record<string, number>>>
  /** How much has come so far. */
  mark(): Promise<number>
  /** Runs a name server there, that knows these names. */
  knows(zone: object): Promise<void>
}

/** Longest time that a packet is on its way between namespaces of one machine, ms. */
const settleMs = 100

/** Opens one on these ports; it ends with the stack. */
export async function openWorld(
  ground: AsyncDisposableStack,
  folder: string,
  ports: readonly number[],
): Promise<World> {
  const outside = await openOutside()
  ground.defer(() => outside.close())
  const { address } = outside
  const notes = join(folder, `world-${address}`)
  writeFileSync(notes, '')
  await outside.start('python3', [probePath('world.py'), notes, ports.join(',')])
  const lines = async (): Promise<string[]> => {
    await delay(settleMs)
    return readFileSync(notes, 'utf8').split('\n').slice(0, -1)
  }
  return {
    address,
    async came(since) {
      const counts: Record<string, number> = {}
      for (const line of (await lines()).slice(since)) counts[line] = (counts[line] ?? 0) + 1
      return counts
    },
    mark: async () => (await lines()).length,
    async knows(zone) {
      const file = join(folder, 'zone')
      writeFileSync(file, JSON.stringify(zone))
      const server = join(import.meta.dirname, '../fixtures/name-server.mjs')
      await outside.start(process.execPath, [server, address, '53', file])
    },
  }
}
