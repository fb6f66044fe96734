import type { ServerConfig } from '@sandyard/server'
import type { Config } from './config.ts'

/** What the settings say of limits. */
export function limitsOf(config: Config): Pick<ServerConfig, 'quotas' | 'rateLimits' | 'trustedProxies' | 'keptDays'> {
  const rateLimits = {
    anonymous: config.rateLimitAnonymous,
    'failed-auth': config.rateLimitFailedAuth,
    authenticated: config.rateLimitAuthenticated,
    'sandbox-create': config.rateLimitSandboxCreate,
    'sandbox-lifecycle': config.rateLimitSandboxLifecycle,
    'sandbox-list': config.rateLimitSandboxList,
  }
  return {
    quotas: {
      totalCpu: config.quotaCpu,
      totalMemoryGib: config.quotaMemory,
      totalDiskGib: config.quotaDisk,
      persistentDiskGib: config.maxPersistentDisk,
      snapshots: config.quotaSnapshots,
      snapshotSizeGb: config.maxSnapshotSize,
      volumes: config.quotaVolumes,
      secrets: config.quotaSecrets,
    },
    rateLimits: Object.fromEntries(Object.entries(rateLimits).filter(([, limit]) => limit !== null)),
    trustedProxies: config.trustedProxies,
    keptDays: { audit: config.auditDays, usage: config.usageDays },
  }
}
