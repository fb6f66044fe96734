import { randomUUID } from 'node:crypto'
import { limits } from '@sandyard/protocol'
import { ok } from './people.ts'
import type { TestServer } from './test-server.ts'
import type { Wrong } from './wrong-lifecycle.ts'

const tooLong = 'x'.repeat(limits.nameLength + 1)
const longPassword = 'x'.repeat(limits.passwordLongest + 1)
const context = /^Invalid authentication context$/

function bad(body: unknown, message: RegExp, status = 400): Wrong {
  return { body, status, message }
}

/** One of the organizations of the administrator that is not the personal one; the key cannot enter it. */
const foreignId = randomUUID()

const strange: Wrong = {
  params: { organizationId: foreignId },
  status: 404,
  message: new RegExp(`^Organization ${foreignId} not found$`),
}

const wrongWarnings: readonly Wrong[] = [
  { ...strange, body: { previewWarningEnabled: true } },
  bad({}, /previewWarningEnabled/),
  bad({ previewWarningEnabled: 'true' }, /previewWarningEnabled/),
]

const granted = { role: 'member', assignedRoleIds: [] }

const wrongGrants = (rest: object = {}): Wrong[] => [
  bad({ ...rest, ...granted, role: 'admin' }, /role/),
  bad({ ...rest, role: 'member' }, /assignedRoleIds/),
  bad({ ...rest, ...granted, assignedRoleIds: 'all' }, /assignedRoleIds/),
  bad({ ...rest, ...granted, assignedRoleIds: Array(limits.roleCount + 1).fill('a') }, /assignedRoleIds/),
]

const wrongRole: Wrong[] = [
  bad({ permissions: [] }, /name/),
  bad({ name: ' ', permissions: [] }, /name/),
  bad({ name: tooLong, permissions: [] }, /name/),
  bad({ name: 'a\u0000b', permissions: [] }, /one line of text/),
  bad({ name: 'a', description: '\u0000', permissions: [] }, /must be text/),
  bad({ name: 'a', permissions: ['own:everything'] }, /permissions/),
  bad({ name: 'a' }, /permissions/),
  bad({ name: 'a', description: 'x'.repeat(limits.descriptionLength + 1), permissions: [] }, /description/),
]

const makeUser = (server: TestServer): Promise<unknown> =>
  server.call('POST /admin/users', { body: { id: 'taken', name: 'Taken', email: 'taken@example.com' } })

const globalRole = { roleId: '00000000-0000-0000-0000-000000000001' }
const ofPlatform: Wrong = { params: globalRole, status: 403, message: /^The roles of the platform cannot be changed$/ }
const noRole: Wrong = { status: 404, message: /^Role .* not found$/ }
const noInvitation: Wrong = { status: 404, message: /^Invitation .* not found$/ }

/** What can be wrong with each call of signing in and users in particular. */
export const wrongSignIns: Record<string, readonly Wrong[]> = {
  login: [
    bad({ login: 'sandyard-admin' }, /password/),
    bad({ login: '', password: 'x' }, /login/),
    bad({ login: 7, password: 'x' }, /login/),
    bad({ login: 'a\u0000b', password: 'x' }, /one line of text/),
    bad({ login: 'x'.repeat(limits.emailLength + 1), password: 'x' }, /login/),
    bad({ login: 'sandyard-admin', password: longPassword }, /password/),
    bad({ login: 'sandyard-admin', password: 'x' }, /^Invalid credentials$/, 401),
    bad({ login: 'nobody', password: 'x' }, /^Invalid credentials$/, 401),
  ],
  tokenLogin: [
    bad({}, /token/),
    bad({ token: 'x'.repeat(201) }, /token/),
    bad({ token: 'x' }, /^This sign-in link has been used, or its time is over$/, 401),
    bad({ token: `login_${'0'.repeat(64)}` }, /^This sign-in link has been used, or its time is over$/, 401),
  ],
  refreshSession: [{ status: 403, message: context }],
  logout: [{ status: 403, message: context }, bad({ everywhere: 'yes' }, /everywhere/)],
  changePassword: [
    { status: 403, message: context },
    bad({ newPassword: 'short' }, /newPassword/),
    bad({ newPassword: longPassword }, /newPassword/),
    bad({ currentPassword: longPassword, newPassword: 'long enough' }, /currentPassword/),
  ],
  oidcLogin: [{ status: 404, message: /^No OIDC issuer is configured$/ }],
  oidcCallback: [{ status: 404, message: /^No OIDC issuer is configured$/ }],
  getAuthenticatedUser: [],
  adminCreateUser: [
    bad({}, /name/),
    bad({ name: ' ' }, /name/),
    bad({ name: tooLong }, /name/),
    bad({ name: 'A', id: 'a b' }, /id/),
    bad({ name: 'A', id: 'a'.repeat(101) }, /id/),
    bad({ name: 'A\u0007b' }, /one line of text/),
    bad({ name: 'A', email: 'nowhere' }, /email/),
    bad({ name: 'A', email: 'a\u0000@b' }, /email/),
    bad({ name: 'A', email: '<a>@b' }, /email/),
    bad({ name: 'A', email: `${'a'.repeat(limits.emailLength)}@b` }, /email/),
    bad({ name: 'A', role: 'root' }, /role/),
    bad({ name: 'A', password: 'short' }, /password/),
    bad({ name: 'A', password: longPassword }, /password/),
    bad({ name: 'A', oidcSubject: 'a' }, /^oidcSubject needs an OIDC issuer/),
    bad({ name: 'A', personalOrganizationDefaultRegionId: 'mars' }, /^Region not found$/, 404),
    { ...bad({ name: 'A', id: 'taken' }, /^There is a user with the id taken/, 409), prepare: makeUser },
    { ...bad({ name: 'A', email: 'TAKEN@example.com' }, /or this email/, 409), prepare: makeUser },
  ],
  adminListUsers: [
    { query: '?page=0', status: 400, message: /page/ },
    { query: '?limit=201', status: 400, message: /limit/ },
    { query: '?limit=all', status: 400, message: /limit/ },
  ],
  adminGetUser: [{ params: { id: 'nobody' }, status: 404, message: /^User nobody not found$/ }],
  adminCreateLoginToken: [{ params: { id: 'nobody' }, status: 404, message: /^User nobody not found$/ }],
}

/** What can be wrong with each call on organizations and their members in particular. */
export const wrongOrganizations: Record<string, readonly Wrong[]> = {
  adminListOrganizations: [
    { query: '?page=0', status: 400, message: /page/ },
    { query: '?limit=201', status: 400, message: /limit/ },
  ],
  listOrganizations: [],
  createOrganization: [
    bad({}, /name/),
    bad({ name: ' ' }, /name/),
    bad({ name: tooLong }, /name/),
    bad({ name: 'A', defaultRegionId: 'mars' }, /^Region not found$/, 404),
    {
      ...bad({ name: 'A' }, /^A user can make at most 10 organizations$/, 403),
      prepare: async ({ call }) => {
        for (let count = 1; count < limits.organizationsPerUser; count += 1) {
          ok(await call('POST /organizations', { body: { name: 'A' } }))
        }
      },
    },
  ],
  getOrganization: [strange],
  deleteOrganization: [strange, { status: 403, message: /^A personal organization cannot be deleted$/ }],
  setOrganizationDefaultRegion: [
    strange,
    bad({}, /defaultRegionId/),
    bad({ defaultRegionId: 'mars' }, /^Region not found$/, 404),
    {
      ...bad({ defaultRegionId: 'us' }, /^The organization has a default region already$/, 409),
      prepare: ({ server, clock }) =>
        server.store.accounts
          .adminKey()
          .then((key) => server.store.organizations.setDefaultRegion(key?.organizationId ?? '', 'us', clock.nowMs)),
    },
  ],
  leaveOrganization: [strange, { status: 403, message: /^The last owner cannot leave the organization$/ }],
  listAvailableSandboxClasses: [strange],
  suspendOrganization: [
    { ...strange, body: { reason: 'a' } },
    bad({}, /reason/),
    bad({ reason: ' ' }, /reason/),
    bad({ reason: 'x'.repeat(limits.reasonLength + 1) }, /reason/),
    bad({ reason: 'a\nb' }, /one line of text/),
    bad({ reason: 'a', until: 'soon' }, /until/),
    bad({ reason: 'a', until: '2020-01-01' }, /^until must be in the future$/),
    bad({ reason: 'a', suspensionCleanupGracePeriodHours: -1 }, /suspensionCleanupGracePeriodHours/),
    bad({ reason: 'a', suspensionCleanupGracePeriodHours: 1.5 }, /suspensionCleanupGracePeriodHours/),
  ],
  unsuspendOrganization: [strange],
  updateOrganizationPreviewWarning: wrongWarnings,
  adminUpdateOrganizationPreviewWarning: wrongWarnings,
  adminCreateOrganization: [
    bad({ name: 'A' }, /userId/),
    bad({ userId: 'sandyard-admin' }, /name/),
    bad({ name: 'A', userId: 'nobody' }, /^User nobody not found$/, 404),
    bad({ name: 'A', userId: 'sandyard-admin', defaultRegionId: 'mars' }, /^Region not found$/, 404),
  ],
  listOrganizationMembers: [strange],
  updateAccessForOrganizationMember: [
    strange,
    ...wrongGrants(),
    bad({ ...granted, assignedRoleIds: ['no-such'] }, /^Role no-such not found$/),
    bad(granted, /^The last owner must stay one$/, 403),
    { params: { userId: 'nobody' }, ...bad(granted, /^Member nobody not found$/, 404) },
  ],
  deleteOrganizationMember: [
    strange,
    { status: 403, message: /^The last owner cannot be removed$/ },
    { params: { userId: 'nobody' }, status: 404, message: /^Member nobody not found$/ },
  ],
  listOrganizationRoles: [strange],
  createOrganizationRole: [
    strange,
    ...wrongRole,
    bad({ name: 'Auditor', permissions: [] }, /^Role with name Auditor already exists$/, 409),
    {
      ...bad({ name: 'Mine', permissions: [] }, /^Role with name Mine already exists$/, 409),
      prepare: async (server, id) => {
        const { organizationId } = (await server.call(`GET /sandbox/${id}`)).body
        await server.call(`POST /organizations/${organizationId}/roles`, { body: { name: 'Mine', permissions: [] } })
      },
    },
  ],
  updateOrganizationRole: [strange, ...wrongRole, ofPlatform, noRole],
  deleteOrganizationRole: [strange, ofPlatform, noRole],
  listOrganizationInvitations: [strange],
  createOrganizationInvitation: [
    strange,
    ...wrongGrants({ email: 'a@b.c' }),
    bad({ ...granted }, /email/),
    bad({ ...granted, email: 'nobody' }, /email/),
    bad({ ...granted, email: 'a@b.c', expiresAt: 'soon' }, /expiresAt/),
    bad({ ...granted, email: 'a@b.c' }, /^Nobody can be invited to a personal organization$/, 403),
  ],
  updateOrganizationInvitation: [strange, ...wrongGrants(), noInvitation],
  cancelOrganizationInvitation: [strange, noInvitation],
  listOrganizationInvitationsForAuthenticatedUser: [],
  getOrganizationInvitationsCountForAuthenticatedUser: [],
  acceptOrganizationInvitation: [noInvitation],
  declineOrganizationInvitation: [noInvitation],
  deleteApiKeyForUser: [
    { params: { name: 'no-such' }, status: 404, message: /^API key no-such not found$/ },
    { params: { userId: 'nobody' }, status: 404, message: /^API key weak not found$/ },
    { params: { name: 'admin' }, status: 403, message: /the last way in/ },
  ],
}

/** Bodies that are good where the row needs one. */
export const goodAccountBodies: Record<string, unknown> = {
  login: { login: 'nobody', password: 'x' },
  tokenLogin: { token: 'x' },
  changePassword: { newPassword: 'correct horse battery' },
  adminCreateUser: { name: 'Ada' },
  createOrganization: { name: 'Team' },
  setOrganizationDefaultRegion: { defaultRegionId: 'us' },
  suspendOrganization: { reason: 'unpaid' },
  updateOrganizationPreviewWarning: { previewWarningEnabled: true },
  adminUpdateOrganizationPreviewWarning: { previewWarningEnabled: true },
  adminCreateOrganization: { name: 'Team', userId: 'sandyard-admin' },
  updateAccessForOrganizationMember: { role: 'owner', assignedRoleIds: [] },
  createOrganizationRole: { name: 'Role', permissions: [] },
  updateOrganizationRole: { name: 'Role', permissions: [] },
  createOrganizationInvitation: { email: 'a@example.com', ...granted },
  updateOrganizationInvitation: granted,
}
