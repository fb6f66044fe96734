import { Daytona } from '@sandyard/sdk'
import type { Caller } from './caller.ts'

/** How the platform in this process is reached. */
export interface LocalPlatform {
  /** Answers a call of the API as if it had come from this address. */
  readonly callApi: (request: Request, address: string | undefined) => Promise<Response>
  /** base URL by which this process reaches the port, past any proxy in front, without a slash at the end */
  readonly localUrl: string
}

/**
 * A client of the platform with the rights of the caller. What it asks of the API goes to the server in this process,
 * as if the caller had asked, so that limits and the audit log see who it is; what it asks of sandboxes goes through
 * the port.
 */
export function connectLocally(local: LocalPlatform, caller: Caller): Daytona {
  const { bearer, organizationId, site } = caller
  const credentials = organizationId === undefined ? { apiKey: bearer } : { jwtToken: bearer, organizationId }
  return new Daytona({
    ...credentials,
    apiUrl: `${site}/api`,
    fetch: createLocalFetch(local, caller),
    WebSocket: createLocalSocket(local.localUrl),
  })
}

function createLocalFetch({ callApi, localUrl }: LocalPlatform, { address, forwarded }: Caller): typeof fetch {
  return async (input, init) => {
    const asked = new URL(input instanceof Request ? input.url : input)
    if (!asked.pathname.startsWith('/api/')) return await fetch(localOf(asked, localUrl), init)
    const request = new Request(asked, init)
    for (const [name, value] of Object.entries(forwarded)) request.headers.set(name, value)
    return await callApi(request, address)
  }
}

function createLocalSocket(localUrl: string) {
  return class extends WebSocket {
    constructor(url: string, protocols?: string[]) {
      super(localOf(new URL(url), localUrl).href.replace(/^http/, 'ws'), protocols)
    }
  }
}

/** The same path on this machine. Only toolboxes are asked for so, whatever an answer said. */
function localOf(asked: URL, localUrl: string): URL {
  if (!asked.pathname.startsWith('/toolbox/')) throw new Error(`nothing is asked of ${asked.pathname} here`)
  return new URL(`${asked.pathname}${asked.search}`, localUrl)
}
