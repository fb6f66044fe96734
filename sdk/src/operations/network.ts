// biome-ignore-all format: written by scripts/sdk-operations.mjs
// biome-ignore-all assist/source/organizeImports: likewise
/** Written by scripts/sdk-operations.mjs from protocol/src/api/network.ts: change that, and run it again. */

export interface NetworkRefusal {
  kind: 'name' | 'connection'
  target: string
  protocol: string
  port?: number
  reason: 'not-allowed' | 'denied' | 'private-address' | 'query-type' | 'too-many'
  count: number
  lastAt: string
}

/** What is sent and answered. */
export interface NetworkOperations {
  /** What the network rules of a running sandbox have refused in the last hour, the newest first */
  getNetworkRefusals: {
    params: { sandboxIdOrName: string | number | boolean }
    answer: {
      items: NetworkRefusal[]
    }
  }
}

/** Method and path; with "bytes" where the answer is no JSON. */
export const networkOperations = {
  getNetworkRefusals: 'GET /sandbox/{sandboxIdOrName}/network/refused',
} as const
