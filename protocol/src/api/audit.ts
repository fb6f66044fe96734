import * as z from 'zod/mini'
import { limits } from '../limits.ts'
import { dateText, integerText } from '../query.ts'
import { defineRoutes } from '../route.ts'
import '../messages.ts'
import { pageCounts, pageQuery } from '../paging.ts'

/** An entry of the audit log (api.md appendix AuditLog). */
export const AuditLogEntry = z.object({
  id: z.string(),
  /** user id; `system`: the platform itself, `anonymous`: nobody known */
  actorId: z.string(),
  actorEmail: z.string(),
  actorApiKeyPrefix: z.optional(z.string()),
  actorApiKeySuffix: z.optional(z.string()),
  organizationId: z.optional(z.string()),
  action: z.string(),
  targetType: z.string(),
  targetId: z.optional(z.string()),
  /** HTTP status of the answer */
  statusCode: z.number(),
  errorMessage: z.optional(z.string()),
  ipAddress: z.optional(z.string()),
  userAgent: z.optional(z.string()),
  /** what the client calls itself: header `X-Daytona-Source` */
  source: z.optional(z.string()),
  /** parameters and body of the call without secrets */
  metadata: z.optional(z.record(z.string(), z.unknown())),
  createdAt: z.string(),
})

const text = z.string().check(z.maxLength(limits.nameLength))
const texts = z.optional(z.union([text, z.array(text).check(z.maxLength(50))]))
const date = z.optional(dateText)
const number = z.optional(integerText)

/** Conditions on a column of text: `column[eq]`, `column[not]`, `column[in]`, `column[notIn]`. */
function textFilters<const Column extends string>(column: Column) {
  return {
    [`${column}[eq]`]: z.optional(text),
    [`${column}[not]`]: z.optional(text),
    [`${column}[in]`]: texts,
    [`${column}[notIn]`]: texts,
  }
}

/** Query of a listing (api.md 1.12): a page by number, or what follows a token, and conditions that all must hold. */
export const AuditQuery = z.object({
  ...pageQuery,
  /** goes before `page` */
  nextToken: z.optional(z.string().check(z.maxLength(200))),
  /** the same as `createdAt[gte]` */
  from: date,
  /** the same as `createdAt[lte]` */
  to: date,
  ...textFilters('id'),
  ...textFilters('actorId'),
  ...textFilters('actorEmail'),
  ...textFilters('actorApiKeyPrefix'),
  ...textFilters('actorApiKeySuffix'),
  ...textFilters('action'),
  ...textFilters('targetType'),
  ...textFilters('targetId'),
  'statusCode[eq]': number,
  'statusCode[not]': number,
  'statusCode[in]': texts,
  'statusCode[notIn]': texts,
  'statusCode[gte]': number,
  'statusCode[lte]': number,
  'statusCode[gt]': number,
  'statusCode[lt]': number,
  'createdAt[gte]': date,
  'createdAt[lte]': date,
  'createdAt[gt]': date,
  'createdAt[lt]': date,
})

const AuditPage = z.object({
  items: z.array(AuditLogEntry),
  ...pageCounts,
  /** of the entries that follow; absent at the end */
  nextToken: z.optional(z.string()),
})

/** Who did what. */
export const auditRoutes = defineRoutes({
  getOrganizationAuditLogs: {
    method: 'GET',
    path: '/audit/organizations/{organizationId}',
    summary: 'The audit log of an organization, the newest entries first',
    access: 'read:audit_logs',
    query: AuditQuery,
    response: AuditPage,
    status: 200,
  },
  adminGetAllAuditLogs: {
    method: 'GET',
    path: '/admin/audit',
    summary: 'The audit log of the whole platform, the newest entries first',
    access: 'admin',
    query: AuditQuery,
    response: AuditPage,
    status: 200,
  },
  getAuditScenarios: {
    method: 'GET',
    path: '/audit/scenarios',
    summary: 'What the audit log notes: actions by what they are done to',
    access: 'public',
    response: z.object({ targets: z.array(z.object({ targetType: z.string(), actions: z.array(z.string()) })) }),
    status: 200,
  },
})
