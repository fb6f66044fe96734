import { createFeed, type Feed } from '../sandboxes/feed.ts'
import type { EnvironmentStore } from '../store/environments.ts'
import type { EnvironmentRecord } from './records.ts'

/** Where the visitors of an environment go. */
export interface ServingPlace {
  readonly sandboxId: string
  readonly port: number
}

/**
 * Where the visitors of an environment go now: while a fresh sandbox is made ready to the former one, while a commit with
 * another port is built to the port before. Null while there is nothing to see.
 */
export function servingOf({
  sandboxId: own,
  former,
  plan,
  servedPort,
}: Pick<EnvironmentRecord, 'sandboxId' | 'former' | 'plan' | 'servedPort'>): ServingPlace | null {
  const sandboxId = former === null ? own : former.sandboxId
  const port = servedPort ?? (former === null ? plan : former.plan)?.port
  return sandboxId === null || port === undefined ? null : { sandboxId, port }
}

/** Where the visitors of environments go, kept in memory. */
export interface Servings {
  /** Where those of this one go; null: nowhere, or there is none with this id. */
  find(environmentId: string): Promise<ServingPlace | null>
  /** The same without asking the store; undefined: it was not asked yet. */
  known(environmentId: string): ServingPlace | undefined
  /** Call after each change of an environment; null: it is gone. */
  changed(environmentId: string, environment: EnvironmentRecord | null): void
  /** told of sandboxes that have lost visitors to another one, or to another port */
  readonly left: Pick<Feed<string>, 'subscribe'>
}

/** Environments that are remembered at a time. */
const kept = 20_000

/** Makes it. */
export function createServings(environments: Pick<EnvironmentStore, 'byId'>): Servings {
  const places = new Map<string, ServingPlace>()
  const left = createFeed<string>()
  /** what was read before a change is not kept after it */
  let changes = 0

  return {
    async find(id) {
      const known = places.get(id)
      if (known !== undefined) return known
      const before = changes
      const environment = await environments.byId(id)
      const place = environment === undefined ? null : servingOf(environment)
      if (place === null || before !== changes) return place
      if (places.size >= kept) places.delete(places.keys().next().value ?? '')
      places.set(id, place)
      return place
    },
    known: (id) => places.get(id),
    changed(id, environment) {
      changes += 1
      const before = places.get(id)
      const after = environment === null ? null : servingOf(environment)
      if (before === undefined) return
      if (after?.sandboxId === before.sandboxId && after.port === before.port) return
      places.delete(id)
      left.publish(before.sandboxId)
    },
    left,
  }
}
