import { createServer, type Server } from 'node:http'
import { isTunnel } from '@sandyard/gateway'
import { limits } from '@sandyard/protocol'
import { BoundedResponse } from '@sandyard/protocol/pipelines'
import { answerBrokenRequests } from './broken-request.ts'

/** Time between two looks for heads that do not come, ms. */
const usualCheckMs = 5_000

/**
 * The HTTP server before everything. Bodies may take as long as they take, heads not: without a time of their own they had
 * none at all then, and strangers could keep connections for nothing.
 * @param times for a head to come whole, and between two looks whether it has, ms
 */
export function createFront({ headMs = limits.headMs as number, checkMs = usualCheckMs } = {}): Server {
  const http = createServer({
    maxHeaderSize: limits.headBytes,
    requestTimeout: 0,
    headersTimeout: headMs,
    connectionsCheckingInterval: checkMs,
    keepAliveTimeout: 70_000,
    // A request without a body has ended when it comes: Node tells nothing of its end then, nor of its close.
    optimizeEmptyRequests: true,
    shouldUpgradeCallback: isTunnel,
    ServerResponse: BoundedResponse,
  })
  answerBrokenRequests(http)
  return http
}
