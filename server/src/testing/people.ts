import assert from 'node:assert/strict'
import type { TestAnswer, TestServer } from './test-server.ts'

/** A user who is signed in. */
export interface Person {
  readonly id: string
  readonly email: string
  /** of a session */
  token: string
  /** the personal one */
  readonly organizationId: string
}

/** The header by which a user chooses an organization. */
export function within(organizationId: string): Record<string, string> {
  return { 'x-daytona-organization-id': organizationId }
}

/** Makes a user and signs the user in by a link. */
export async function signUp(server: TestServer, name: string, body: object = {}): Promise<Person> {
  const email = `${name}@example.com`
  const made = ok(
    await server.call('POST /admin/users', { body: { id: name, name, email, emailVerified: true, ...body } }),
  )
  const link = ok(await server.call(`POST /admin/users/${made.body.id}/login-token`))
  const signedIn = ok(await server.call('POST /auth/token-login', { key: null, body: { token: link.body.token } }))
  const { token } = signedIn.body
  const organizations = ok(await server.call('GET /organizations', { key: token }))
  return { id: made.body.id, email, token, organizationId: organizations.body[0].id }
}

/** Makes an organization; answers its id. */
export async function found(server: TestServer, owner: Person, name = 'Team'): Promise<string> {
  return ok(await server.call('POST /organizations', { key: owner.token, body: { name } })).body.id
}

/** Makes somebody a member by an invitation. */
export async function join(
  server: TestServer,
  { organizationId, owner, member }: { organizationId: string; owner: Person; member: Person },
  granted: { role?: 'owner' | 'member'; assignedRoleIds?: string[] } = {},
): Promise<void> {
  const body = { email: member.email, role: 'member', assignedRoleIds: [], ...granted }
  const invited = await server.call(`POST /organizations/${organizationId}/invitations`, { key: owner.token, body })
  ok(await server.call(`POST /organizations/invitations/${ok(invited).body.id}/accept`, { key: member.token }))
}

/** A key of a user in an organization. */
export async function keyOf(
  server: TestServer,
  person: Person,
  organizationId: string,
  body: object = {},
): Promise<string> {
  const answer = await server.call('POST /api-keys', {
    key: person.token,
    headers: within(organizationId),
    body: { name: 'key', permissions: [], ...body },
  })
  return ok(answer).body.value
}

/** The id of a global role (api.md 3.2). */
export function roleId(number: number): string {
  return `00000000-0000-0000-0000-00000000000${number}`
}

/** The answer, when it is a success. */
export function ok(answer: TestAnswer): TestAnswer {
  assert.ok(answer.status < 300, `${answer.status} ${JSON.stringify(answer.body)}`)
  return answer
}
