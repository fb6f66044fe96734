import { type Kysely, sql } from 'kysely'
import type { Tables } from '../tables.ts'

/** Limits of organizations, use over time, the audit log, and indexes for listings and sums. */
export async function limitsAndTraces(db: Kysely<Tables>): Promise<void> {
  await limits(db)
  await usage(db)
  await audit(db)
  const sorted = { Cpu: 'cpu', Memory: 'memoryGib', Disk: 'diskGib' }
  for (const [name, column] of Object.entries(sorted)) {
    await db.schema
      .createIndex(`sandboxesBy${name}`)
      .on('sandboxes')
      .columns(['organizationId', column, 'id'])
      .execute()
  }
  await db.schema
    .createIndex('sandboxesByUse')
    .on('sandboxes')
    .columns(['organizationId', 'state', 'desiredState', 'region', 'cpu', 'memoryGib', 'diskGib'])
    .execute()
}

/** Every column may be null: the platform's own limit holds then. */
async function limits(db: Kysely<Tables>): Promise<void> {
  let organizations = db.schema
    .createTable('organizationLimits')
    .addColumn('organizationId', 'text', (column) =>
      column.primaryKey().references('organizations.id').onDelete('cascade'),
    )
    .addColumn('revision', 'integer', (column) => column.notNull().defaultTo(0))
  for (const name of [
    'maxCpuPerSandbox',
    'maxMemoryPerSandbox',
    'maxDiskPerSandbox',
    'snapshotQuota',
    'maxSnapshotSize',
    'volumeQuota',
    'secretQuota',
    'snapshotDeactivationTimeoutMinutes',
    'authenticatedRateLimit',
    'authenticatedRateLimitTtlSeconds',
    'sandboxCreateRateLimit',
    'sandboxCreateRateLimitTtlSeconds',
    'sandboxLifecycleRateLimit',
    'sandboxLifecycleRateLimitTtlSeconds',
  ]) {
    organizations = organizations.addColumn(name, 'integer')
  }
  await organizations.execute()

  let regions = db.schema
    .createTable('regionQuotas')
    .addColumn('organizationId', 'text', (column) =>
      column.notNull().references('organizations.id').onDelete('cascade'),
    )
    .addColumn('regionId', 'text', (column) => column.notNull())
    .addColumn('sandboxClass', 'text', (column) => column.notNull())
  for (const name of [
    'totalCpuQuota',
    'totalMemoryQuota',
    'totalDiskQuota',
    'totalGpuQuota',
    'maxCpuPerSandbox',
    'maxMemoryPerSandbox',
    'maxDiskPerSandbox',
    'maxDiskPerNonEphemeralSandbox',
  ]) {
    regions = regions.addColumn(name, 'integer')
  }
  await regions.addPrimaryKeyConstraint('regionQuotasKey', ['organizationId', 'regionId', 'sandboxClass']).execute()
}

/** Sandboxes that are there already count from their last change on. */
async function usage(db: Kysely<Tables>): Promise<void> {
  await db.schema
    .createTable('usagePeriods')
    .addColumn('sandboxId', 'text', (column) => column.notNull())
    .addColumn('startAtMs', 'bigint', (column) => column.notNull())
    .addColumn('endAtMs', 'bigint')
    .addColumn('organizationId', 'text', (column) => column.notNull())
    .addColumn('region', 'text', (column) => column.notNull())
    .addColumn('cpu', 'integer', (column) => column.notNull())
    .addColumn('memoryGib', 'integer', (column) => column.notNull())
    .addColumn('diskGib', 'integer', (column) => column.notNull())
    .addPrimaryKeyConstraint('usagePeriodsKey', ['sandboxId', 'startAtMs'])
    .execute()
  await db.schema
    .createIndex('usagePeriodsByTime')
    .on('usagePeriods')
    .columns(['organizationId', 'startAtMs', 'sandboxId'])
    .execute()
  await db.schema.createIndex('usagePeriodsByEnd').on('usagePeriods').column('endAtMs').execute()
  const started = sql<number>`case when state = 'started' then 1 else 0 end`
  await db
    .insertInto('usagePeriods')
    .columns(['sandboxId', 'startAtMs', 'endAtMs', 'organizationId', 'region', 'cpu', 'memoryGib', 'diskGib'])
    .expression(
      db
        .selectFrom('sandboxes')
        .select([
          'id',
          'updatedAtMs',
          sql<null>`null`.as('endAtMs'),
          'organizationId',
          'region',
          sql<number>`cpu * ${started}`.as('cpu'),
          sql<number>`${sql.ref('memoryGib')} * ${started}`.as('memoryGib'),
          'diskGib',
        ])
        .where('state', 'in', ['started', 'stopped', 'paused']),
    )
    .execute()
}

async function audit(db: Kysely<Tables>): Promise<void> {
  await db.schema
    .createTable('auditLog')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('createdAtMs', 'bigint', (column) => column.notNull())
    .addColumn('organizationId', 'text')
    .addColumn('actorId', 'text', (column) => column.notNull())
    .addColumn('actorEmail', 'text', (column) => column.notNull())
    .addColumn('actorApiKeyPrefix', 'text')
    .addColumn('actorApiKeySuffix', 'text')
    .addColumn('action', 'text', (column) => column.notNull())
    .addColumn('targetType', 'text', (column) => column.notNull())
    .addColumn('targetId', 'text')
    .addColumn('statusCode', 'integer', (column) => column.notNull())
    .addColumn('errorMessage', 'text')
    .addColumn('ipAddress', 'text')
    .addColumn('userAgent', 'text')
    .addColumn('source', 'text')
    .addColumn('metadata', 'text')
    .execute()
  await db.schema.createIndex('auditLogByTime').on('auditLog').columns(['createdAtMs', 'id']).execute()
  await db.schema
    .createIndex('auditLogByOrganization')
    .on('auditLog')
    .columns(['organizationId', 'createdAtMs', 'id'])
    .execute()
  for (const column of ['action', 'targetId', 'actorId']) {
    await db.schema
      .createIndex(`auditLogBy${column[0]?.toUpperCase()}${column.slice(1)}`)
      .on('auditLog')
      .columns(['organizationId', column, 'createdAtMs', 'id'])
      .execute()
  }
}
