import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ApiKeysApi, Configuration, OrganizationsApi, UsersApi } from '@daytona/api-client'
import { Daytona } from '@daytonaio/sdk'
import { listen } from './testing/listen.ts'
import { signUp } from './testing/people.ts'
import { openTestServer } from './testing/test-server.ts'

/** The published calls on accounts, as somebody. */
function as(url: string, accessToken: string) {
  const configuration = new Configuration({ basePath: `${url}/api`, accessToken, baseOptions: { proxy: false } })
  return {
    organizations: new OrganizationsApi(configuration),
    users: new UsersApi(configuration),
    keys: new ApiKeysApi(configuration),
  }
}

test('the published client leads a team: users, organizations, invitations, roles, keys', async () => {
  await using server = await openTestServer()
  await using site = await listen(server)
  const [ada, bob] = [await signUp(server, 'ada'), await signUp(server, 'bob')]
  const [owner, guest] = [as(site.url, ada.token), as(site.url, bob.token)]

  assert.equal((await owner.users.getAuthenticatedUser()).data.email, 'ada@example.com')
  const team = (await owner.organizations.createOrganization({ name: 'Team', defaultRegionId: 'us' })).data
  assert.deepEqual([team.personal, team.suspended, team.createdBy], [false, false, 'ada'])
  const { data: role } = await owner.organizations.createOrganizationRole(team.id, {
    name: 'Maker',
    description: 'makes',
    permissions: ['write:sandboxes', 'delete:sandboxes'],
  })
  const { data: invitation } = await owner.organizations.createOrganizationInvitation(team.id, {
    email: bob.email,
    role: 'member',
    assignedRoleIds: [role.id],
  })
  assert.equal((await guest.organizations.getOrganizationInvitationsCountForAuthenticatedUser()).data, 1)
  assert.equal((await guest.organizations.acceptOrganizationInvitation(invitation.id)).data.status, 'accepted')
  const members = (await guest.organizations.listOrganizationMembers(team.id)).data
  assert.deepEqual(
    members.map(({ userId, role, assignedRoles }) => [userId, role, assignedRoles.map(({ name }) => name)]),
    [
      ['ada', 'owner', []],
      ['bob', 'member', ['Maker']],
    ],
  )
  const { data: key } = await guest.keys.createApiKey({ name: 'ci', permissions: ['write:sandboxes'] }, team.id)
  assert.equal((await owner.keys.listApiKeys(team.id)).data.length, 1)

  for (const credentials of [{ apiKey: key.value }, { jwtToken: bob.token, organizationId: team.id }]) {
    const daytona = new Daytona({ ...credentials, apiUrl: `${site.url}/api` })
    try {
      const sandbox = await daytona.create()
      assert.equal(sandbox.organizationId, team.id)
      await sandbox.stop()
      if ('jwtToken' in credentials) await sandbox.delete()
      else await assert.rejects(sandbox.delete(), /Access denied/)
    } finally {
      await daytona[Symbol.asyncDispose]()
    }
  }

  const demoted = { role: 'member', assignedRoleIds: [] } as const
  await owner.organizations.updateAccessForOrganizationMember(team.id, 'bob', { ...demoted, assignedRoleIds: [] })
  const refused = await fetch(`${site.url}/api/sandbox`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key.value}`, 'content-type': 'application/json' },
    body: '{}',
  })
  assert.equal(refused.status, 403)
  await owner.keys.deleteApiKeyForUser('bob', 'ci', team.id)
  await guest.organizations.leaveOrganization(team.id)
  assert.deepEqual(
    (await guest.organizations.listOrganizations()).data.map(({ name }) => name),
    ['Personal'],
  )
  await assert.rejects(owner.organizations.deleteOrganization(team.id), /409/)
  assert.deepEqual(server.faults, [])
})
