import { apiKeyRoutes } from './api-keys.ts'
import { auditRoutes } from './audit.ts'
import { authRoutes } from './auth.ts'
import { domainRoutes } from './domains.ts'
import { invitationRoutes } from './invitations.ts'
import { lifecycleRoutes } from './lifecycle.ts'
import { memberRoutes } from './members.ts'
import { networkRoutes } from './network.ts'
import { objectStorageRoutes } from './object-storage.ts'
import { organizationRoutes } from './organizations.ts'
import { platformRoutes } from './platform.ts'
import { previewEnvironmentRoutes } from './preview-environments.ts'
import { previewProjectRoutes } from './preview-projects.ts'
import { previewRoutes } from './previews.ts'
import { quotaRoutes } from './quotas.ts'
import { regionRoutes } from './regions.ts'
import { registryRoutes } from './registries.ts'
import { sandboxRoutes } from './sandboxes.ts'
import { secretRoutes } from './secrets.ts'
import { snapshotRoutes } from './snapshots.ts'
import { sshRoutes } from './ssh.ts'
import { telemetryRoutes } from './telemetry.ts'
import { userRoutes } from './users.ts'
import { volumeRoutes } from './volumes.ts'
import { warmPoolRoutes } from './warm-pools.ts'
import { webhookRoutes } from './webhooks.ts'

/** Every call of the API by its operation id. Where two rows fit a request, the one that stands first is taken. */
export const apiRoutes = {
  ...sandboxRoutes,
  ...lifecycleRoutes,
  ...networkRoutes,
  ...authRoutes,
  ...userRoutes,
  // Their paths begin as those of organizations do, with a word in place of an id.
  ...invitationRoutes,
  ...organizationRoutes,
  ...memberRoutes,
  ...apiKeyRoutes,
  ...sshRoutes,
  ...domainRoutes,
  ...previewRoutes,
  ...previewEnvironmentRoutes,
  ...previewProjectRoutes,
  ...snapshotRoutes,
  ...registryRoutes,
  ...volumeRoutes,
  ...warmPoolRoutes,
  ...secretRoutes,
  ...telemetryRoutes,
  ...webhookRoutes,
  ...objectStorageRoutes,
  ...quotaRoutes,
  ...auditRoutes,
  ...regionRoutes,
  ...platformRoutes,
} as const
