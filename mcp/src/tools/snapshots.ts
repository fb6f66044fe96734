import { setTimeout as sleep } from 'node:timers/promises'
import { limits } from '@sandyard/protocol'
import { z } from 'zod'
import { newName, sandboxId } from '../arguments.ts'
import { ToolError } from '../failure.ts'
import { adds, defineTool, reads } from '../tool.ts'

const snapshotShape = z.object({
  id: z.string(),
  name: z.string(),
  state: z.string().describe('active: sandboxes can be made from it'),
  imageName: z.string().optional(),
  errorReason: z.string().nullable(),
  createdAt: z.string(),
})

type Shown = z.output<typeof snapshotShape>

function shown({
  id,
  name,
  state,
  imageName,
  errorReason,
  createdAt,
}: Omit<Shown, 'imageName'> & { imageName?: string | undefined }): Shown {
  return { id, name, state, ...(imageName === undefined ? {} : { imageName }), errorReason, createdAt }
}

export const createSnapshot = defineTool({
  name: 'create_snapshot',
  title: 'Save a sandbox as a snapshot',
  description:
    'Saves the disk of a sandbox under a name. create_sandbox with `snapshot` then makes sandboxes that begin as it is now.',
  input: z.strictObject({
    id: sandboxId,
    name: newName('Name of the snapshot, which no other one has'),
    timeout: z.int().min(1).max(3600).default(300).describe('Seconds to wait until it is saved'),
  }),
  output: z.object({ snapshot: snapshotShape }),
  annotations: adds,
  async run({ id, name, timeout }, { platform, signal, progress }) {
    progress(`saving ${id} as ${name}`)
    // Not under the signal: what it has begun goes on anyway, and is taken back below.
    await platform.client.call('createSandboxSnapshot', { params: { sandboxIdOrName: id }, body: { name } })
    const endMs = Date.now() + timeout * 1000
    try {
      for (;;) {
        signal.throwIfAborted()
        const snapshot = await platform.snapshot.get(name)
        if (snapshot.state === 'active')
          return { text: `Saved as snapshot ${name}.`, structured: { snapshot: shown(snapshot) } }
        if (snapshot.state === 'error' || snapshot.state === 'build_failed')
          throw new ToolError(`Snapshot ${name} was not saved: ${snapshot.errorReason ?? 'no reason is known'}`)
        if (Date.now() > endMs)
          throw new ToolError(`Snapshot ${name} is still ${snapshot.state}`, 'Look again with list_snapshots.')
        progress(`${name} is ${snapshot.state}`)
        await sleep(500, undefined, { signal })
      }
    } catch (error) {
      if (signal.aborted) await platform.snapshot.delete(name).catch(() => {})
      throw error
    }
  },
})

export const listSnapshots = defineTool({
  name: 'list_snapshots',
  title: 'List snapshots',
  description: 'Lists what sandboxes can be made from, a page at a time.',
  input: z.strictObject({
    name: z.string().max(limits.nameLength).optional().describe('Only those with this in their name'),
    page: z.int().min(1).max(10_000).default(1),
    limit: z.int().min(1).max(100).default(20).describe('How many to list at most'),
  }),
  output: z.object({ snapshots: z.array(snapshotShape), total: z.number(), totalPages: z.number() }),
  annotations: reads,
  async run({ name, page, limit }, { platform, signal }) {
    const query = { page, limit, name }
    const { items, total, totalPages } = await platform.client.call('getAllSnapshots', { query }, { signal })
    const lines = items.map((item) => `${item.name}: ${item.state}${item.errorReason ? `: ${item.errorReason}` : ''}`)
    const more = page < totalPages ? `\nThere are more: call it again with page ${page + 1}` : ''
    return {
      text: items.length === 0 ? 'There are no such snapshots.' : `${lines.join('\n')}${more}`,
      structured: { snapshots: items.map(shown), total, totalPages },
    }
  },
})
