import { setTimeout as delay } from 'node:timers/promises'
import { WebSocket } from 'ws'
import type { TestAgent } from '../agent.fixture.ts'

/** How a viewer's connection ended. */
export interface Ending {
  readonly code: number
  readonly reason: string
}

/** A viewer of a test, which remembers what it saw. */
export interface TestViewer {
  readonly socket: WebSocket
  /** binary messages, one after the other */
  readonly bytes: () => Buffer
  /** text messages, parsed */
  readonly controls: { readonly status: string; readonly exitCode?: number; readonly exitReason?: string }[]
  /** text and binary messages in their order */
  readonly order: ('control' | 'output')[]
  readonly ended: Promise<Ending>
  type(input: string | Buffer): void
  /** waits until the text was shown; gives all that was shown */
  sees(text: string | RegExp, ms?: number): Promise<string>
}

const exitControl = 'X-Daytona-Pty-Exit-Control'

/** Connects to a WebSocket of the agent; rejects with the HTTP status when it refuses. */
export async function view(agent: TestAgent, path: string, protocols: string[] = [exitControl]): Promise<TestViewer> {
  const socket = new WebSocket(`ws+unix://${agent.socketPath}:/process/pty${path}`, protocols)
  const chunks: Buffer[] = []
  const viewer: TestViewer = {
    socket,
    bytes: () => Buffer.concat(chunks),
    controls: [],
    order: [],
    ended: new Promise((resolve) => {
      socket.once('close', (code, reason) => resolve({ code, reason: reason.toString() }))
    }),
    type: (input) => socket.send(Buffer.from(input)),
    async sees(text, ms = 5000) {
      const deadline = performance.now() + ms
      for (;;) {
        const shown = viewer.bytes().toString()
        if (typeof text === 'string' ? shown.includes(text) : text.test(shown)) return shown
        if (performance.now() > deadline) throw new Error(`${text} is not in ${JSON.stringify(shown.slice(-2000))}`)
        await delay(5)
      }
    },
  }
  socket.on('message', (data: Buffer, isBinary) => {
    viewer.order.push(isBinary ? 'output' : 'control')
    if (isBinary) chunks.push(data)
    else viewer.controls.push(JSON.parse(data.toString()))
  })
  await new Promise<void>((resolve, reject) => {
    socket.once('open', resolve)
    socket.once('unexpected-response', (request, response) => {
      response.setEncoding('utf8')
      let text = ''
      response.on('data', (piece: string) => {
        text += piece
      })
      response.once('end', () => {
        reject(Object.assign(new Error(text), { status: response.statusCode }))
        request.destroy()
      })
    })
    socket.once('error', reject)
  })
  return viewer
}

/** Makes a terminal and connects to it. */
export function open(agent: TestAgent, id: string, query = ''): Promise<TestViewer> {
  return view(agent, `/create-connect?id=${id}${query}`)
}

/**
 * Times from a typed byte until its echo, ms, one after the other. For a terminal whose program echoes, such as `cat`.
 */
export async function measureEcho(socket: WebSocket, rounds: number): Promise<number[]> {
  const times: number[] = []
  for (let round = 0; round < rounds; round++) {
    const begin = performance.now()
    await new Promise<void>((resolve) => {
      socket.once('message', () => resolve())
      socket.send(Buffer.from('a'))
    })
    times.push(performance.now() - begin)
  }
  return times
}
