import { limits } from '@sandyard/protocol'
import { Daytona, DaytonaError, patientFetchOptions } from '@sandyard/sdk'
import type { Caller } from './caller.ts'
import type { RequestRoom, Room } from './room.ts'

/** How the platform in this process is reached. */
export interface LocalPlatform {
  /** Answers a call of the API as if it had come from this address. */
  readonly callApi: (request: Request, address: string | undefined) => Promise<Response>
  /** base URL by which this process reaches the port, past any proxy in front, without a slash at the end */
  readonly localUrl: string
}

/** Makes a client of the platform with the rights of a caller. */
export type Connect = (caller: Caller) => Daytona

/**
 * Clients of the platform in this process. What they ask of the API goes to the server, as if the caller had asked, so
 * that limits and the audit log see who it is; what they ask of sandboxes goes through the port. Of their answers no
 * more is held than there is room for.
 */
export function createConnect(local: LocalPlatform, room: Room): Connect {
  // One for all: it holds the connections.
  let patience: Promise<Record<string, unknown>> | undefined
  const LocalSocket = createLocalSocket(local.localUrl)

  async function askSandbox(asked: URL, init: RequestInit | undefined, caller: Caller): Promise<Response> {
    patience ??= patientFetchOptions()
    const answer = await fetch(localOf(asked, local.localUrl), {
      ...init,
      ...(await patience),
      // this machine reaches more than the caller may
      redirect: 'manual',
    })
    return answer.body === null ? answer : new Response(bounded(answer.body, room.open(caller.id)), answer)
  }

  async function askApi(asked: URL, init: RequestInit | undefined, caller: Caller): Promise<Response> {
    const request = new Request(asked, init)
    for (const [name, value] of Object.entries(caller.forwarded)) request.headers.set(name, value)
    return await local.callApi(request, caller.address)
  }

  return (caller) => {
    const { bearer, organizationId, site } = caller
    const credentials = organizationId === undefined ? { apiKey: bearer } : { jwtToken: bearer, organizationId }
    return new Daytona({
      ...credentials,
      apiUrl: `${site}/api`,
      WebSocket: LocalSocket,
      fetch: async (input, init) => {
        const asked = new URL(input instanceof Request ? input.url : input)
        return await (asked.pathname.startsWith('/api/') ? askApi : askSandbox)(asked, init, caller)
      },
    })
  }
}

/** The same stream as long as there is room for it, which is given back at its end. */
function bounded(stream: ReadableStream<Uint8Array>, held: RequestRoom): ReadableStream<Uint8Array> {
  const reader = stream.getReader()
  let size = 0
  const stop = async (reason: unknown): Promise<void> => {
    held.close()
    await reader.cancel(reason).catch(() => {})
  }
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        const { done, value } = await reader.read()
        if (done === true) {
          held.close()
          controller.close()
          return
        }
        size += value.length
        if (size > limits.mcpAnswerBytes) throw tooLarge()
        if (!held.take(value.length)) throw new DaytonaError('Too much is read at a time: try again', 503)
        controller.enqueue(value)
      } catch (error) {
        await stop(error)
        controller.error(error)
      }
    },
    cancel: stop,
  })
}

function tooLarge(): DaytonaError {
  const mib = limits.mcpAnswerBytes / 2 ** 20
  return new DaytonaError(
    `The sandbox answered more than ${mib} MiB. Send output to a file and read parts of it, or list a smaller folder.`,
    413,
  )
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
