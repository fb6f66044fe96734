import { goodAccountBodies } from './wrong-accounts.ts'
import { goodBuildBodies } from './wrong-builds.ts'
import { goodLifecycleBodies } from './wrong-lifecycle.ts'
import { goodLimitBodies } from './wrong-limits.ts'
import { goodWebhookBodies, goodQueries as observationQueries } from './wrong-observation.ts'
import { goodPreviewBodies } from './wrong-previews.ts'
import { goodProjectBodies } from './wrong-projects.ts'
import { goodSecretBodies } from './wrong-secrets.ts'
import { goodWarmPoolBodies } from './wrong-warm-pools.ts'

/** A body that is good where the row needs one. */
export const goodBodies: Record<string, unknown> = {
  ...goodAccountBodies,
  ...goodWebhookBodies,
  ...goodLifecycleBodies,
  ...goodLimitBodies,
  ...goodBuildBodies,
  ...goodWarmPoolBodies,
  ...goodSecretBodies,
  ...goodProjectBodies,
  ...goodPreviewBodies,
  replaceLabels: { labels: {} },
  attachDomain: { domain: 'app.example.com', port: 80 },
  createApiKey: { name: 'good', permissions: [] },
}

/** A query that is good where the row needs one. */
export const goodQueries: Record<string, string> = {
  ...observationQueries,
  validateSshAccess: '?token=x',
}
