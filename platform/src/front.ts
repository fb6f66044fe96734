import { readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { Socket } from 'node:net'
import { isTunnel } from '@sandyard/gateway'
import { limits, networkOf } from '@sandyard/protocol'
import { createFairShares } from '@sandyard/protocol/fair-shares'
import { BoundedResponse } from '@sandyard/protocol/pipelines'
import { answerBrokenRequests } from './broken-request.ts'

/** Time between two looks for heads that do not come, ms. */
const usualCheckMs = 5_000

/** What differs from the usual front. */
export interface FrontOptions {
  /** for a head to come whole, ms */
  readonly headMs?: number
  /** between two looks whether it has, ms */
  readonly checkMs?: number
  /** connections at a time */
  readonly connections?: number
}

/**
 * The HTTP server before everything. Bodies may take as long as they take, heads not: without a time of their own they had
 * none at all then, and strangers could keep connections for nothing. When there are too many connections, the network that
 * has most makes room.
 */
export function createFront(options: FrontOptions = {}): Server {
  const { headMs = limits.headMs, checkMs = usualCheckMs, connections = mostConnections() } = options
  const http = createServer({
    maxHeaderSize: limits.headBytes,
    requestTimeout: 0,
    headersTimeout: headMs,
    connectionsCheckingInterval: checkMs,
    keepAliveTimeout: 70_000,
    // Who vanishes without a word during a long wait would never be noticed.
    keepAlive: true,
    keepAliveInitialDelay: limits.tcpQuietMs,
    // A request without a body has ended when it comes: Node tells nothing of its end then, nor of its close.
    optimizeEmptyRequests: true,
    shouldUpgradeCallback: isTunnel,
    ServerResponse: BoundedResponse,
  })
  const shares = createFairShares({ own: connections, all: connections })
  http.on('connection', (socket: Socket) => {
    const giveBack = shares.take(networkOf(socket.remoteAddress ?? ''), () => socket.destroy())
    if (giveBack === null) socket.destroy()
    else socket.once('close', giveBack)
  })
  answerBrokenRequests(http)
  return http
}

/** As many as take four fifths of the files that this process may open, two each; the rest is for the platform's own work. */
function mostConnections(): number {
  const [, files] = /^Max open files +(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? []
  return Math.max(256, Math.floor(Number(files ?? 1_000_000) * 0.4))
}
