import type { AnswerOf, ApiOperations } from '@sandyard/sdk'
import { keepPreviousData, type UseQueryResult, useQuery, useQueryClient } from '@tanstack/react-query'
import { useMemo } from 'react'
import { usePlatform } from '../platform/platform.tsx'

/** Who is told, and of what. */
export type Endpoint = AnswerOf<ApiOperations['getWebhookEndpoint']>
/** One message to one endpoint. */
export type Delivery = AnswerOf<ApiOperations['listWebhookDeliveries']>['items'][number]
/** How far a delivery has come. */
export type DeliveryState = Delivery['state']
/** What can be changed of an endpoint. */
export type EndpointChange = NonNullable<ApiOperations['updateWebhookEndpoint']['body']>
/** Something that endpoints are told of. */
export type WebhookEvent = NonNullable<EndpointChange['events']>[number]

/** All of them, with what they tell. */
export const webhookEvents: Readonly<Record<WebhookEvent, string>> = {
  'sandbox.created': 'a sandbox is there',
  'sandbox.state.updated': 'a sandbox has another state',
  'snapshot.created': 'a snapshot is there',
  'snapshot.state.updated': 'a snapshot has another state',
  'snapshot.removed': 'a snapshot is gone',
  'volume.created': 'a volume is there',
  'volume.state.updated': 'a volume has another state',
}

/** rows of one page of deliveries */
const pageSize = 50
/** time between two looks while something is on its way, and else, ms */
const look = { busyMs: 2000, quietMs: 15_000 }

/** Endpoints of the organization. They change when they fail, which no event tells. */
export function useEndpoints(): UseQueryResult<readonly Endpoint[]> {
  const { daytona, organization } = usePlatform()
  return useQuery({
    queryKey: ['webhooks', organization.id],
    queryFn: ({ signal }) =>
      daytona.client.call('listWebhookEndpoints', { params: { organizationId: organization.id } }, { signal }),
    refetchInterval: 2 * look.quietMs,
  })
}

/** A page of what was sent to an endpoint, the newest first; looked at anew as long as it is shown. */
export function useDeliveries(
  endpointId: string,
  page: number,
  state: DeliveryState | undefined,
): UseQueryResult<AnswerOf<ApiOperations['listWebhookDeliveries']>> {
  const { daytona, organization } = usePlatform()
  return useQuery({
    queryKey: ['webhook-deliveries', organization.id, endpointId, state, page],
    queryFn: ({ signal }) =>
      daytona.client.call(
        'listWebhookDeliveries',
        { params: { organizationId: organization.id, endpointId }, query: { page, limit: pageSize, state } },
        { signal },
      ),
    placeholderData: keepPreviousData,
    refetchInterval: ({ state: { data } }) =>
      data?.items.some((delivery) => delivery.state === 'pending') === true ? look.busyMs : look.quietMs,
  })
}

/** What can be done to endpoints and deliveries; all of it is shown at once. */
export function useWebhookCalls() {
  const { daytona, organization } = usePlatform()
  const queries = useQueryClient()
  return useMemo(() => {
    const { client } = daytona
    const organizationId = organization.id
    const at = (endpointId: string) => ({ params: { organizationId, endpointId } })
    const readAgain = async (): Promise<void> => {
      await Promise.all([
        queries.invalidateQueries({ queryKey: ['webhooks', organizationId] }),
        queries.invalidateQueries({ queryKey: ['webhook-deliveries', organizationId] }),
      ])
    }
    const thenRead = async <T>(call: Promise<T>): Promise<T> => {
      const answer = await call
      await readAgain()
      return answer
    }
    return {
      create: (body: EndpointChange & { url: string }) =>
        thenRead(client.call('createWebhookEndpoint', { params: { organizationId }, body })),
      change: (id: string, body: EndpointChange) => thenRead(client.call('updateWebhookEndpoint', { ...at(id), body })),
      remove: (id: string) => thenRead(client.call('deleteWebhookEndpoint', at(id))),
      test: (id: string) => thenRead(client.call('testWebhookEndpoint', at(id))),
      rotate: (id: string) => client.call('rotateWebhookSecret', at(id)),
      replay: (endpointId: string, deliveryId: string) =>
        thenRead(client.call('replayWebhookDelivery', { params: { organizationId, endpointId, deliveryId } })),
      replayFailed: (id: string, since: Date) =>
        thenRead(client.call('replayFailedWebhooks', { ...at(id), body: { since: since.toISOString() } })),
    }
  }, [daytona, organization.id, queries])
}
