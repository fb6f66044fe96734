import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import type { Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import {
  attachPath,
  attachProtocol,
  FrameReader,
  frameHead,
  inward,
  jsonFrame,
  outward,
  type ProgramStart,
} from '@sandyard/protocol/attach'
import type { TestAgent } from '../agent.fixture.ts'

/** Asks an agent for an attachment; gives its stream, or the answer that refused it. */
export async function attach(
  agent: TestAgent,
  path: string,
): Promise<{ socket: Socket } | { status: number; body: string }> {
  const outgoing = request({
    socketPath: agent.socketPath,
    path: attachPath + path,
    headers: { connection: 'Upgrade', upgrade: attachProtocol },
  }).end()
  return await new Promise((resolve, reject) => {
    outgoing.once('error', reject)
    outgoing.once('upgrade', (_answer, socket: Socket, head: Buffer) => {
      if (head.length > 0) socket.unshift(head)
      resolve({ socket })
    })
    outgoing.once('response', (answer: IncomingMessage) => {
      text(answer).then((body) => resolve({ status: answer.statusCode ?? 0, body }), reject)
    })
  })
}

/** The stream of an attachment that must be given. */
export async function attached(agent: TestAgent, path: string): Promise<Socket> {
  const answer = await attach(agent, path)
  if (!('socket' in answer)) throw new Error(`${path}: ${answer.status} ${answer.body}`)
  return answer.socket
}

/** A program that a test is attached to. */
export interface TestProgram {
  readonly socket: Socket
  output: string
  errorOutput: string
  /** the exit frame, when it has come */
  exit: unknown
  /** input that may be sent, bytes */
  room: number
  input(bytes: Buffer | string): void
  send(kind: number, value?: unknown): void
  /** settles with the connection */
  readonly over: Promise<unknown>
}

/** Starts a program. */
export async function startProgram(agent: TestAgent, start: Partial<ProgramStart>): Promise<TestProgram> {
  const socket = await attached(agent, 'program')
  const program: TestProgram = {
    socket,
    output: '',
    errorOutput: '',
    exit: undefined,
    room: 0,
    input(bytes) {
      const body = Buffer.from(bytes)
      socket.write(Buffer.concat([frameHead(inward.input, body.length), body]))
    },
    send: (kind, value) =>
      void socket.write(typeof value === 'string' ? raw(kind, value) : jsonFrame(kind, value ?? {})),
    over: once(socket, 'close'),
  }
  const reader = new FrameReader((kind, body) => {
    if (kind === outward.output) program.output += body.toString('latin1')
    else if (kind === outward.errorOutput) program.errorOutput += body.toString('latin1')
    else if (kind === outward.exit) program.exit = JSON.parse(body.toString())
    else if (kind === outward.room) program.room += body.readUInt32BE()
  })
  socket.on('data', (bytes: Buffer) => reader.push(bytes))
  socket.on('error', () => {})
  socket.write(jsonFrame(inward.start, { kind: 'command', env: {}, ...start }))
  return program
}

function raw(kind: number, value: string): Buffer {
  return Buffer.concat([frameHead(kind, value.length), Buffer.from(value)])
}
