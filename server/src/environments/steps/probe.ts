import { request as httpRequest } from 'node:http'
import { type Engine, infoRoutes, isPlatformError, reservedPorts } from '@sandyard/protocol'
import { agentOf } from '../../agent-calls/agent.ts'
import { dialWithin } from '../../agent-calls/exchange.ts'

/** What a port says to a visitor; `silent`: nothing listens there, or it did not answer in time. */
export type Probe = { readonly kind: 'answers'; readonly status: number } | { readonly kind: 'silent' }

/** First answers of development servers come when they have built the page, ms. */
const answerMs = 60_000

/** Ports on which programs listen that serve no pages: debuggers, databases. */
const otherPurposes: ReadonlySet<number> = new Set([22, 3306, 5432, 6379, 9229, 9230, 27_017, 24_678])
/** So many ports are tried that nobody told of. */
const mostOthers = 5

/** Asks a port as a visitor of the preview would; only the status counts. */
export async function probe(
  engine: Pick<Engine, 'dial'>,
  sandboxId: string,
  { port, path, signal }: { readonly port: number; readonly path: string; readonly signal: AbortSignal },
): Promise<Probe> {
  const ended = AbortSignal.any([signal, AbortSignal.timeout(answerMs)])
  try {
    const stream = await dialWithin(() => engine.dial(sandboxId, { kind: 'port', port }), ended)
    try {
      const status = await new Promise<number>((resolve, reject) => {
        const headers = {
          host: port === 80 ? 'localhost' : `localhost:${port}`,
          accept: 'text/html,*/*',
          connection: 'close',
        }
        const asked = httpRequest({ createConnection: () => stream, path, headers, signal: ended }, (answer) => {
          resolve(answer.statusCode ?? 0)
          answer.destroy()
        })
        asked.on('error', reject)
        asked.on('upgrade', () => reject(new Error('it changed the protocol')))
        asked.end()
      })
      return { kind: 'answers', status }
    } finally {
      stream.destroy()
    }
  } catch {
    signal.throwIfAborted()
    return { kind: 'silent' }
  }
}

/** Ports beside the planned one on which something listens that may serve pages, lowest first. */
export async function otherPorts(
  engine: Pick<Engine, 'dial'>,
  sandboxId: string,
  { port: planned, signal }: { readonly port: number; readonly signal: AbortSignal },
): Promise<number[]> {
  try {
    const { ports } = await agentOf(engine, sandboxId).call(infoRoutes.getPorts, {}, { signal })
    return ports
      .filter((port) => Number.isInteger(port) && port > 0 && port <= 65_535)
      .filter((port) => port !== planned && !otherPurposes.has(port) && !reservedPorts.has(port))
      .sort((one, other) => one - other)
      .slice(0, mostOthers)
  } catch (thrown) {
    if (isPlatformError(thrown)) return []
    throw thrown
  }
}
