import type { AnswerOf, ApiOperations } from '@sandyard/sdk'
import { defineCommand } from '../../command.ts'
import { organizationId } from '../../organization-id.ts'
import { age } from '../../texts.ts'

/** What the wire has for no limit (api.md 1.8). */
const unlimited = 1_000_000

type Usage = AnswerOf<ApiOperations['getOrganizationUsageOverview']>

export const organizationMembers = defineCommand({
  path: ['organization', 'members'],
  summary: 'List the members of the organization',
  args: {},
  flags: {},
  examples: [{ does: 'who is in it', line: 'sandyard organization members' }],
  async run({ platform: open, screen }) {
    const platform = await open()
    const params = { organizationId: await organizationId(platform) }
    screen.list(
      await platform.client.call('listOrganizationMembers', { params }),
      {
        columns: [
          { title: 'Name', text: ({ name }) => name },
          { title: 'Email', text: ({ email }) => email || '-' },
          { title: 'Role', text: ({ role }) => role },
          {
            title: 'May also',
            text: ({ assignedRoles }) => assignedRoles.map((assigned) => assigned.name).join(', ') || '-',
          },
          { title: 'Since', text: ({ createdAt }) => age(createdAt), isNumber: true },
          { title: 'ID', text: ({ userId }) => userId },
        ],
        name: ({ userId }) => userId,
      },
      'Nobody is in the organization.',
    )
    return undefined
  },
})

export const organizationUsage = defineCommand({
  path: ['organization', 'usage'],
  summary: 'Show what the organization has in use, and what it may have',
  args: {},
  flags: {},
  examples: [{ does: 'how much is left', line: 'sandyard organization usage' }],
  async run({ platform: open, screen }) {
    const platform = await open()
    const params = { organizationId: await organizationId(platform) }
    const usage = await platform.client.call('getOrganizationUsageOverview', { params })
    if (screen.form === 'json' || screen.form === 'yaml') screen.tell('', usage)
    else screen.list(usageRows(usage), usageShown, '')
    return undefined
  },
})

interface UsageRow {
  readonly what: string
  readonly used: number
  readonly most: number
}

const usageShown = {
  columns: [
    { title: 'What', text: ({ what }: UsageRow) => what },
    { title: 'In use', text: ({ used }: UsageRow) => String(used), isNumber: true },
    { title: 'At most', text: ({ most }: UsageRow) => (most >= unlimited ? 'no limit' : String(most)), isNumber: true },
  ],
  name: ({ what }: UsageRow) => what,
}

function usageRows(usage: Usage): readonly UsageRow[] {
  return [
    ...usage.regionUsage.flatMap((region) => {
      const where = usage.regionUsage.length > 1 ? ` in ${region.regionId}` : ''
      return [
        { what: `cores${where}`, used: region.currentCpuUsage, most: region.totalCpuQuota },
        { what: `GiB of memory${where}`, used: region.currentMemoryUsage, most: region.totalMemoryQuota },
        { what: `GiB of disk${where}`, used: region.currentDiskUsage, most: region.totalDiskQuota },
      ]
    }),
    { what: 'snapshots', used: usage.currentSnapshotUsage, most: usage.totalSnapshotQuota },
    { what: 'volumes', used: usage.currentVolumeUsage, most: usage.totalVolumeQuota },
  ]
}
