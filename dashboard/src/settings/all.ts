import type { AnswerOf, ApiOperations } from '@sandyard/sdk'
import { type UseQueryResult, useQuery } from '@tanstack/react-query'
import type { Organization } from '../platform/organizations.ts'
import { usePlatform } from '../platform/platform.tsx'

/** Somebody with an account on the platform. */
export type User = AnswerOf<ApiOperations['adminListUsers']>[number]

const pageSize = 200
/** of each that are read; the page says when there are more */
export const most = 2000

/** Users of the platform, the oldest first. For administrators. */
export function useUsers(): UseQueryResult<readonly User[]> {
  const { daytona, user } = usePlatform()
  return useQuery({
    queryKey: ['all-users', user.id],
    queryFn: ({ signal }) =>
      readAll((page) => daytona.client.call('adminListUsers', { query: { page, limit: pageSize } }, { signal })),
  })
}

/** Organizations of the platform, the oldest first. For administrators. */
export function useAllOrganizations(): UseQueryResult<readonly Organization[]> {
  const { daytona, user } = usePlatform()
  return useQuery({
    queryKey: ['all-organizations', user.id],
    queryFn: ({ signal }) =>
      readAll((page) =>
        daytona.client.call('adminListOrganizations', { query: { page, limit: pageSize } }, { signal }),
      ),
  })
}

async function readAll<Row>(read: (page: number) => Promise<readonly Row[]>): Promise<readonly Row[]> {
  const rows: Row[] = []
  for (let page = 1; rows.length < most; page++) {
    const more = await read(page)
    rows.push(...more)
    if (more.length < pageSize) break
  }
  return rows
}
