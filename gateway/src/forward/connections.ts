import { Agent, type ClientRequestArgs } from 'node:http'
import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { type DialTarget, type Engine, isPlatformError, PlatformError } from '@sandyard/protocol'

/** Connections into sandboxes: kept ones for requests, fresh ones for tunnels. */
export interface Connections {
  /** the pool to a target, for `http.request` */
  pool(sandboxId: string, target: DialTarget): Agent
  /** a connection of its own; rejects as `dial` does, or with REQUEST_GATEWAY_TIMEOUT */
  open(sandboxId: string, target: DialTarget): Promise<Duplex>
  /** Drops idle connections of a pool; what is in use goes on. */
  renew(sandboxId: string, target: DialTarget): void
  /** The same for all pools of a sandbox. */
  forget(sandboxId: string): void
  /** Cuts everything. */
  close(): void
}

const dialMs = 30_000
const poolCount = 1024
/** Shorter than servers commonly keep an idle connection, so that they rarely close one as we use it. */
const idleMs = { agent: 4000, port: 1500 } as const

export function createConnections(dial: Engine['dial']): Connections {
  const pools = new Map<string, Pool>()
  const open = (sandboxId: string, target: DialTarget) => dialInTime(dial, sandboxId, target)

  const retire = (key: string) => {
    pools.get(key)?.retire()
    pools.delete(key)
  }

  return {
    open,
    pool(sandboxId, target) {
      const key = keyOf(sandboxId, target)
      const pool = pools.get(key) ?? createPool(() => open(sandboxId, target), idleMs[target.kind])
      pools.delete(key)
      pools.set(key, pool)
      for (const oldest of pools.keys()) {
        if (pools.size <= poolCount) break
        retire(oldest)
      }
      return pool.agent
    },
    renew(sandboxId, target) {
      retire(keyOf(sandboxId, target))
    },
    forget(sandboxId) {
      for (const key of [...pools.keys()]) if (key.startsWith(`${sandboxId} `)) retire(key)
    },
    close() {
      for (const pool of pools.values()) pool.agent.destroy()
      pools.clear()
    },
  }
}

/** Keep-alive connections to one target. */
interface Pool {
  readonly agent: Agent
  /** Closes idle connections now, and those in use after their request. */
  retire(): void
}

/** An agent whose connections are dialled. Only sockets are kept: node's pool asks a stream to be one. */
function createPool(dial: () => Promise<Duplex>, idleMs: number): Pool {
  let isRetired = false
  const pool = new Agent({ keepAlive: true, maxSockets: 1024, maxFreeSockets: 16, scheduling: 'lifo', timeout: idleMs })
  const agent = Object.assign(pool, {
    createConnection(_options: ClientRequestArgs, callback: (error: unknown, stream?: Duplex) => void) {
      dial().then(
        (stream) => callback(null, stream),
        (error: unknown) => callback(error),
      )
      return null // it comes later
    },
    keepSocketAlive(stream: Duplex) {
      return !isRetired && stream instanceof Socket && Agent.prototype.keepSocketAlive.call(agent, stream)
    },
  })
  return {
    agent,
    retire() {
      isRetired = true
      for (const streams of Object.values(agent.freeSockets)) for (const stream of streams ?? []) stream.destroy()
    },
  }
}

async function dialInTime(dial: Engine['dial'], sandboxId: string, target: DialTarget): Promise<Duplex> {
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => {
    late.reject(new PlatformError('REQUEST_GATEWAY_TIMEOUT', `Sandbox ${sandboxId} took no connection in time`))
  }, dialMs)
  const dialling = dial(sandboxId, target)
  try {
    return await Promise.race([dialling, late.promise])
  } catch (error) {
    dialling.then(
      (stream) => stream.destroy(),
      () => {}, // it failed, and is told here
    )
    if (isPlatformError(error)) throw error
    throw new PlatformError('BAD_GATEWAY', `Sandbox ${sandboxId} could not be reached`, { cause: error })
  } finally {
    clearTimeout(timer)
  }
}

function keyOf(sandboxId: string, target: DialTarget): string {
  return `${sandboxId} ${target.kind === 'agent' ? 'agent' : target.port}`
}
