import type { AnswerOf, ApiOperations } from '@sandyard/sdk'
import { type UseQueryResult, useQuery, useQueryClient } from '@tanstack/react-query'
import { type Member, useMembers } from '../platform/permissions.ts'
import { usePlatform } from '../platform/platform.tsx'

/** What members may do, under a name. */
export type Role = AnswerOf<ApiOperations['listOrganizationRoles']>[number]
/** Somebody who is asked to join, known by an address. */
export type Invitation = AnswerOf<ApiOperations['listOrganizationInvitations']>[number]

/** What a member or an invitation is given. */
export interface Access {
  readonly role: Member['role']
  readonly assignedRoleIds: readonly string[]
}

/** What somebody has or is to get, as calls take it. */
export function accessOf({ role, assignedRoles }: Pick<Member, 'role' | 'assignedRoles'>): Access {
  return { role, assignedRoleIds: assignedRoles.map(({ id }) => id) }
}

/** Roles that can be assigned: those of the platform and the organization's own. */
export function useRoles(): UseQueryResult<readonly Role[]> {
  const { daytona, organization } = usePlatform()
  return useQuery({
    queryKey: ['roles', organization.id],
    queryFn: ({ signal }) =>
      daytona.client.call('listOrganizationRoles', { params: { organizationId: organization.id } }, { signal }),
  })
}

/** Invitations that are neither answered nor over. */
export function useInvitations(): UseQueryResult<readonly Invitation[]> {
  const { daytona, organization } = usePlatform()
  return useQuery({
    queryKey: ['invitations', organization.id],
    queryFn: ({ signal }) =>
      daytona.client.call('listOrganizationInvitations', { params: { organizationId: organization.id } }, { signal }),
    // They are answered elsewhere, and no event tells of it.
    refetchInterval: 60_000,
  })
}

/** Reads everything about people of the organization again. */
export function useReadPeople(): () => Promise<void> {
  const { organization } = usePlatform()
  const queries = useQueryClient()
  return async () => {
    const keys = ['members', 'roles', 'invitations'].map((name) => [name, organization.id])
    await Promise.all(keys.map((queryKey) => queries.invalidateQueries({ queryKey })))
  }
}

/** The name that a member goes by; the id of somebody who is none. */
export function useNameOf(): (userId: string) => string {
  const { user } = usePlatform()
  const members = useMembers().data
  return (userId) => (userId === user.id ? 'You' : (members?.find((one) => one.userId === userId)?.name ?? userId))
}
