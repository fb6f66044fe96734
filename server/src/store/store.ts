import { Kysely } from 'kysely'
import { type AccountStore, createAccountStore } from './accounts.ts'
import { type AuditStore, createAuditStore } from './audit.ts'
import { type BuildStore, createBuildStore } from './builds.ts'
import { openSqlite } from './dialect.ts'
import { createDomainStore, type DomainStore } from './domains.ts'
import { createEnvironmentRunStore, type EnvironmentRunStore } from './environment-runs.ts'
import { createEnvironmentStore, type EnvironmentStore } from './environments.ts'
import { createGitReportStore, type GitReportStore } from './git-reports.ts'
import { createInvitationStore, type InvitationStore } from './invitations.ts'
import { createLimitStore, type LimitStore } from './limits.ts'
import { createMemberStore, type MemberStore } from './members.ts'
import { migrate } from './migrate.ts'
import { createOrganizationStore, type OrganizationStore } from './organizations.ts'
import { createProjectStore, type ProjectStore } from './projects.ts'
import { createRegistryStore, type RegistryStore } from './registries.ts'
import { createSandboxStore, type SandboxStore } from './sandboxes.ts'
import { createSecretStore, type SecretStore } from './secrets.ts'
import { createSessionStore, type SessionStore } from './sessions.ts'
import { createSignedTokenStore, type SignedTokenStore } from './signed-tokens.ts'
import { createSnapshotStore, type SnapshotStore } from './snapshots.ts'
import { createSshAccessStore, type SshAccessStore } from './ssh-accesses.ts'
import type { Tables } from './tables.ts'
import { createTotalStore, type TotalStore } from './totals.ts'
import { createUsageStore, type UsageStore } from './usage.ts'
import { createUserStore, type UserStore } from './users.ts'
import { createVolumeStore, type VolumeStore } from './volumes.ts'
import { createWarmPoolStore, type WarmPoolStore } from './warm-pools.ts'
import { createWebhookDeliveryStore, type WebhookDeliveryStore } from './webhook-deliveries.ts'
import { createWebhookStore, type WebhookStore } from './webhooks.ts'

/** Everything that must outlive the process. It has no clock and makes no ids: both are passed in. */
export interface Store {
  readonly accounts: AccountStore
  readonly builds: BuildStore
  readonly members: MemberStore
  readonly registries: RegistryStore
  readonly projects: ProjectStore
  readonly gitReports: GitReportStore
  readonly users: UserStore
  readonly invitations: InvitationStore
  readonly organizations: OrganizationStore
  readonly sessions: SessionStore
  readonly sandboxes: SandboxStore
  readonly domains: DomainStore
  readonly secrets: SecretStore
  readonly signedTokens: SignedTokenStore
  readonly snapshots: SnapshotStore
  readonly sshAccesses: SshAccessStore
  readonly limits: LimitStore
  readonly usage: UsageStore
  readonly audit: AuditStore
  /** when it was first opened, epoch ms */
  readonly madeAtMs: number
  readonly volumes: VolumeStore
  readonly warmPools: WarmPoolStore
  readonly totals: TotalStore
  readonly environments: EnvironmentStore
  readonly environmentRuns: EnvironmentRunStore
  readonly webhooks: WebhookStore
  readonly webhookDeliveries: WebhookDeliveryStore
  close(): Promise<void>
}

/**
 * Opens the store in a file or in memory (`:memory:`, or the bytes of a store, which itself stays as it is), and brings
 * it to this version's form.
 */
export async function openStore(options: { path: string | Uint8Array; nowMs: number }): Promise<Store> {
  const db = new Kysely<Tables>({ dialect: openSqlite(options.path) })
  let madeAtMs: number
  try {
    await migrate(db, options.nowMs)
    madeAtMs = await readMadeAt(db)
  } catch (thrown) {
    await db.destroy()
    throw thrown
  }
  return {
    accounts: createAccountStore(db),
    builds: createBuildStore(db),
    members: createMemberStore(db),
    registries: createRegistryStore(db),
    projects: createProjectStore(db),
    gitReports: createGitReportStore(db),
    users: createUserStore(db),
    invitations: createInvitationStore(db),
    organizations: createOrganizationStore(db),
    sessions: createSessionStore(db),
    sandboxes: createSandboxStore(db),
    domains: createDomainStore(db),
    secrets: createSecretStore(db),
    signedTokens: createSignedTokenStore(db),
    snapshots: createSnapshotStore(db),
    sshAccesses: createSshAccessStore(db),
    limits: createLimitStore(db),
    usage: createUsageStore(db),
    audit: createAuditStore(db),
    madeAtMs,
    volumes: createVolumeStore(db),
    warmPools: createWarmPoolStore(db),
    totals: createTotalStore(db),
    environments: createEnvironmentStore(db),
    environmentRuns: createEnvironmentRunStore(db),
    webhooks: createWebhookStore(db),
    webhookDeliveries: createWebhookDeliveryStore(db),
    close: () => db.destroy(),
  }
}

async function readMadeAt(db: Kysely<Tables>): Promise<number> {
  const first = await db.selectFrom('migrations').select('appliedAtMs').orderBy('name').executeTakeFirstOrThrow()
  return Number(first.appliedAtMs)
}
