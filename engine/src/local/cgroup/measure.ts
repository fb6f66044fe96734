import { readFile } from 'node:fs/promises'
import type { SandboxUse } from '@sandyard/protocol'
import type { Context } from '../context.ts'
import { diskUses } from '../disk/disk-uses.ts'
import { slotNames } from '../network/slots.ts'
import type { SandboxRecord } from '../records/record.ts'
import { readCgroupUse } from './use.ts'

/**
 * What each running sandbox uses. The disks of all are asked for in one go; a sandbox that ends meanwhile is left out.
 */
export async function measureSandboxes(context: Context): Promise<readonly SandboxUse[]> {
  const running = [...context.records.values()].filter(({ phase }) => phase === 'running')
  if (running.length === 0) return []
  const disks = await diskUses(context.layout)
  const uses = await Promise.all(running.map((record) => measureSandbox(context, record, disks)))
  return uses.filter((use) => use !== null)
}

async function measureSandbox(
  { layout }: Context,
  { spec, slot, diskId }: SandboxRecord,
  disks: ReadonlyMap<string, number>,
): Promise<SandboxUse | null> {
  const cgroup = await readCgroupUse(`${layout.cgroup}/${spec.id}`)
  if (cgroup === null || slot === null) return null
  // The host's end of the pair: what it receives the sandbox has sent.
  const { name } = slotNames(layout, slot)
  const [sentBytes, receivedBytes] = await Promise.all([counter(name, 'rx_bytes'), counter(name, 'tx_bytes')])
  if (sentBytes === null || receivedBytes === null) return null
  return { sandboxId: spec.id, ...cgroup, diskBytes: disks.get(diskId) ?? 0, receivedBytes, sentBytes }
}

async function counter(device: string, name: 'rx_bytes' | 'tx_bytes'): Promise<number | null> {
  try {
    return Number(await readFile(`/sys/class/net/${device}/statistics/${name}`, 'utf8'))
  } catch (error) {
    if (['ENOENT', 'EINVAL', 'ENODEV'].includes((error as NodeJS.ErrnoException).code ?? '')) return null
    throw error
  }
}
