import type { AnswerOf, ApiOperations } from '@sandyard/sdk'
import { type UseQueryResult, useQuery } from '@tanstack/react-query'
import { usePlatform } from './platform.tsx'

/** A member of the organization. */
export type Member = AnswerOf<ApiOperations['listOrganizationMembers']>[number]

/** Something that a member may or may not do: a permission of the API, or what only owners may. */
export type Right = Member['assignedRoles'][number]['permissions'][number] | 'owner'

/** The members of the organization. */
export function useMembers(): UseQueryResult<readonly Member[]> {
  const { daytona, organization } = usePlatform()
  return useQuery({
    queryKey: ['members', organization.id],
    queryFn: ({ signal }) =>
      daytona.client.call('listOrganizationMembers', { params: { organizationId: organization.id } }, { signal }),
  })
}

/**
 * What the user may do in the organization. Until it is known the answer is yes: the platform has the last word anyway, and
 * nothing jumps for most.
 */
export function useMay(): (right: Right) => boolean {
  const { user } = usePlatform()
  const me = useMembers().data?.find(({ userId }) => userId === user.id)
  return (right) => {
    // Every member makes keys of their own; a key can hold no more than its maker.
    if (me === undefined || me.role === 'owner' || right === 'manage:api_keys') return true
    return right !== 'owner' && me.assignedRoles.some(({ permissions }) => permissions.includes(right))
  }
}

/** True for an administrator of the platform. */
export function useIsAdmin(): boolean {
  return usePlatform().user.role === 'admin'
}
