import type { AnswerOf, ApiOperations } from '@sandyard/sdk'
import { useInfiniteQuery } from '@tanstack/react-query'
import { usePlatform } from '../platform/platform.tsx'
import { actionWords } from './words.ts'

/** An entry of the audit log. */
export type AuditEntry = AnswerOf<ApiOperations['getOrganizationAuditLogs']>['items'][number]
/** Conditions on entries, as the API takes them. */
export type AuditConditions = NonNullable<ApiOperations['getOrganizationAuditLogs']['query']>

/** entries that are read at once, and more by each `Show more` */
const auditPageSize = 100
/** time between two looks while only the newest are shown, ms; the rest does not change */
const lookMs = 15_000

/**
 * Entries of the audit log, the newest first. `of` tells queries apart; `conditions` are asked for at each reading, as some
 * of them are of the time.
 */
export function useAuditEntries(of: readonly unknown[], conditions: () => AuditConditions, isWanted = true) {
  const { daytona, organization } = usePlatform()
  return useInfiniteQuery({
    queryKey: ['audit', organization.id, ...of],
    queryFn: ({ signal, pageParam }) =>
      daytona.client.call(
        'getOrganizationAuditLogs',
        {
          params: { organizationId: organization.id },
          query: { ...conditions(), limit: auditPageSize, nextToken: pageParam },
        },
        { signal },
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ nextToken }) => nextToken,
    enabled: isWanted,
    refetchInterval: ({ state: { data } }) => (data !== undefined && data.pages.length > 1 ? false : lookMs),
  })
}

/** What was done, in words: `Made an SSH token`. What was refused was not done: `create ssh access`. */
export function actionText({ action, statusCode }: Pick<AuditEntry, 'action' | 'statusCode'>): string {
  return statusCode < 400 ? actionWords(action) : action.replaceAll('_', ' ')
}

/** Who did it, in words. */
export function actorText({ actorId, actorEmail }: Pick<AuditEntry, 'actorId' | 'actorEmail'>): string {
  if (actorId === 'system') return 'the platform itself'
  if (actorId === 'anonymous') return 'nobody known'
  return actorEmail || actorId
}

/** The ends of the key that it was done with; undefined where it was done without one. */
export function keyText({ actorApiKeyPrefix, actorApiKeySuffix }: AuditEntry): string | undefined {
  return actorApiKeyPrefix === undefined ? undefined : `${actorApiKeyPrefix}…${actorApiKeySuffix ?? ''}`
}

/** Where the target is seen; undefined where there is no page for it. */
export function targetHref({ targetType, targetId, action, statusCode }: AuditEntry): string | undefined {
  if (targetId === undefined || statusCode >= 400) return undefined
  if (targetType === 'sandbox' && action !== 'delete') return `/sandboxes/${encodeURIComponent(targetId)}`
  if (targetType === 'preview' && action !== 'delete') return `/previews/${encodeURIComponent(targetId)}`
  return undefined
}
