import { PlatformError, type RouteInput, type secretRoutes } from '@sandyard/protocol'
import { formatCursor, parseCursor } from '../paging.ts'
import type { SecretRecord, SecretSort, SecretStore } from '../store/secrets.ts'

/** Query of a page, its shape checked. */
export type ListSecretsQuery = RouteInput<(typeof secretRoutes)['listSecretsPaginated']>['query']

const columns = {
  name: 'name',
  createdAt: 'createdAtMs',
  updatedAt: 'updatedAtMs',
} as const satisfies Record<NonNullable<ListSecretsQuery['sort']>, SecretSort>

/** A page of an organization's secrets (api.md 1.4), and the cursor of the next one. */
export async function pageOfSecrets(
  secrets: Pick<SecretStore, 'page' | 'count'>,
  organizationId: string,
  query: ListSecretsQuery,
): Promise<{ items: SecretRecord[]; total: number; nextCursor: string | null }> {
  const { limit = 100, order = 'desc', name = '', cursor = '' } = query
  const sort = columns[query.sort ?? 'createdAt']
  const namePart = name === '' ? undefined : name.toLowerCase()
  const after = cursor === '' ? undefined : parseCursor(cursor, sort === 'name' ? 'string' : 'number')
  // One more than asked for tells whether there is a next page.
  const found = await secrets.page(organizationId, { limit: limit + 1, sort, order, after, namePart })
  const items = found.slice(0, limit)
  const last = found.length > limit ? items.at(-1) : undefined
  return {
    items,
    total: await secrets.count(organizationId, namePart),
    nextCursor: last === undefined ? null : formatCursor({ sortValue: last[sort], id: last.id }),
  }
}

/** All secrets of an organization, the newest first. Throws BAD_REQUEST where they are more than `most`. */
export async function allSecrets(
  secrets: Pick<SecretStore, 'page'>,
  organizationId: string,
  most: number,
): Promise<SecretRecord[]> {
  const query = { limit: most + 1, sort: 'createdAtMs', order: 'desc', after: undefined, namePart: undefined } as const
  const found = await secrets.page(organizationId, query)
  if (found.length <= most) return found
  throw new PlatformError('BAD_REQUEST', `There are more than ${most} secrets: list them by GET /secret/paginated`)
}
