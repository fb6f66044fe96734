import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { CommandInput } from '../command.ts'
import { readConfig } from '../config.ts'
import { findRunning, isDataFolder } from '../data-folder.ts'
import { adminKey } from '../keys.ts'
import { openLog } from '../log.ts'
import { openEngine } from '../platform.ts'
import { platformApi } from '../platform-api.ts'
import { makeBase } from './prepare.ts'
import { requireRoot } from './require-root.ts'

const graceMs = 10_000
/** Sandboxes that are stopped at the same time. */
const atOnce = 8

/** Stops all sandboxes of the data folder, by the running platform or, when none runs, by the engine itself. */
export async function down(input: CommandInput): Promise<number> {
  const { args, env, terminal, signal } = input
  const { config } = readConfig(args, env, [])
  requireRoot('down')
  if (!existsSync(config.data) || !(await isDataFolder(config.data))) {
    terminal.say(`Nothing to stop: no platform was ever started with ${config.data}.`)
    return 0
  }
  const url = await findRunning(config.data)
  let stopped: number
  let deleted = 0
  if (url === null) {
    const base = await makeBase(config, terminal, signal)
    const log = openLog({ file: join(config.data, 'sandyard.log'), level: config.logLevel, say: terminal.say })
    const engine = await openEngine({ config, base, log })
    try {
      const started = (await engine.recover()).filter((report) => report.state === 'started')
      stopped = await each(started, (report) => engine.stop(report.sandboxId, { graceMs }))
    } finally {
      await engine.close()
    }
  } else {
    const api = platformApi(url, (await adminKey(config)).key)
    const started = await api.started()
    stopped = await each(started, ({ id }) => api.stop(id))
    deleted = started.filter(({ isEphemeral }) => isEphemeral).length
  }
  const kept = stopped - deleted
  terminal.say(`Stopped ${kept} ${kept === 1 ? 'sandbox' : 'sandboxes'}; their disks stay.`)
  if (deleted > 0) terminal.say(`Deleted ${deleted} that were made to be deleted at their stop.`)
  return 0
}

/** Does the work for all items, some at a time, and gives their number. The first failure ends it. */
async function each<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<number> {
  const rest = [...items]
  const worker = async (): Promise<void> => {
    for (let item = rest.shift(); item !== undefined; item = rest.shift()) await work(item)
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
  return items.length
}
