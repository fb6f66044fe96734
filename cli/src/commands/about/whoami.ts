import { defineCommand } from '../../command.ts'
import { findProfile } from '../../connect.ts'
import { organizationId } from '../../organization-id.ts'
import { time } from '../../texts.ts'

export const whoami = defineCommand({
  path: ['whoami'],
  summary: 'Show who you are on which platform, and until when',
  args: {},
  flags: {},
  examples: [{ does: 'before something is deleted', line: 'sandyard whoami' }],
  async run({ platform: open, wanted, settings, env, screen }) {
    const platform = await open()
    const { apiUrl } = await findProfile(wanted, settings, env)
    const { client } = platform
    const user = await client.call('getAuthenticatedUser')
    const id = await organizationId(platform)
    const organization = await client.call('getOrganization', { params: { organizationId: id } })
    // a token of somebody who is signed in is no key
    const key = await client.call('getCurrentApiKey').catch((error: { statusCode?: number }) => {
      if (error.statusCode === 403 || error.statusCode === 404) return undefined
      throw error
    })
    const who = {
      apiUrl,
      user: { id: user.id, name: user.name, email: user.email, role: user.role },
      organization: { id: organization.id, name: organization.name },
      ...(key === undefined ? {} : { key: { name: key.name, permissions: key.permissions, expiresAt: key.expiresAt } }),
    }
    screen.one(who, {
      columns: [
        { title: 'Platform', text: () => apiUrl },
        { title: 'User', text: () => [user.name, user.email].filter((one) => one !== '').join(', ') },
        { title: 'Role', text: () => user.role },
        { title: 'Organization', text: () => organization.name },
        { title: 'Key', text: () => key?.name ?? '(signed in)' },
        { title: 'Key may', text: () => key?.permissions.join(', ') ?? 'all that you may' },
        {
          title: 'Key ends',
          text: () => (key === undefined || key.expiresAt === null ? 'never' : time(key.expiresAt)),
        },
      ],
      name: () => user.id,
    })
    return undefined
  },
})
