import type { AnswerOf, ApiOperations } from '@sandyard/sdk'
import { type UseQueryResult, useQuery } from '@tanstack/react-query'
import type { Tone } from '../design/state.tsx'
import { usePlatform } from '../platform/platform.tsx'
import { type Telling, useTold } from '../platform/told.ts'

/** A folder that outlives sandboxes. */
export type Volume = AnswerOf<ApiOperations['listVolumes']>[number]

/** First part of the key that the list is kept by. */
export const volumeList = 'volume-list'

const telling: Telling<Volume> = {
  events: {
    'volume.created': (volume: Volume) => volume,
    'volume.state.updated': ({ volume }: { volume: Volume }) => volume,
    'volume.lastUsedAt.updated': (volume: Volume) => volume,
  },
  isGone: ({ state }) => state === 'deleted',
  // Only the list says which sandboxes have it mounted.
  outdates: {
    'volume.lastUsedAt.updated': () => true,
    'sandbox.state.updated': ({ newState }: { newState: string }) => newState === 'destroyed',
  },
}

/** Volumes of the organization, kept as they are by events. */
export function useVolumes(): UseQueryResult<readonly Volume[]> {
  const { daytona, organization } = usePlatform()
  useTold(volumeList, telling)
  return useQuery({
    queryKey: [volumeList, organization.id],
    queryFn: ({ signal }) => daytona.client.call('listVolumes', {}, { signal }),
  })
}

/** What a state is to a person. */
export function toneOfVolume(state: Volume['state']): Tone {
  if (state === 'ready') return 'good'
  if (state === 'error') return 'bad'
  return state === 'deleted' ? 'rest' : 'busy'
}

/** True where the platform would delete it, unless a sandbox has it mounted. */
export function canDelete({ state }: Volume): boolean {
  return state === 'ready' || state === 'error'
}
