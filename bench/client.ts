import { Agent, request } from 'node:http'
import type { TestPlatform } from '../test/fixtures/platform.ts'

/** A plain client over kept connections: what it measures is the platform, not itself. */
export interface Client {
  create(): Promise<string>
  execute(id: string, command: string): Promise<string>
  remove(id: string): Promise<void>
  /** Any call; the path begins with `/api` or `/toolbox`. Rejects unless it succeeds. */
  call(method: string, path: string, body?: unknown): Promise<unknown>
}

/** A client of the platform. */
export function createClient(platform: TestPlatform): Client {
  const agent = new Agent({ keepAlive: true })
  const call = (method: string, path: string, body?: unknown): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const text = body === undefined ? '' : JSON.stringify(body)
      const headers = {
        authorization: `Bearer ${platform.apiKey}`,
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(text),
      }
      const sent = request(`${platform.url}${path}`, { method, headers, agent }, (response) => {
        let answer = ''
        response.on('data', (chunk: Buffer) => {
          answer += chunk.toString()
        })
        response.on('end', () => {
          if ((response.statusCode ?? 500) >= 300)
            reject(new Error(`${method} ${path}: ${response.statusCode} ${answer}`))
          else resolve(answer === '' ? null : JSON.parse(answer))
        })
      })
      sent.on('error', reject)
      sent.end(text)
    })
  return {
    call,
    create: async () => ((await call('POST', '/api/sandbox', {})) as { id: string }).id,
    execute: async (id, command) =>
      ((await call('POST', `/toolbox/${id}/process/execute`, { command })) as { result: string }).result,
    async remove(id) {
      await call('DELETE', `/api/sandbox/${id}`)
    },
  }
}
