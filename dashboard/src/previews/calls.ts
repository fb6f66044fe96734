import type { AnswerOf, ApiOperations } from '@sandyard/sdk'
import { type UseQueryResult, useQuery, useQueryClient } from '@tanstack/react-query'
import { useMemo } from 'react'
import { usePlatform } from '../platform/platform.tsx'

/** A preview environment: one branch of a repository, served. */
export type Preview = AnswerOf<ApiOperations['getPreview']>
/** A step of a run. */
export type PreviewStep = Preview['steps'][number]
/** A repository, as previews are made of it. */
export type Project = AnswerOf<ApiOperations['getPreviewProject']>
/** What a new preview is asked for with. */
export type WantedPreview = NonNullable<ApiOperations['createPreview']['body']>
/** What a new project is made of. */
export type WantedProject = NonNullable<ApiOperations['createPreviewProject']['body']>
/** What can change of a project. */
export type ProjectChange = NonNullable<ApiOperations['updatePreviewProject']['body']>

/** No event tells of previews: time between two looks while one is being built, and else, ms. */
const look = { busyMs: 1500, quietMs: 15_000 }

/** True while something goes on by itself. */
export function isBusy({ status }: Pick<Preview, 'status'>): boolean {
  return status === 'queued' || status === 'building' || status === 'deleting'
}

/** All previews, the newest first. */
export function usePreviews(): UseQueryResult<readonly Preview[]> {
  const { daytona, organization } = usePlatform()
  return useQuery({
    queryKey: ['previews', organization.id],
    queryFn: ({ signal }) => daytona.client.call('listPreviews', {}, { signal }),
    refetchInterval: ({ state: { data } }) => (data?.some(isBusy) === true ? 2 * look.busyMs : look.quietMs),
  })
}

/** One preview with the steps of its last run. */
export function usePreview(previewId: string): UseQueryResult<Preview> {
  const { daytona, organization } = usePlatform()
  return useQuery({
    queryKey: ['preview', organization.id, previewId],
    queryFn: ({ signal }) => daytona.client.call('getPreview', { params: { previewId } }, { signal }),
    staleTime: 0,
    refetchInterval: ({ state: { data } }) => (data !== undefined && isBusy(data) ? look.busyMs : look.quietMs),
  })
}

/** Whether a preview is alive; asked for only where it may be. */
export function useHealth({ id, status, run }: Preview): UseQueryResult<AnswerOf<ApiOperations['getPreviewHealth']>> {
  const { daytona, organization } = usePlatform()
  return useQuery({
    queryKey: ['preview-health', organization.id, id, status, run],
    queryFn: ({ signal }) => daytona.client.call('getPreviewHealth', { params: { previewId: id } }, { signal }),
    enabled: status === 'ready' || status === 'failed',
    refetchInterval: look.quietMs,
  })
}

/** All projects. */
export function useProjects(): UseQueryResult<readonly Project[]> {
  const { daytona, organization } = usePlatform()
  return useQuery({
    queryKey: ['preview-projects', organization.id],
    queryFn: ({ signal }) => daytona.client.call('listPreviewProjects', {}, { signal }),
    refetchInterval: 2 * look.quietMs,
  })
}

/** What can be done to previews and projects; all of it is shown at once. */
export function usePreviewCalls() {
  const { daytona, organization } = usePlatform()
  const queries = useQueryClient()
  return useMemo(() => {
    const { client } = daytona
    const thenRead = async <T>(call: Promise<T>): Promise<T> => {
      const answer = await call
      await Promise.all(
        ['previews', 'preview', 'preview-projects'].map((what) =>
          queries.invalidateQueries({ queryKey: [what, organization.id] }),
        ),
      )
      return answer
    }
    const at = (projectId: string) => ({ params: { projectId } })
    return {
      start: (body: WantedPreview) => thenRead(client.call('createPreview', { body })),
      restart: (previewId: string) => thenRead(client.call('restartPreview', { params: { previewId } })),
      remove: (previewId: string) => thenRead(client.call('deletePreview', { params: { previewId } })),
      makeProject: (body: WantedProject) => thenRead(client.call('createPreviewProject', { body })),
      changeProject: (id: string, body: ProjectChange) =>
        thenRead(client.call('updatePreviewProject', { ...at(id), body })),
      removeProject: (id: string) => thenRead(client.call('deletePreviewProject', at(id))),
      newSecret: (id: string) => client.call('rotatePreviewWebhookSecret', at(id)),
    }
  }, [daytona, organization.id, queries])
}
