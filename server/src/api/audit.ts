import {
  type auditRoutes,
  limits,
  PlatformError,
  type RouteInput,
  type RouteOutput,
  type Routes,
} from '@sandyard/protocol'
import { scenariosOf } from '../audit/scenario.ts'
import { readPage, toWirePage } from '../paging.ts'
import { type AuditEntry, type AuditFilter, type AuditPosition, type AuditStore, auditColumns } from '../store/audit.ts'
import { wireDate } from '../wire-date.ts'
import type { Answers } from './call.ts'

type Query = RouteInput<(typeof auditRoutes)['getOrganizationAuditLogs']>['query']
type WirePage = RouteOutput<(typeof auditRoutes)['getOrganizationAuditLogs']>

/** Answers of the calls on the audit log; `rows` are all rows of the API. */
export function auditAnswers(audit: AuditStore, rows: Routes): Answers<typeof auditRoutes> {
  async function list(organizationId: string | undefined, query: Query): Promise<WirePage> {
    const { nextToken } = query
    const { limit, offset } = readPage(query)
    const wanted = { organizationId, filters: filtersOf(query) }
    if (offset > limits.auditCount) {
      throw new PlatformError('BAD_REQUEST', `Pages end after ${limits.auditCount} entries; use nextToken`)
    }
    const after = nextToken === undefined || nextToken === '' ? undefined : parseToken(nextToken)
    // One more than asked for tells whether there is a next page.
    const found = await audit.page(wanted, { limit: limit + 1, offset, after })
    const items = found.slice(0, limit)
    const total = await audit.count(wanted, limits.auditCount)
    const last = found.length > limit ? items.at(-1) : undefined
    return {
      ...toWirePage(items.map(toWire), total, query),
      ...(last === undefined ? {} : { nextToken: formatToken(last) }),
    }
  }

  return {
    getOrganizationAuditLogs: ({ principal, query }) => list(principal.organizationId, query),
    adminGetAllAuditLogs: ({ query }) => list(undefined, query),
    async getAuditScenarios() {
      return { targets: scenariosOf(rows) }
    },
  }
}

const operators = {
  eq: '=',
  not: '!=',
  in: 'in',
  notIn: 'not in',
  gte: '>=',
  lte: '<=',
  gt: '>',
  lt: '<',
} as const

/** The conditions of a query, whose names and values the row has checked. */
function filtersOf({ from, to, ...query }: Query): AuditFilter[] {
  const given = {
    ...query,
    'createdAt[gte]': query['createdAt[gte]'] ?? from,
    'createdAt[lte]': query['createdAt[lte]'] ?? to,
  }
  return Object.entries(given).flatMap(([name, value]) => {
    const [, field, operator] = /^(\w+)\[(\w+)\]$/.exec(name) ?? []
    if (field === undefined || value === undefined) return []
    const column = auditColumns.find((known) => known === (field === 'createdAt' ? 'createdAtMs' : field))
    if (column === undefined || operator === undefined || !(operator in operators)) return []
    const texts = Array.isArray(value) ? value : [value]
    const values = texts.map((text) => parseValue(column, text))
    return [{ column, operator: operators[operator as keyof typeof operators], values }]
  })
}

function parseValue(column: AuditFilter['column'], value: string | number): string | number {
  if (column === 'createdAtMs') return Date.parse(String(value))
  if (column !== 'statusCode') return value
  const status = Number(value)
  if (!Number.isInteger(status)) throw new PlatformError('BAD_REQUEST', 'statusCode must be whole numbers')
  return status
}

function formatToken({ createdAtMs, id }: AuditPosition): string {
  return Buffer.from(JSON.stringify([createdAtMs, id])).toString('base64url')
}

function parseToken(token: string): AuditPosition {
  try {
    const [createdAtMs, id] = JSON.parse(Buffer.from(token, 'base64url').toString('utf8')) as unknown[]
    if (typeof createdAtMs === 'number' && typeof id === 'string') return { createdAtMs, id }
  } catch {
    // Not one of ours; said below.
  }
  throw new PlatformError('BAD_REQUEST', 'Invalid nextToken')
}

function toWire({ createdAtMs, metadata, ...entry }: AuditEntry): WirePage['items'][number] {
  const { actorApiKeyPrefix, actorApiKeySuffix, organizationId, targetId, errorMessage, ipAddress, userAgent, source } =
    entry
  const optional = {
    actorApiKeyPrefix,
    actorApiKeySuffix,
    organizationId,
    targetId,
    errorMessage,
    ipAddress,
    userAgent,
    source,
  }
  const told = Object.entries(optional).filter(([, value]) => value !== null)
  return {
    id: entry.id,
    actorId: entry.actorId,
    actorEmail: entry.actorEmail,
    action: entry.action,
    targetType: entry.targetType,
    statusCode: entry.statusCode,
    ...Object.fromEntries(told),
    ...(metadata === null ? {} : { metadata: JSON.parse(metadata) as Record<string, unknown> }),
    createdAt: wireDate(createdAtMs),
  }
}
