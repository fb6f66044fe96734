import { PlatformError } from '@sandyard/protocol'

/** Calls of a running platform that the commands make, as any client would. */
export interface PlatformApi {
  /** Makes a sandbox that goes away by itself when it is forgotten; resolves when it is started. */
  create(name: string): Promise<{ readonly id: string; readonly toolboxUrl: string }>
  /** Runs a command in a sandbox and gives its output. */
  execute(sandbox: { readonly id: string; readonly toolboxUrl: string }, command: string): Promise<string>
  remove(sandboxId: string): Promise<void>
  stop(sandboxId: string): Promise<void>
  /** All started sandboxes; an ephemeral one is deleted when it is stopped. */
  started(): Promise<readonly { readonly id: string; readonly isEphemeral: boolean }[]>
}

interface SandboxBody {
  readonly id: string
  readonly state: string
  readonly toolboxProxyUrl: string
  readonly autoDeleteInterval: number
}

/** The API of the platform at `url`, with the administrator's key. */
export function platformApi(url: string, key: string): PlatformApi {
  const call = async (method: string, address: string, body?: unknown): Promise<unknown> => {
    const response = await fetch(address, {
      method,
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: body === undefined ? null : JSON.stringify(body),
      signal: AbortSignal.timeout(60_000),
    })
    const text = await response.text()
    if (!response.ok)
      throw new PlatformError('BAD_GATEWAY', `${method} ${address} answered ${response.status}: ${text}`)
    return text === '' ? null : JSON.parse(text)
  }
  const sandboxUrl = (id: string): string => `${url}/api/sandbox/${encodeURIComponent(id)}`
  return {
    async create(name) {
      const made = (await call('POST', `${url}/api/sandbox`, {
        name,
        autoStopInterval: 1,
        autoDeleteInterval: 0,
      })) as SandboxBody
      return { id: made.id, toolboxUrl: made.toolboxProxyUrl }
    },
    async execute(sandbox, command) {
      const address = `${sandbox.toolboxUrl.replace(/\/$/, '')}/${sandbox.id}/process/execute`
      const answer = (await call('POST', address, { command })) as { result: string }
      return answer.result
    },
    async remove(id) {
      await call('DELETE', sandboxUrl(id))
    },
    async stop(id) {
      await call('POST', `${sandboxUrl(id)}/stop`)
    },
    async started() {
      const found: { id: string; isEphemeral: boolean }[] = []
      let cursor: string | null = null
      do {
        const next: string = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`
        const page = (await call('GET', `${url}/api/sandbox?states=started&limit=200${next}`)) as {
          items: SandboxBody[]
          nextCursor: string | null
        }
        found.push(...page.items.map((item) => ({ id: item.id, isEphemeral: item.autoDeleteInterval === 0 })))
        cursor = page.nextCursor
      } while (cursor !== null)
      return found
    },
  }
}
