import { auditRoutes, quotaRoutes, regionRoutes } from '@sandyard/protocol'
import type { RateLimits } from '../rate-limits/rate-limits.ts'
import type { SandboxParts } from '../sandboxes/parts.ts'
import type { Store } from '../store/store.ts'
import { auditAnswers } from './audit.ts'
import type { Api } from './mount.ts'
import { quotaAnswers } from './quotas.ts'
import { regionAnswers } from './regions.ts'

/** What the calls need. */
interface Parts extends SandboxParts {
  readonly store: Store
  readonly rateLimits: RateLimits
}

/** Adds the calls on limits, use, the audit log and regions. */
export function addLimitCalls(api: Api, { store, ...parts }: Parts): void {
  const { accounts, limits, usage, audit, madeAtMs } = store
  api.add(quotaRoutes, quotaAnswers({ ...parts, accounts, limits, usage }))
  api.add(auditRoutes, auditAnswers(audit, api.rows))
  api.add(regionRoutes, regionAnswers({ ...parts, madeAtMs }))
}
