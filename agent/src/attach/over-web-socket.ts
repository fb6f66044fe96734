import { PlatformError } from '@sandyard/protocol/errors'
import { limits } from '@sandyard/protocol/limits'
import { describeIssues } from '@sandyard/protocol/route'
import { AttachedProgram, AttachedSize, attachmentRoutes } from '@sandyard/protocol/toolbox/attachments'
import { openByteStream } from '../http/byte-stream.ts'
import type { Upgrade, Upgrades } from '../http/upgrades.ts'
import { createAcceptor } from '../http/web-socket.ts'
import { join } from './attach.ts'
import { connectTo, readPlace } from './connect.ts'
import { attachProgram, type Readers } from './program.ts'
import type { ProgramContext } from './start-attached.ts'

const accept = createAcceptor(limits.byteStreamWindow)

const readers: Readers = {
  start: (value) => read(AttachedProgram, value),
  size: (value) => read(AttachedSize, value),
}

/** Adds the WebSocket on which a caller runs a program. */
export function addProgram(upgrades: Upgrades, context: ProgramContext): void {
  upgrades.add(attachmentRoutes.attachProgram, async (upgrade) => {
    const stream = openByteStream(await accept(upgrade))
    // Frames that make no sense end the stream, and that is all there is to it.
    stream.on('error', () => {})
    attachProgram(context, stream, readers)
  })
}

/** Connects a caller to a port inside. Throws BAD_REQUEST and BAD_GATEWAY before the upgrade. */
export async function connectUpgrade(upgrade: Upgrade<typeof attachmentRoutes.connectPort>): Promise<void> {
  const server = await connectTo(readPlace(new URLSearchParams({ port: upgrade.params.port }), false))
  if (upgrade.socket.destroyed) return void server.destroy()
  const stream = openByteStream(await accept(upgrade))
  stream.on('error', () => {})
  join(stream, server)
}

function read<T>(schema: { safeParse(value: unknown): Parsed<T> }, value: unknown): T {
  const parsed = schema.safeParse(value)
  if (!parsed.success) throw new PlatformError('BAD_REQUEST', `bad request: ${describeIssues(parsed.error)}`)
  return parsed.data
}

type Parsed<T> = { success: true; data: T } | { success: false; error: Parameters<typeof describeIssues>[0] }
