import { skipToken, useQuery, useQueryClient } from '@tanstack/react-query'
import { useCallback } from 'react'

/**
 * State that outlives its component, for as long as the page is loaded and the same person is signed in. `key` is like that
 * of a query, `first` the value before there is one and always the same.
 */
export function useKept<Value>(
  key: readonly [string, ...string[]],
  first: Value,
): [Value, (change: (before: Value) => Value) => void] {
  const queries = useQueryClient()
  const queryKey = ['kept', ...key]
  const { data = first } = useQuery<Value>({
    queryKey,
    queryFn: skipToken,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: Number.POSITIVE_INFINITY,
    structuralSharing: false,
  })
  const name = queryKey.join(' ')
  // biome-ignore lint/correctness/useExhaustiveDependencies: the name stands for the key
  const put = useCallback(
    (change: (before: Value) => Value) =>
      void queries.setQueryData(queryKey, (before: Value | undefined) => change(before ?? first)),
    [queries, name, first],
  )
  return [data, put]
}
