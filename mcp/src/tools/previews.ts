import { setTimeout as sleep } from 'node:timers/promises'
import type { Sandbox } from '@sandyard/sdk'
import { z } from 'zod'
import { sandboxId } from '../arguments.ts'
import { ToolError } from '../failure.ts'
import { defineTool, reads } from '../tool.ts'

/** time that a server gets to listen, where that is to be checked, and between two looks, ms */
const serverMs = 15_000
const lookMs = 500

export const previewLink = defineTool({
  name: 'preview_link',
  title: 'Link to a port',
  description:
    'Answers the URL of what listens on a port of a sandbox, such as a web server. Who opens the URL of a private sandbox needs no key; it works for an hour, unless said otherwise.',
  input: z.strictObject({
    id: sandboxId,
    port: z.int().min(1).max(65_535).describe('Port that a program in the sandbox listens on'),
    description: z
      .string()
      .max(1000)
      .default('')
      .describe('What is to be seen there, for the person who gets the link'),
    checkServer: z.boolean().default(false).describe('true: waits a while for a program to listen there, else fails'),
    expiresInSeconds: z
      .int()
      .min(1)
      .max(86_400)
      .default(3600)
      .describe('How long the link to a private sandbox works; a public one stays open'),
  }),
  output: z.object({
    url: z.string(),
    port: z.number(),
    description: z.string(),
    isPublic: z.boolean(),
    expiresInSeconds: z.number().nullable().describe('null: as long as the sandbox is public'),
  }),
  annotations: { ...reads, readOnlyHint: false, destructiveHint: false, idempotentHint: false },
  async run({ id, port, description, checkServer, expiresInSeconds }, { platform, signal, progress }) {
    const sandbox = await platform.get(id)
    if (checkServer) {
      progress(`waiting for port ${port}`)
      await waitForServer(sandbox, port, signal)
    }
    const isPublic = sandbox.public
    const { url } = isPublic
      ? await sandbox.getPreviewLink(port)
      : await sandbox.getSignedPreviewUrl(port, expiresInSeconds)
    const until = isPublic ? 'anybody may open it' : `it opens without a key, for ${expiresInSeconds} s`
    return {
      text: `${description === '' ? `Port ${port}` : description}: ${url} (${until})`,
      structured: { url, port, description, isPublic, expiresInSeconds: isPublic ? null : expiresInSeconds },
    }
  },
})

async function waitForServer(sandbox: Sandbox, port: number, signal: AbortSignal): Promise<void> {
  const endMs = Date.now() + serverMs
  while (!(await sandbox.toolbox.call('getPorts', {}, { signal })).ports.includes(port)) {
    if (Date.now() > endMs)
      throw new ToolError(
        `Nothing listens on port ${port} of sandbox ${sandbox.id}`,
        'Start the server with start_command, and look at what it prints with read_logs.',
      )
    await sleep(lookMs, undefined, { signal })
  }
}
