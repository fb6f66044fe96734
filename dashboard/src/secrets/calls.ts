import type { AnswerOf, ApiOperations, Client } from '@sandyard/sdk'
import { type UseQueryResult, useQuery } from '@tanstack/react-query'
import { usePlatform } from '../platform/platform.tsx'

/** A secret, without its value. */
export type Secret = AnswerOf<ApiOperations['getSecret']>

/** secrets that are read at most; more than organizations usually may have */
const mostSecrets = 2000
const pageSize = 200

/** Key of the secrets of an organization. */
export const secretsKey = (organizationId: string) => ['secrets', organizationId] as const

/** Secrets of the organization, the newest first; `isWanted` false where the user may not read them. */
export function useSecrets(isWanted = true): UseQueryResult<readonly Secret[]> {
  const { daytona, organization } = usePlatform()
  return useQuery({
    queryKey: secretsKey(organization.id),
    queryFn: ({ signal }) => readAll(daytona.client, signal),
    enabled: isWanted,
  })
}

/** Sandboxes that have a secret now. */
export function useHolders(secretId: string): UseQueryResult<AnswerOf<ApiOperations['listSecretSandboxes']>> {
  const { daytona, organization } = usePlatform()
  return useQuery({
    queryKey: ['secret-holders', organization.id, secretId],
    queryFn: ({ signal }) => daytona.client.call('listSecretSandboxes', { params: { secretId } }, { signal }),
    staleTime: 0,
  })
}

async function readAll(client: Client, signal: AbortSignal): Promise<readonly Secret[]> {
  const found: Secret[] = []
  let cursor: string | undefined
  do {
    const page: AnswerOf<ApiOperations['listSecretsPaginated']> = await client.call(
      'listSecretsPaginated',
      { query: { limit: pageSize, cursor, sort: 'createdAt', order: 'desc' } },
      { signal },
    )
    found.push(...page.items)
    cursor = page.nextCursor ?? undefined
  } while (cursor !== undefined && found.length < mostSecrets)
  return found
}
