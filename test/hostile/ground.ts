import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { startTestPlatform, type TestPlatform } from '../fixtures/platform.ts'

/** A platform, and what a test does with its sandboxes. */
export interface Ground {
  readonly platform: TestPlatform
  /** Makes a sandbox with all probes in `/tmp`. */
  create(options?: object): Promise<Inside>
  close(): Promise<void>
}

/** A sandbox as somebody sees it who holds its key. */
export interface Inside {
  readonly id: string
  /** Runs a shell command, with its end as data; `timeout` in seconds. */
  run(command: string, timeout?: number): Promise<Ended>
  /** The sandbox as the API tells it. */
  look(): Promise<{ readonly state: string; readonly errorReason: string | null }>
  /** Waits until it is in this state; throws after ten seconds. */
  reach(state: string): Promise<void>
  /** POST to `/sandbox/{id}/{verb}`. */
  order(verb: 'start' | 'stop'): Promise<void>
  remove(): Promise<void>
}

/** How a command ended. */
export interface Ended {
  /** HTTP status of the call */
  readonly status: number
  /** `null` when the call failed */
  readonly exitCode: number | null
  /** output, or the failure's message */
  readonly text: string
}

const probes = [
  ...['attempts.py', 'escape.py', 'hammer.py', 'huge_environment.py', 'impostor.py', 'names.py'],
  ...['pulse.py', 'reach.py', 'take.py'],
]

/** Starts a platform; `close` it also when the test fails. */
export async function openGround(flags: readonly string[] = []): Promise<Ground> {
  const platform = await startTestPlatform(flags)
  return {
    platform,
    async create(options = {}) {
      const { status, body } = await platform.call('POST', '/sandbox', options)
      if (status !== 200) throw new Error(`create: ${status} ${JSON.stringify(body)}`)
      const inside = enter(platform, (body as { id: string }).id)
      for (const name of probes) await upload(platform, inside.id, name)
      return inside
    },
    close: () => platform.remove(),
  }
}

/** Path of a probe, for running it on the host. */
export function probePath(name: string): string {
  return join(import.meta.dirname, 'probes', name)
}

function enter(platform: TestPlatform, id: string): Inside {
  const look = async (): Promise<{ state: string; errorReason: string | null }> => {
    const { body } = await platform.call('GET', `/sandbox/${id}`)
    const { state, errorReason = null } = body as { state: string; errorReason?: string | null }
    return { state, errorReason }
  }
  return {
    id,
    look,
    async run(command, timeout = 30) {
      const { status, body } = await toolbox(platform, id, 'process/execute', JSON.stringify({ command, timeout }))
      const { exitCode = null, result, message } = body
      return { status, exitCode, text: result ?? message ?? '' }
    },
    async reach(state) {
      for (let attempt = 0; attempt < 200; attempt++) {
        if ((await look()).state === state) return
        await new Promise((resolve) => setTimeout(resolve, 50))
      }
      throw new Error(`Sandbox ${id} is ${JSON.stringify(await look())}, not ${state}`)
    },
    async order(verb) {
      const { status, body } = await platform.call('POST', `/sandbox/${id}/${verb}`)
      if (status !== 200) throw new Error(`${verb}: ${status} ${JSON.stringify(body)}`)
    },
    async remove() {
      await platform.call('DELETE', `/sandbox/${id}`)
    },
  }
}

interface Answer {
  readonly exitCode?: number
  readonly result?: string
  readonly message?: string
}

async function toolbox(platform: TestPlatform, id: string, path: string, json: string) {
  const response = await fetch(`${platform.url}/toolbox/${id}/${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${platform.apiKey}`, 'content-type': 'application/json' },
    body: json,
    signal: AbortSignal.timeout(60_000),
  })
  return { status: response.status, body: parse(await response.text()) }
}

function parse(text: string): Answer {
  try {
    return JSON.parse(text) as Answer
  } catch {
    return { message: text.slice(0, 1000) } // An impostor may answer anything.
  }
}

async function upload(platform: TestPlatform, id: string, name: string): Promise<void> {
  const form = new FormData()
  form.append('file', new Blob([readFileSync(probePath(name))]), name)
  const response = await fetch(`${platform.url}/toolbox/${id}/files/upload?path=/tmp/${name}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${platform.apiKey}` },
    body: form,
  })
  if (response.status !== 200) throw new Error(`upload of ${name}: ${response.status} ${await response.text()}`)
}
