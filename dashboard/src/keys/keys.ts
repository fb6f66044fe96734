import type { AnswerOf, ApiOperations } from '@sandyard/sdk'
import { type UseQueryResult, useQuery } from '@tanstack/react-query'
import { usePlatform } from '../platform/platform.tsx'

/** A key as listed, without its value. */
export type Key = AnswerOf<ApiOperations['listApiKeys']>[number]
/** A key with its value, which is answered once. */
export type NewKey = AnswerOf<ApiOperations['createApiKey']>

/** When keys are read again while somebody looks at them, ms: no event tells that one was used. */
const everyMs = 60_000

/** Where the keys of an organization are in the cache. */
export const keysKey = (organizationId: string) => ['api-keys', organizationId] as const

/** Keys of the user; for an owner, of all members. */
export function useApiKeys(): UseQueryResult<readonly Key[]> {
  const { daytona, organization } = usePlatform()
  return useQuery({
    queryKey: keysKey(organization.id),
    queryFn: ({ signal }) => daytona.client.call('listApiKeys', {}, { signal }),
    refetchInterval: everyMs,
  })
}
