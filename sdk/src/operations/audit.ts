// biome-ignore-all format: written by scripts/sdk-operations.mjs
// biome-ignore-all assist/source/organizeImports: likewise
/** Written by scripts/sdk-operations.mjs from protocol/src/api/audit.ts: change that, and run it again. */

export interface AuditLogEntry {
  id: string
  actorId: string
  actorEmail: string
  actorApiKeyPrefix?: string
  actorApiKeySuffix?: string
  organizationId?: string
  action: string
  targetType: string
  targetId?: string
  statusCode: number
  errorMessage?: string
  ipAddress?: string
  userAgent?: string
  source?: string
  metadata?: Record<string, unknown>
  createdAt: string
}

/** What is sent and answered. */
export interface AuditOperations {
  /** The audit log of an organization, the newest entries first */
  getOrganizationAuditLogs: {
    params: { organizationId: string | number | boolean }
    query?: {
      page?: string | number | boolean | undefined
      limit?: string | number | boolean | undefined
      nextToken?: string | number | boolean | undefined
      from?: string | number | boolean | undefined
      to?: string | number | boolean | undefined
      'id[eq]'?: string | number | boolean | undefined
      'id[not]'?: string | number | boolean | undefined
      'id[in]'?: string | number | boolean | readonly (string | number | boolean)[] | undefined
      'id[notIn]'?: string | number | boolean | readonly (string | number | boolean)[] | undefined
      'actorId[eq]'?: string | number | boolean | undefined
      'actorId[not]'?: string | number | boolean | undefined
      'actorId[in]'?: string | number | boolean | readonly (string | number | boolean)[] | undefined
      'actorId[notIn]'?: string | number | boolean | readonly (string | number | boolean)[] | undefined
      'actorEmail[eq]'?: string | number | boolean | undefined
      'actorEmail[not]'?: string | number | boolean | undefined
      'actorEmail[in]'?: string | number | boolean | readonly (string | number | boolean)[] | undefined
      'actorEmail[notIn]'?: string | number | boolean | readonly (string | number | boolean)[] | undefined
      'actorApiKeyPrefix[eq]'?: string | number | boolean | undefined
      'actorApiKeyPrefix[not]'?: string | number | boolean | undefined
      'actorApiKeyPrefix[in]'?: string | number | boolean | readonly (string | number | boolean)[] | undefined
      'actorApiKeyPrefix[notIn]'?: string | number | boolean | readonly (string | number | boolean)[] | undefined
      'actorApiKeySuffix[eq]'?: string | number | boolean | undefined
      'actorApiKeySuffix[not]'?: string | number | boolean | undefined
      'actorApiKeySuffix[in]'?: string | number | boolean | readonly (string | number | boolean)[] | undefined
      'actorApiKeySuffix[notIn]'?: string | number | boolean | readonly (string | number | boolean)[] | undefined
      'action[eq]'?: string | number | boolean | undefined
      'action[not]'?: string | number | boolean | undefined
      'action[in]'?: string | number | boolean | readonly (string | number | boolean)[] | undefined
      'action[notIn]'?: string | number | boolean | readonly (string | number | boolean)[] | undefined
      'targetType[eq]'?: string | number | boolean | undefined
      'targetType[not]'?: string | number | boolean | undefined
      'targetType[in]'?: string | number | boolean | readonly (string | number | boolean)[] | undefined
      'targetType[notIn]'?: string | number | boolean | readonly (string | number | boolean)[] | undefined
      'targetId[eq]'?: string | number | boolean | undefined
      'targetId[not]'?: string | number | boolean | undefined
      'targetId[in]'?: string | number | boolean | readonly (string | number | boolean)[] | undefined
      'targetId[notIn]'?: string | number | boolean | readonly (string | number | boolean)[] | undefined
      'statusCode[eq]'?: string | number | boolean | undefined
      'statusCode[not]'?: string | number | boolean | undefined
      'statusCode[in]'?: string | number | boolean | readonly (string | number | boolean)[] | undefined
      'statusCode[notIn]'?: string | number | boolean | readonly (string | number | boolean)[] | undefined
      'statusCode[gte]'?: string | number | boolean | undefined
      'statusCode[lte]'?: string | number | boolean | undefined
      'statusCode[gt]'?: string | number | boolean | undefined
      'statusCode[lt]'?: string | number | boolean | undefined
      'createdAt[gte]'?: string | number | boolean | undefined
      'createdAt[lte]'?: string | number | boolean | undefined
      'createdAt[gt]'?: string | number | boolean | undefined
      'createdAt[lt]'?: string | number | boolean | undefined
    }
    answer: {
      items: AuditLogEntry[]
      total: number
      page: number
      totalPages: number
      nextToken?: string
    }
  }
  /** The audit log of the whole platform, the newest entries first */
  adminGetAllAuditLogs: {
    query?: {
      page?: string | number | boolean | undefined
      limit?: string | number | boolean | undefined
      nextToken?: string | number | boolean | undefined
      from?: string | number | boolean | undefined
      to?: string | number | boolean | undefined
      'id[eq]'?: string | number | boolean | undefined
      'id[not]'?: string | number | boolean | undefined
      'id[in]'?: string | number | boolean | readonly (string | number | boolean)[] | undefined
      'id[notIn]'?: string | number | boolean | readonly (string | number | boolean)[] | undefined
      'actorId[eq]'?: string | number | boolean | undefined
      'actorId[not]'?: string | number | boolean | undefined
      'actorId[in]'?: string | number | boolean | readonly (string | number | boolean)[] | undefined
      'actorId[notIn]'?: string | number | boolean | readonly (string | number | boolean)[] | undefined
      'actorEmail[eq]'?: string | number | boolean | undefined
      'actorEmail[not]'?: string | number | boolean | undefined
      'actorEmail[in]'?: string | number | boolean | readonly (string | number | boolean)[] | undefined
      'actorEmail[notIn]'?: string | number | boolean | readonly (string | number | boolean)[] | undefined
      'actorApiKeyPrefix[eq]'?: string | number | boolean | undefined
      'actorApiKeyPrefix[not]'?: string | number | boolean | undefined
      'actorApiKeyPrefix[in]'?: string | number | boolean | readonly (string | number | boolean)[] | undefined
      'actorApiKeyPrefix[notIn]'?: string | number | boolean | readonly (string | number | boolean)[] | undefined
      'actorApiKeySuffix[eq]'?: string | number | boolean | undefined
      'actorApiKeySuffix[not]'?: string | number | boolean | undefined
      'actorApiKeySuffix[in]'?: string | number | boolean | readonly (string | number | boolean)[] | undefined
      'actorApiKeySuffix[notIn]'?: string | number | boolean | readonly (string | number | boolean)[] | undefined
      'action[eq]'?: string | number | boolean | undefined
      'action[not]'?: string | number | boolean | undefined
      'action[in]'?: string | number | boolean | readonly (string | number | boolean)[] | undefined
      'action[notIn]'?: string | number | boolean | readonly (string | number | boolean)[] | undefined
      'targetType[eq]'?: string | number | boolean | undefined
      'targetType[not]'?: string | number | boolean | undefined
      'targetType[in]'?: string | number | boolean | readonly (string | number | boolean)[] | undefined
      'targetType[notIn]'?: string | number | boolean | readonly (string | number | boolean)[] | undefined
      'targetId[eq]'?: string | number | boolean | undefined
      'targetId[not]'?: string | number | boolean | undefined
      'targetId[in]'?: string | number | boolean | readonly (string | number | boolean)[] | undefined
      'targetId[notIn]'?: string | number | boolean | readonly (string | number | boolean)[] | undefined
      'statusCode[eq]'?: string | number | boolean | undefined
      'statusCode[not]'?: string | number | boolean | undefined
      'statusCode[in]'?: string | number | boolean | readonly (string | number | boolean)[] | undefined
      'statusCode[notIn]'?: string | number | boolean | readonly (string | number | boolean)[] | undefined
      'statusCode[gte]'?: string | number | boolean | undefined
      'statusCode[lte]'?: string | number | boolean | undefined
      'statusCode[gt]'?: string | number | boolean | undefined
      'statusCode[lt]'?: string | number | boolean | undefined
      'createdAt[gte]'?: string | number | boolean | undefined
      'createdAt[lte]'?: string | number | boolean | undefined
      'createdAt[gt]'?: string | number | boolean | undefined
      'createdAt[lt]'?: string | number | boolean | undefined
    }
    answer: {
      items: AuditLogEntry[]
      total: number
      page: number
      totalPages: number
      nextToken?: string
    }
  }
  /** What the audit log notes: actions by what they are done to */
  getAuditScenarios: {
    answer: {
      targets: {
        targetType: string
        actions: string[]
      }[]
    }
  }
}

/** Method and path; with "bytes" where the answer is no JSON. */
export const auditOperations = {
  getOrganizationAuditLogs: 'GET /audit/organizations/{organizationId}',
  adminGetAllAuditLogs: 'GET /admin/audit',
  getAuditScenarios: 'GET /audit/scenarios',
} as const
