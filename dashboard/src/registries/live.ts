import type { AnswerOf, ApiOperations } from '@sandyard/sdk'
import { type UseQueryResult, useQuery } from '@tanstack/react-query'
import { usePlatform } from '../platform/platform.tsx'

/** A login at an image registry, without its password. */
export type Registry = AnswerOf<ApiOperations['listRegistries']>[number]

/** First part of the key that the list is kept by. */
export const registryList = 'registries'

/** Logins of the organization. */
export function useRegistries(): UseQueryResult<readonly Registry[]> {
  const { daytona, organization } = usePlatform()
  return useQuery({
    queryKey: [registryList, organization.id],
    queryFn: ({ signal }) => daytona.client.call('listRegistries', {}, { signal }),
  })
}
