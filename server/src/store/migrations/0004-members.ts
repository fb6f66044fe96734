import { type Kysely, sql } from 'kysely'
import type { Tables } from '../tables.ts'

/** Members with roles, invitations, passwords, sessions and suspensions. */
export async function members(db: Kysely<Tables>): Promise<void> {
  await users(db)
  await organizations(db)
  await db.schema
    .createTable('organizationMembers')
    .addColumn('organizationId', 'text', (column) => column.notNull().references('organizations.id'))
    .addColumn('userId', 'text', (column) => column.notNull().references('users.id'))
    .addColumn('role', 'text', (column) => column.notNull())
    .addColumn('roleIds', 'text', (column) => column.notNull())
    .addColumn('createdAtMs', 'bigint', (column) => column.notNull())
    .addColumn('updatedAtMs', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('organizationMembersKey', ['organizationId', 'userId'])
    .execute()
  await db.schema.createIndex('organizationMembersByUser').on('organizationMembers').column('userId').execute()
  await db
    .insertInto('organizationMembers')
    .columns(['organizationId', 'userId', 'role', 'roleIds', 'createdAtMs', 'updatedAtMs'])
    .expression((query) =>
      query
        .selectFrom('organizations')
        .select([
          'id',
          'createdBy',
          sql.lit('owner').as('role'),
          sql.lit('[]').as('roleIds'),
          'createdAtMs',
          sql.ref<number>('createdAtMs').as('updatedAtMs'),
        ]),
    )
    .execute()
  await db.schema
    .createTable('organizationRoles')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('organizationId', 'text', (column) => column.notNull().references('organizations.id'))
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('description', 'text', (column) => column.notNull())
    .addColumn('permissions', 'text', (column) => column.notNull())
    .addColumn('createdAtMs', 'bigint', (column) => column.notNull())
    .addColumn('updatedAtMs', 'bigint', (column) => column.notNull())
    .addUniqueConstraint('organizationRolesName', ['organizationId', 'name'])
    .execute()
  await db.schema
    .createTable('organizationInvitations')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('organizationId', 'text', (column) => column.notNull().references('organizations.id'))
    .addColumn('email', 'text', (column) => column.notNull())
    .addColumn('invitedBy', 'text', (column) => column.notNull())
    .addColumn('role', 'text', (column) => column.notNull())
    .addColumn('roleIds', 'text', (column) => column.notNull())
    .addColumn('status', 'text', (column) => column.notNull())
    .addColumn('expiresAtMs', 'bigint', (column) => column.notNull())
    .addColumn('createdAtMs', 'bigint', (column) => column.notNull())
    .addColumn('updatedAtMs', 'bigint', (column) => column.notNull())
    .execute()
  const invitations = (name: string) => db.schema.createIndex(name).on('organizationInvitations')
  await invitations('invitationsByOrganization').columns(['organizationId', 'status']).execute()
  await invitations('invitationsByEmail').columns(['email', 'status']).execute()
  await db.schema.createIndex('apiKeysByUser').on('apiKeys').column('userId').execute()
}

async function users(db: Kysely<Tables>): Promise<void> {
  const table = db.schema.alterTable('users')
  await table.addColumn('email', 'text').execute()
  await table.addColumn('isEmailVerified', 'integer', (column) => column.notNull().defaultTo(0)).execute()
  await table.addColumn('login', 'text').execute()
  await table.addColumn('passwordHash', 'text').execute()
  await table.addColumn('isAdmin', 'integer', (column) => column.notNull().defaultTo(0)).execute()
  const admins = db.selectFrom('apiKeys').select('userId').where('isAdmin', '=', 1)
  await db
    .updateTable('users')
    .set({ isAdmin: 1, login: sql.ref('id') })
    .where('id', 'in', admins)
    .execute()
  await db.schema.createIndex('usersByLogin').on('users').column('login').unique().execute()
  await db.schema
    .createTable('userIdentities')
    .addColumn('issuer', 'text', (column) => column.notNull())
    .addColumn('subject', 'text', (column) => column.notNull())
    .addColumn('userId', 'text', (column) => column.notNull().references('users.id'))
    .addPrimaryKeyConstraint('userIdentitiesKey', ['issuer', 'subject'])
    .execute()
  await db.schema
    .createTable('sessions')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('userId', 'text', (column) => column.notNull().references('users.id'))
    .addColumn('hash', 'text', (column) => column.notNull().unique())
    .addColumn('method', 'text', (column) => column.notNull())
    .addColumn('createdAtMs', 'bigint', (column) => column.notNull())
    .addColumn('expiresAtMs', 'bigint', (column) => column.notNull())
    .addColumn('endsAtMs', 'bigint', (column) => column.notNull())
    .execute()
  await db.schema.createIndex('sessionsByUser').on('sessions').columns(['userId', 'createdAtMs']).execute()
  await db.schema.createIndex('sessionsByExpiry').on('sessions').column('expiresAtMs').execute()
  await db.schema
    .createTable('loginTokens')
    .addColumn('hash', 'text', (column) => column.primaryKey())
    .addColumn('userId', 'text', (column) => column.notNull().references('users.id'))
    .addColumn('method', 'text', (column) => column.notNull())
    .addColumn('expiresAtMs', 'bigint', (column) => column.notNull())
    .execute()
}

async function organizations(db: Kysely<Tables>): Promise<void> {
  const table = db.schema.alterTable('organizations')
  // What was there so far is the organization that the first start made.
  await table.addColumn('isPersonal', 'integer', (column) => column.notNull().defaultTo(1)).execute()
  await table.addColumn('defaultRegionId', 'text').execute()
  await table.addColumn('updatedAtMs', 'bigint', (column) => column.notNull().defaultTo(0)).execute()
  await table.addColumn('suspendedAtMs', 'bigint').execute()
  await table.addColumn('suspendedUntilMs', 'bigint').execute()
  await table.addColumn('suspensionReason', 'text').execute()
  await table.addColumn('suspensionGraceHours', 'integer', (column) => column.notNull().defaultTo(24)).execute()
  await table.addColumn('deletedAtMs', 'bigint').execute()
  await db
    .updateTable('organizations')
    .set({ updatedAtMs: sql.ref('createdAtMs') })
    .execute()
  await db.schema.createIndex('organizationsByMaker').on('organizations').column('createdBy').execute()
  await db.schema.createIndex('organizationsBySuspension').on('organizations').column('suspendedAtMs').execute()
}
