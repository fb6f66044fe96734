import {
  accountRoutes,
  lifecycleRoutes,
  objectStorageRoutes,
  platformRoutes,
  type Route,
  registryRoutes,
  sandboxRoutes,
  snapshotRoutes,
  telemetryRoutes,
  volumeRoutes,
  warmPoolRoutes,
  webhookRoutes,
} from '@sandyard/protocol'

/** Every row that the server answers. */
export const rows: Readonly<Record<string, Route>> = {
  ...sandboxRoutes,
  ...lifecycleRoutes,
  ...accountRoutes,
  ...snapshotRoutes,
  ...registryRoutes,
  ...volumeRoutes,
  ...warmPoolRoutes,
  ...objectStorageRoutes,
  ...telemetryRoutes,
  ...webhookRoutes,
  ...platformRoutes,
}
