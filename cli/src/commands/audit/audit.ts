import { defineCommand } from '../../command.ts'
import { usageError } from '../../exit-codes.ts'
import { organizationId } from '../../organization-id.ts'
import { time } from '../../texts.ts'

const defaultLimit = 50

export const auditList = defineCommand({
  path: ['audit', 'list'],
  aliases: ['ls'],
  summary: 'Show who did what in the organization, the newest first',
  args: {},
  flags: {
    limit: {
      type: 'number',
      short: 'l',
      value: 'COUNT',
      min: 1,
      max: 200,
      doc: `most to show, default ${defaultLimit}`,
    },
    page: { type: 'number', short: 'p', value: 'NUMBER', min: 1, doc: 'page to show, default the first' },
    action: { type: 'text', value: 'ACTION', doc: 'only this action, such as create' },
    target: { type: 'text', value: 'KIND', doc: 'only what was done to this kind of thing, such as sandbox' },
    id: { type: 'text', value: 'ID', doc: 'only what was done to the thing of this id' },
    actor: { type: 'text', value: 'ID', doc: 'only what this user did' },
    from: { type: 'text', value: 'TIME', doc: 'only from then on, such as 2030-01-31 or 2030-01-31T14:00Z' },
    to: { type: 'text', value: 'TIME', doc: 'only before then' },
  },
  examples: [
    { does: 'the last things that were done', line: 'sandyard audit list' },
    {
      does: 'who deleted sandboxes since a day',
      line: 'sandyard audit list --target sandbox --action delete --from 2030-01-31',
    },
  ],
  async run({ flags, platform: open, screen }) {
    const query = {
      limit: flags.limit ?? defaultLimit,
      page: flags.page ?? 1,
      from: readTime('from', flags.from),
      to: readTime('to', flags.to),
      'action[eq]': flags.action,
      'targetType[eq]': flags.target,
      'targetId[eq]': flags.id,
      'actorId[eq]': flags.actor,
    }
    const platform = await open()
    const params = { organizationId: await organizationId(platform) }
    const found = await platform.client.call('getOrganizationAuditLogs', { params, query })
    screen.list(
      found.items,
      {
        columns: [
          { title: 'Time', text: ({ createdAt }) => time(createdAt) },
          { title: 'Who', text: ({ actorEmail, actorId }) => actorEmail || actorId },
          { title: 'Action', text: ({ action }) => action },
          { title: 'What', text: ({ targetType, targetId }) => [targetType, targetId ?? ''].join(' ').trim() },
          { title: 'Result', text: ({ statusCode }) => String(statusCode), isNumber: true },
          { title: 'From', text: ({ ipAddress, source }) => [ipAddress, source].filter((one) => one).join(' ') || '-' },
        ],
        name: ({ id }) => id,
      },
      'Nothing like this was done.',
    )
    if (found.totalPages > query.page)
      screen.note(`Page ${query.page} of ${found.totalPages}; --page ${query.page + 1} shows the next.`)
    return undefined
  },
})

function readTime(name: string, text: string | undefined): string | undefined {
  if (text === undefined) return undefined
  const date = new Date(text)
  if (Number.isNaN(date.getTime())) throw usageError(`--${name} is a time such as 2030-01-31T14:00Z, not ${text}`)
  return date.toISOString()
}
