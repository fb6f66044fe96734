import type { AnswerOf, ApiOperations } from '@sandyard/sdk'
import { type UseQueryResult, useQuery } from '@tanstack/react-query'
import { usePlatform } from '../platform/platform.tsx'

/** An invitation for the user, to an organization. */
export type Invitation = AnswerOf<ApiOperations['listOrganizationInvitationsForAuthenticatedUser']>[number]

/** Invitations for the user. No event tells of them: they are read again each minute. */
export function useMyInvitations(): UseQueryResult<Invitation[]> {
  const { daytona, user } = usePlatform()
  return useQuery({
    queryKey: ['my-invitations', user.id],
    queryFn: ({ signal }) => daytona.client.call('listOrganizationInvitationsForAuthenticatedUser', {}, { signal }),
    refetchInterval: 60_000,
  })
}

/** How many there are, in words; null: none. */
export function useInvitationsTold(): string | null {
  const count = useMyInvitations().data?.length ?? 0
  if (count === 0) return null
  return count === 1 ? '1 invitation' : `${count} invitations`
}
