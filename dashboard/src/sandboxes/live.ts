import type { AnswerOf, ApiOperations, Client } from '@sandyard/sdk'
import { type QueryClient, type UseQueryResult, useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect } from 'react'
import { usePlatform } from '../platform/platform.tsx'
import { isOlder } from '../platform/told.ts'

/** A sandbox of the list. */
export type SandboxItem = AnswerOf<ApiOperations['listSandboxes']>['items'][number]
/** All that the platform says of one sandbox. */
export type SandboxDetail = AnswerOf<ApiOperations['getSandbox']>

/** Sandboxes that are read at most; the page says when there are more. */
export const mostSandboxes = 10_000
const pageSize = 200
/** Events are put into the list together, so that a thousand of them do not draw it a thousand times, ms. */
const batchMs = 60

const listKey = (organizationId: string) => ['sandboxes', organizationId] as const
const oneKey = (organizationId: string, id: string) => ['sandbox', organizationId, id] as const

/** All sandboxes of the organization, the newest first; `useSandboxEvents` keeps them as they are. */
export function useSandboxes(): UseQueryResult<readonly SandboxItem[]> {
  const { daytona, organization } = usePlatform()
  return useQuery({
    queryKey: listKey(organization.id),
    queryFn: ({ signal }) => readAll(daytona.client, organization.id, signal),
    staleTime: Number.POSITIVE_INFINITY,
  })
}

/** One sandbox with everything; what the list knows of it comes first. */
export function useSandbox(id: string): UseQueryResult<SandboxDetail> {
  const { daytona, organization } = usePlatform()
  return useQuery({
    queryKey: oneKey(organization.id, id),
    queryFn: ({ signal }) => daytona.client.call('getSandbox', { params: { sandboxIdOrName: id } }, { signal }),
  })
}

/** Puts what events tell into the list and the details, for as long as the component is there. */
export function useSandboxEvents(): void {
  const { events, organization } = usePlatform()
  const queries = useQueryClient()
  useEffect(() => {
    let waiting: SandboxDetail[] = []
    let timer: ReturnType<typeof setTimeout> | undefined
    const put = (sandbox: SandboxDetail): void => {
      waiting.push(sandbox)
      note(organization.id, sandbox)
      timer ??= setTimeout(() => {
        const told = waiting
        waiting = []
        timer = undefined
        putSandboxes(queries, organization.id, told)
      }, batchMs)
    }
    const stops = [
      events.on('sandbox.created', put),
      events.on('sandbox.state.updated', ({ sandbox }: { sandbox: SandboxDetail }) => put(sandbox)),
      events.on('sandbox.desired-state.updated', ({ sandbox }: { sandbox: SandboxDetail }) => put(sandbox)),
    ]
    return () => {
      clearTimeout(timer)
      for (const stop of stops) stop()
    }
  }, [events, organization.id, queries])
}

/** Puts sandboxes as they are now into what is shown of them. */
export function putSandboxes(queries: QueryClient, organizationId: string, told: readonly SandboxItem[]): void {
  queries.setQueryData(listKey(organizationId), (known: readonly SandboxItem[] | undefined) =>
    known === undefined ? undefined : merge(known, told),
  )
  for (const sandbox of told) {
    queries.setQueryData(oneKey(organizationId, sandbox.id), (known: SandboxDetail | undefined) =>
      known === undefined || isOlder(sandbox, known) ? known : { ...onlyInDetail(known), ...sandbox },
    )
  }
}

/** What a list does not tell. All else that is not told is not so any more, such as the reason of an error. */
function onlyInDetail({ env, volumes, kvm, linkedSandboxId, secrets, buildInfo }: SandboxDetail) {
  return {
    env,
    volumes,
    kvm,
    ...(linkedSandboxId === undefined ? {} : { linkedSandboxId }),
    ...(secrets === undefined ? {} : { secrets }),
    ...(buildInfo === undefined ? {} : { buildInfo }),
  }
}

/** The list with what was told of each in its place; new ones come first, deleted ones go. */
function merge(known: readonly SandboxItem[], told: readonly SandboxItem[]): readonly SandboxItem[] {
  const latest = new Map<string, SandboxItem>()
  for (const sandbox of told) {
    const before = latest.get(sandbox.id)
    if (before === undefined || !isOlder(sandbox, before)) latest.set(sandbox.id, sandbox)
  }
  const kept = known.map((sandbox) => {
    const next = latest.get(sandbox.id)
    return next === undefined || isOlder(next, sandbox) ? sandbox : next
  })
  const ids = new Set(known.map(({ id }) => id))
  const added = [...latest.values()].filter(({ id }) => !ids.has(id)).toReversed()
  return [...added, ...kept].filter(({ state }) => state !== 'destroyed')
}

/** What is told while the list is being read may be newer than what it says. */
const readings = new Set<{ readonly organizationId: string; readonly told: SandboxItem[] }>()

function note(organizationId: string, sandbox: SandboxItem): void {
  for (const reading of readings) if (reading.organizationId === organizationId) reading.told.push(sandbox)
}

async function readAll(client: Client, organizationId: string, signal: AbortSignal): Promise<readonly SandboxItem[]> {
  const reading = { organizationId, told: [] as SandboxItem[] }
  readings.add(reading)
  try {
    const found: SandboxItem[] = []
    let cursor: string | undefined
    do {
      const page: AnswerOf<ApiOperations['listSandboxes']> = await client.call(
        'listSandboxes',
        { query: { limit: pageSize, cursor, sort: 'createdAt', order: 'desc' } },
        { signal },
      )
      found.push(...page.items)
      cursor = page.nextCursor ?? undefined
    } while (cursor !== undefined && found.length < mostSandboxes)
    return merge(found, reading.told)
  } finally {
    readings.delete(reading)
  }
}
