import type { AnswerOf, ApiOperations } from '@sandyard/sdk'
import { type UseQueryResult, useQuery } from '@tanstack/react-query'
import type { Tone } from '../design/state.tsx'
import { usePlatform } from '../platform/platform.tsx'

/** Sandboxes that are made ahead. */
export type WarmPool = AnswerOf<ApiOperations['listWarmPools']>[number]

/** Nothing is told of pools: they are asked for, often while one changes, and not while the page is hidden. */
const changingMs = 1500
const restingMs = 15_000

/** First part of the key that the list is kept by. */
export const poolList = 'warm-pools'

/** Warm pools of the organization. */
export function useWarmPools(): UseQueryResult<readonly WarmPool[]> {
  const { daytona, organization } = usePlatform()
  return useQuery({
    queryKey: [poolList, organization.id],
    queryFn: ({ signal }) => daytona.client.call('listWarmPools', {}, { signal }),
    refetchInterval: ({ state: { data } }) => (data?.some(isFilling) === true ? changingMs : restingMs),
  })
}

/** True while sandboxes of it are being made or taken away. */
function isFilling({ currentSize, pool, errorReason }: WarmPool): boolean {
  return currentSize !== pool && errorReason === null
}

/** How a pool is, for a person. */
export function stateOfPool(pool: WarmPool): { readonly tone: Tone; readonly word: string } {
  if (pool.errorReason !== null) return { tone: 'bad', word: 'cannot be filled' }
  if (pool.pool === 0) return { tone: 'rest', word: 'empty' }
  return isFilling(pool) ? { tone: 'busy', word: 'filling' } : { tone: 'good', word: 'ready' }
}
