// biome-ignore-all format: written by scripts/sdk-operations.mjs
// biome-ignore-all assist/source/organizeImports: likewise
/** Written by scripts/sdk-operations.mjs from protocol/src/toolbox/attachments.ts: change that, and run it again. */

export interface AttachedProgram {
  kind: 'shell' | 'command'
  command?: string
  cwd?: string
  env: Record<string, string>
  terminal?: {
    cols: number
    rows: number
    name: string
    modes: Record<string, number>
  }
}

export interface AttachedSize {
  cols: number
  rows: number
}

/** What is sent and answered. */
export interface AttachmentOperations {
  /** Run a program with standard input, output and error as streams; it is hung up on with the connection */
  attachProgram: {
    answer: undefined
  }
  /** A stream of bytes to a TCP port that something listens on inside */
  connectPort: {
    params: { port: string | number | boolean }
    answer: undefined
  }
}

/** Method and path; with "bytes" where the answer is no JSON. */
export const attachmentOperations = {
  attachProgram: 'GET /process/attach',
  connectPort: 'GET /port/{port}/connect',
} as const
