import { apiRoutes } from '@sandyard/protocol'
import type { PreviewWork } from '../assembly/previews.ts'
import type { SignIn } from '../auth/sign-in.ts'
import type { Domains } from '../domains/domains.ts'
import type { Objects } from '../objects/objects.ts'
import type { RateLimits } from '../rate-limits/rate-limits.ts'
import type { Registries } from '../registries/registries.ts'
import type { Activity } from '../sandboxes/activity.ts'
import type { Feed } from '../sandboxes/feed.ts'
import type { SandboxParts } from '../sandboxes/parts.ts'
import type { Secrets } from '../secrets/secrets.ts'
import type { SshTokens } from '../ssh/access.ts'
import type { Store } from '../store/store.ts'
import type { Telemetry } from '../telemetry/telemetry.ts'
import type { WarmPools } from '../warm-pools/pools.ts'
import type { Webhooks } from '../webhooks/webhooks.ts'
import { apiKeyAnswers } from './api-keys.ts'
import { auditAnswers } from './audit.ts'
import { authAnswers } from './auth.ts'
import { domainAnswers } from './domains.ts'
import { invitationAnswers } from './invitations.ts'
import { lifecycleAnswers } from './lifecycle.ts'
import { memberAnswers } from './members.ts'
import type { Api } from './mount.ts'
import { networkAnswers } from './network.ts'
import { objectStorageAnswers } from './object-storage.ts'
import { organizationAnswers } from './organizations.ts'
import { platformAnswers } from './platform.ts'
import { previewEnvironmentAnswers } from './preview-environments.ts'
import { previewProjectAnswers } from './preview-projects.ts'
import { previewAnswers } from './previews.ts'
import { quotaAnswers } from './quotas.ts'
import { regionAnswers } from './regions.ts'
import { registryAnswers } from './registries.ts'
import { sandboxAnswers } from './sandboxes.ts'
import { secretAnswers } from './secrets.ts'
import { snapshotAnswers } from './snapshots.ts'
import { sshAnswers } from './ssh.ts'
import { telemetryAnswers } from './telemetry.ts'
import { userAnswers } from './users.ts'
import { volumeAnswers } from './volumes.ts'
import { warmPoolAnswers } from './warm-pools.ts'
import { webhookAnswers } from './webhooks.ts'

/** What the calls reach. */
export interface CallParts {
  readonly store: Store
  readonly sandboxParts: SandboxParts
  readonly signIn: SignIn
  readonly activity: Activity
  readonly warm: WarmPools
  readonly registries: Registries
  readonly secretWriter: Secrets
  readonly objects: Objects
  readonly telemetry: Telemetry
  readonly webhooks: Webhooks
  readonly rateLimits: RateLimits
  readonly domains: Domains
  readonly previewWork: PreviewWork
  readonly sshTokens: SshTokens
  /** told the sandbox whose tokens for SSH have ended before their time */
  readonly sshFeed: Feed<string>
  /** told which sandbox had a signed link that was ended before its time */
  readonly linkFeed: Feed<string>
}

/** Adds every call of the API. A row without an answer does not compile. */
export function addCalls(api: Pick<Api, 'add'>, parts: CallParts): void {
  const { store, sandboxParts, activity, signIn, warm, webhooks } = parts
  const { config, clock } = sandboxParts
  const { accounts, limits, usage, warmPools } = store
  const accountParts = { ...signIn, store, config, clock }
  const usedParts = { ...sandboxParts, activity }
  api.add(apiRoutes, {
    ...sandboxAnswers({ ...usedParts, signedTokens: store.signedTokens, linkFeed: parts.linkFeed }),
    ...lifecycleAnswers(usedParts),
    ...networkAnswers(usedParts),
    ...authAnswers(accountParts),
    ...userAnswers({ ...accountParts, users: store.users }),
    ...invitationAnswers(accountParts),
    ...organizationAnswers(accountParts),
    ...memberAnswers(accountParts),
    ...apiKeyAnswers({ ...accountParts, accounts }),
    ...sshAnswers({ ...usedParts, ...parts, sshAccesses: store.sshAccesses }),
    ...previewAnswers(usedParts),
    ...previewEnvironmentAnswers({
      ...sandboxParts,
      ...parts.previewWork,
      projectStore: store.projects,
      environmentStore: store.environments,
    }),
    ...previewProjectAnswers({ ...parts.previewWork, projectStore: store.projects }),
    ...domainAnswers({ ...usedParts, domains: parts.domains, domainStore: store.domains }),
    ...snapshotAnswers(sandboxParts),
    ...registryAnswers(parts.registries),
    ...volumeAnswers(sandboxParts),
    ...secretAnswers({ ...usedParts, secretWriter: parts.secretWriter }),
    ...warmPoolAnswers({ ...sandboxParts, warm, warmPools }),
    ...telemetryAnswers({ ...usedParts, telemetry: parts.telemetry }),
    ...webhookAnswers({ ...store, ...webhooks, clock }),
    ...objectStorageAnswers(parts),
    ...quotaAnswers({ ...sandboxParts, accounts, limits, usage, rateLimits: parts.rateLimits }),
    ...auditAnswers(store.audit, apiRoutes),
    ...regionAnswers({ config, madeAtMs: store.madeAtMs }),
    ...platformAnswers(config),
  })
}
