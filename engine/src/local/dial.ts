import { connect, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { type DialTarget, PlatformError } from '@sandyard/protocol'
import { dialAgent } from './agent.ts'
import type { Context } from './context.ts'
import { sandboxPaths } from './layout.ts'
import type { Doors } from './network/doors.ts'
import { requireRecord } from './orders/life.ts'
import type { SandboxRecord } from './records/record.ts'

/** Longest that a connection of this machine to itself takes; then it goes by the agent, ms. */
const directMs = 500

/**
 * Opens a stream to a sandbox's agent, or to a port of its loopback: straight, where that leads somewhere, and by the
 * agent otherwise, which also tries IPv6.
 */
export async function dialSandbox(
  context: Context,
  doors: Doors,
  sandboxId: string,
  target: DialTarget,
): Promise<Duplex> {
  const record = requireRunning(context, sandboxId)
  if (target.kind === 'port' && record.init !== null && record.slot !== null) {
    const socket = await connectStraight(doors, record.init, record.slot, target.port)
    if (socket !== null) {
      // While it was connected, the place may have become another sandbox's.
      if (isSameRun(record, context.records.get(sandboxId))) return socket
      socket.destroy()
      throw new PlatformError('SERVICE_UNAVAILABLE', `Sandbox ${sandboxId} is not running`)
    }
  }
  return await dialAgent(sandboxPaths(context.layout, sandboxId).agentSocket, sandboxId, target)
}

function requireRunning(context: Context, sandboxId: string): SandboxRecord {
  const record = requireRecord(context, sandboxId)
  if (record.phase === 'running') return record
  const state = record.phase === 'paused' ? 'paused' : 'not running'
  throw new PlatformError('SERVICE_UNAVAILABLE', `Sandbox ${sandboxId} is ${state}`)
}

function isSameRun(before: SandboxRecord, now: SandboxRecord | undefined): boolean {
  return (
    now?.phase === 'running' &&
    now.slot === before.slot &&
    now.init?.pid === before.init?.pid &&
    now.init?.startTime === before.init?.startTime
  )
}

/** Gives null when there is no door, or nothing behind it. */
async function connectStraight(doors: Doors, run: object, slot: number, port: number): Promise<Socket | null> {
  const address = await doors.address(run, slot)
  if (address === null) return null
  return await new Promise((resolve) => {
    const socket = connect({ host: address, port, allowHalfOpen: true, noDelay: true })
    const timer = setTimeout(() => {
      doors.avoid(run)
      giveUp()
    }, directMs)
    const giveUp = (): void => {
      clearTimeout(timer)
      socket.destroy()
      resolve(null)
    }
    socket.once('error', giveUp)
    socket.once('connect', () => {
      clearTimeout(timer)
      socket.off('error', giveUp)
      resolve(socket)
    })
  })
}
