import type { Client } from '@sandyard/sdk'
import { type UseQueryResult, useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect } from 'react'
import { usePlatform } from '../../platform/platform.tsx'
import type { SandboxDetail } from '../../sandboxes/live.ts'

/** A sandbox with what was forked from it, the oldest first. */
export interface FamilyNode {
  readonly sandbox: SandboxDetail
  readonly forks: readonly FamilyNode[]
}

/** The tree that a sandbox is in. */
export interface Family {
  readonly root: FamilyNode
  /** true where it has more than are read */
  readonly isCut: boolean
}

/** Sandboxes whose forks are asked for at most. */
const mostReads = 60
/** Sandboxes that are drawn at most. */
const mostRelatives = 500
/** A sandbox that is made may be a fork; several are looked for together, ms. */
const againMs = 400

const keyOf = (organizationId: string, id: string) => ['family', organizationId, id] as const

/** The sandboxes that this one was forked from, all other forks of these, and its own; kept as they are by events. */
export function useFamily(sandbox: SandboxDetail): UseQueryResult<Family> {
  const { daytona, organization, events } = usePlatform()
  const queries = useQueryClient()
  const { id } = sandbox
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined
    const queryKey = keyOf(organization.id, id)
    const readAgain = (): void => {
      timer ??= setTimeout(() => {
        timer = undefined
        void queries.invalidateQueries({ queryKey })
      }, againMs)
    }
    const put = ({ sandbox: told }: { sandbox: SandboxDetail }): void => {
      queries.setQueryData(
        queryKey,
        (family: Family | undefined) => family && { ...family, root: withSandbox(family.root, told) },
      )
      if (told.state === 'destroyed') readAgain()
    }
    const stops = [events.on('sandbox.created', readAgain), events.on('sandbox.state.updated', put)]
    return () => {
      clearTimeout(timer)
      for (const stop of stops) stop()
    }
  }, [events, organization.id, id, queries])
  return useQuery({
    queryKey: keyOf(organization.id, id),
    queryFn: ({ signal }) => readFamily(daytona.client, id, signal),
  })
}

function withSandbox(node: FamilyNode, told: SandboxDetail): FamilyNode {
  return {
    sandbox: node.sandbox.id === told.id ? told : node.sandbox,
    forks: node.forks.map((fork) => withSandbox(fork, told)),
  }
}

async function readFamily(client: Client, id: string, signal: AbortSignal): Promise<Family> {
  const params = { sandboxIdOrName: id }
  const [ancestors, own] = await Promise.all([
    client.call('getSandboxAncestors', { params }, { signal }),
    client.call('getSandbox', { params }, { signal }),
  ])
  const line = [...ancestors, own]
  const forks = await readForks(client, line, signal)
  let count = 0
  const nodeOf = (sandbox: SandboxDetail): FamilyNode => {
    count++
    const known = forks.get(sandbox.id) ?? []
    const at = line.findIndex((one) => one.id === sandbox.id)
    const next = at === -1 ? undefined : line[at + 1]
    // The next of the line is no fork of this one where those in between are gone.
    const isApart = next !== undefined && !known.some((one) => one.id === next.id)
    const all = isApart ? [next, ...known] : known
    return { sandbox, forks: all.flatMap((one) => (one === next || count < mostRelatives ? [nodeOf(one)] : [])) }
  }
  const root = nodeOf(line[0] ?? own)
  return { root, isCut: forks.size >= mostReads || count >= mostRelatives }
}

/** Forks by what they were forked from, the oldest first: first of the line, then level by level. */
async function readForks(
  client: Client,
  line: readonly SandboxDetail[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, readonly SandboxDetail[]>> {
  const forks = new Map<string, readonly SandboxDetail[]>()
  let level: readonly SandboxDetail[] = line.slice(-mostReads)
  while (level.length > 0) {
    const found = await Promise.all(
      level.map(async ({ id }) => {
        const params = { sandboxIdOrName: id }
        // One that was deleted meanwhile has none.
        const answer = await client.call('getSandboxForks', { params }, { signal }).catch(() => [])
        forks.set(id, answer.toReversed())
        return answer
      }),
    )
    level = found
      .flat()
      .filter(({ id }) => !forks.has(id))
      .slice(0, mostReads - forks.size)
  }
  return forks
}
