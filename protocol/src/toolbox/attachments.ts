import * as z from 'zod/mini'
import { Environment } from '../environment.ts'
import { limits } from '../limits.ts'
import { defineRoutes } from '../route.ts'
import '../messages.ts'

const size = z.number().check(z.int(), z.minimum(1), z.maximum(limits.terminalSize))

/** The program that an attachment begins with. */
export const AttachedProgram = z.object({
  kind: z.enum(['shell', 'command']),
  command: z.optional(z.string().check(z.refine((text) => !text.includes('\0'), 'must not contain NUL'))),
  /** default: the work dir */
  cwd: z.optional(z.string().check(z.refine((text) => !text.includes('\0'), 'must not contain NUL'))),
  env: z._default(Environment, {}),
  terminal: z.optional(
    z.object({
      cols: size,
      rows: size,
      name: z.string().check(z.regex(/^[\w.+-]{1,64}$/, 'is no kind of terminal')),
      modes: z._default(z.record(z.string(), z.number()), {}),
    }),
  ),
})

/** Size of the terminal of an attached program. */
export const AttachedSize = z.object({ cols: size, rows: size })

/**
 * Streams of bytes into a sandbox, over a WebSocket; a call of our own that published clients do not have. A binary
 * message is bytes, and an empty one says that its side sends no more. A text is a decimal: how many bytes its side has
 * taken so far. Neither sends more than `limits.byteStreamWindow` bytes beyond what the other has taken.
 *
 * On the stream of a program there are the frames of `attach.ts`; the first one is `start`, with an `AttachedProgram`.
 */
export const attachmentRoutes = defineRoutes({
  attachProgram: {
    method: 'GET',
    path: '/process/attach',
    summary: 'Run a program with standard input, output and error as streams; it is hung up on with the connection',
    access: 'member',
    isWebSocket: true,
    status: 101,
  },
  connectPort: {
    method: 'GET',
    path: '/port/{port}/connect',
    summary: 'A stream of bytes to a TCP port that something listens on inside',
    access: 'member',
    isWebSocket: true,
    status: 101,
  },
})
