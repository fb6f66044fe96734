import { constants } from 'node:os'
import { FrameReader, frameHead, inward, jsonFrame, outward, smallFrame } from '@sandyard/protocol/attach'
import { limits } from '@sandyard/protocol/limits'
import type { Sandbox } from '@sandyard/sdk'
import { exitCodes } from '../exit-codes.ts'

/** Size of a screen in characters. */
export interface ScreenSize {
  readonly cols: number
  readonly rows: number
}

/** What to run inside, and who takes what it prints. */
export interface ProgramPlan {
  /** a line for the shell inside */
  readonly command: string
  /** default: the work dir */
  readonly cwd?: string | undefined
  readonly env: Readonly<Record<string, string>>
  /** runs behind a terminal of this size and kind */
  readonly terminal?: (ScreenSize & { readonly name: string }) | undefined
  /** the program waits while they have not settled */
  readonly onOutput: (bytes: Uint8Array) => Promise<void>
  readonly onErrorOutput: (bytes: Uint8Array) => Promise<void>
  readonly signal?: AbortSignal | undefined
}

/** A program that runs inside. It is hung up on when the connection ends. */
export interface InsideProgram {
  /** Sends input; settles when there is room for more. One call after the other. */
  input(bytes: Uint8Array): Promise<void>
  endInput(): Promise<void>
  resize(size: ScreenSize): void
  /** @param name without SIG */
  signal(name: string): void
  close(): void
  /** its exit code as a shell would tell it; rejects when the connection breaks */
  readonly exited: Promise<number>
}

/** Starts a program in a sandbox, with standard input, output and error as streams. */
export async function startInside(sandbox: Sandbox, plan: ProgramPlan): Promise<InsideProgram> {
  const { openByteStream } = await import('@sandyard/sdk')
  let room: number = limits.attachInputBytes
  let wake = (): void => {}
  let exitCode: number | null = null
  const pieces: [kind: number, body: Uint8Array][] = []
  const reader = new FrameReader((kind, body) => {
    if (kind === outward.output || kind === outward.errorOutput) pieces.push([kind, body])
    else if (kind === outward.room && body.length === 4) {
      room = Math.min(room + body.readUInt32BE(), limits.attachInputBytes)
      wake()
    } else if (kind === outward.exit) exitCode = codeOf(body)
  })
  const stream = await openByteStream(
    sandbox.toolbox,
    '/process/attach',
    async (bytes) => {
      reader.push(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength))
      for (const [kind, body] of pieces.splice(0))
        await (kind === outward.output ? plan.onOutput(body) : plan.onErrorOutput(body))
    },
    plan.signal,
  )
  // One frame after the other, whoever sends it.
  let order: Promise<void> = Promise.resolve()
  const send = (frame: Uint8Array): Promise<void> => {
    order = order.then(() => stream.write(frame))
    return order
  }
  const exited = stream.ended.then(() => {
    if (exitCode === null) throw new Error('the sandbox ended the program')
    return exitCode
  })
  exited.catch(() => {})
  let isOver = false
  const over = (): void => {
    isOver = true
    wake()
    stream.close()
  }
  exited.then(over, over)
  const { command, cwd, env, terminal } = plan
  await send(
    jsonFrame(inward.start, {
      kind: command === '' ? 'shell' : 'command',
      ...(command === '' ? {} : { command }),
      cwd,
      env,
      ...(terminal === undefined ? {} : { terminal: { ...terminal, modes: {} } }),
    }),
  )
  const give = async (bytes: Uint8Array): Promise<void> => {
    for (let at = 0; at < bytes.length && !isOver; ) {
      if (room <= 0) {
        await new Promise<void>((resolve) => {
          wake = resolve
        })
        continue
      }
      const piece = bytes.subarray(at, at + Math.min(room, 65_536))
      at += piece.length
      room -= piece.length
      await send(Buffer.concat([frameHead(inward.input, piece.length), piece]))
    }
  }
  // An input ends when its last bytes have gone: the end of a pipe can be told while these wait for room.
  let inputs: Promise<void> = Promise.resolve()
  const next = (work: () => Promise<void>): Promise<void> => {
    inputs = inputs.then(work)
    return inputs
  }
  return {
    input: (bytes) => next(() => give(bytes)),
    endInput: () => next(() => send(smallFrame(inward.inputEnd))),
    resize: (size) => void send(jsonFrame(inward.resize, size)),
    signal: (name) => void send(smallFrame(inward.signal, Buffer.from(name))),
    close: () => stream.close(),
    exited,
  }
}

function codeOf(body: Buffer): number {
  const { code, signal } = JSON.parse(body.toString('utf8')) as { code?: number; signal?: string }
  if (typeof code === 'number') return code & 0xff
  const number = constants.signals[`SIG${signal}` as NodeJS.Signals]
  return number === undefined ? exitCodes.failed : 128 + number
}
