import { existsSync, readdirSync, statfsSync } from 'node:fs'
import { availableParallelism, freemem, totalmem } from 'node:os'
import { dirname, join } from 'node:path'
import type { Config } from '../config.ts'
import { type Check, fail, ok, warn } from './check.ts'
import { readIfThere } from './look.ts'

const GiB = 2 ** 30

/** Whether the machine has room for sandboxes, and what is already made. */
export function roomChecks(config: Config): readonly Check[] {
  return [
    {
      name: 'disk',
      run() {
        const place = nearestFolder(config.data)
        const stats = statfsSync(place)
        const freeGib = (stats.bavail * stats.bsize) / GiB
        const message = `${freeGib.toFixed(0)} GiB free for ${config.data}`
        if (freeGib < 3) return fail(message, 'the default snapshot alone takes 1 GiB; choose another --data')
        if (freeGib < 20) return warn(message, `each sandbox may take up to its disk size (${config.defaultDisk} GiB)`)
        return ok(message)
      },
    },
    {
      name: 'memory',
      run() {
        const available = /^MemAvailable:\s+(\d+)/m.exec(readIfThere('/proc/meminfo') ?? '')?.[1]
        const availableGib = (available === undefined ? freemem() : Number(available) * 1024) / GiB
        const message = `${availableGib.toFixed(1)} of ${(totalmem() / GiB).toFixed(1)} GiB available, ${availableParallelism()} cores`
        return availableGib < 1 ? warn(message, 'each sandbox needs 15 MB, and what its programs use') : ok(message)
      },
    },
    {
      name: 'base',
      run() {
        const names = existsSync(config.base) ? readdirSync(config.base) : []
        const snapshots = names.includes('snapshots') ? readdirSync(join(config.base, 'snapshots')) : []
        const isMade =
          names.some((name) => name.startsWith('runtime-')) && snapshots.some((name) => name.startsWith('default-'))
        if (isMade) return ok(`agent runtime and default snapshot in ${config.base}`)
        return ok(`nothing in ${config.base} yet`, 'the first start makes the agent runtime and the default snapshot')
      },
    },
  ]
}

function nearestFolder(path: string): string {
  return existsSync(path) ? path : nearestFolder(dirname(path))
}
