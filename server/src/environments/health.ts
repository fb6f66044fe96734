import type { Duplex } from 'node:stream'
import type { Engine } from '@sandyard/protocol'
import { mayWake } from '../sandboxes/wake.ts'
import type { SandboxStore } from '../store/sandboxes.ts'
import type { EnvironmentRecord } from './records.ts'

/** How a preview environment is. */
export interface Health {
  readonly isAlive: boolean
  /** null: it has none */
  readonly sandboxState: string | null
}

/** What it needs. */
interface Parts {
  readonly engine: Pick<Engine, 'dial'>
  readonly sandboxes: Pick<SandboxStore, 'byId'>
}

/** Longest wait for an answer of the application, ms. */
const answerMs = 5_000
/** All answers begin with this. */
const greeting = 'HTTP/'

/**
 * Looks whether an environment is alive: its application answers, whatever it says, or its sandbox rests and the next
 * request wakes it. The look is no use of the sandbox.
 */
export async function healthOf({ engine, sandboxes }: Parts, environment: EnvironmentRecord): Promise<Health> {
  const { sandboxId, plan, status } = environment
  const sandbox = sandboxId === null ? undefined : await sandboxes.byId(sandboxId)
  if (sandbox === undefined) return { isAlive: false, sandboxState: null }
  const sandboxState = sandbox.state
  if (status === 'deleting' || sandbox.desiredState === 'destroyed') return { isAlive: false, sandboxState }
  // Only of one that is ready the program is started with the sandbox; see the keeper.
  if (mayWake(sandbox)) return { isAlive: status === 'ready', sandboxState }
  if (sandboxState !== 'started' || plan === null) return { isAlive: false, sandboxState }
  const dialled = engine.dial(sandbox.id, { kind: 'port', port: plan.port })
  return { isAlive: await answers(dialled, plan.readyPath), sandboxState }
}

/** True when what is at the other end answers a request. */
async function answers(dialled: Promise<Duplex>, path: string): Promise<boolean> {
  const deadline = AbortSignal.timeout(answerMs)
  const late = new Promise<false>((resolve) => deadline.addEventListener('abort', () => resolve(false)))
  let stream: Duplex | undefined
  // Where the deadline comes first, the stream that comes later is ended, too.
  const settled = dialled.then((open) => {
    if (deadline.aborted) open.destroy()
    stream = open
    return ask(open, path)
  })
  try {
    return await Promise.race([settled.catch(() => false), late])
  } finally {
    stream?.destroy()
  }
}

function ask(stream: Duplex, path: string): Promise<boolean> {
  return new Promise((resolve) => {
    let head = ''
    stream.on('error', () => resolve(false))
    stream.on('close', () => resolve(false))
    stream.on('end', () => resolve(false))
    stream.on('data', (chunk: Buffer) => {
      head += chunk.subarray(0, greeting.length).toString('latin1')
      if (head.length >= greeting.length) resolve(head.startsWith(greeting))
    })
    stream.write(
      `GET ${pathOf(path)} HTTP/1.1\r\nHost: localhost\r\nUser-Agent: sandyard-health\r\nConnection: close\r\n\r\n`,
    )
  })
}

/** What a project says that its path is, as a request can carry it. */
function pathOf(text: string): string {
  const base = 'http://localhost'
  if (!URL.canParse(text, base)) return '/'
  const { pathname, search } = new URL(text, base)
  return pathname + search
}
