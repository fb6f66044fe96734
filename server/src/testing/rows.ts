import {
  accountRoutes,
  lifecycleRoutes,
  platformRoutes,
  type Route,
  sandboxRoutes,
  snapshotRoutes,
  warmPoolRoutes,
} from '@sandyard/protocol'

/** Every row that the server answers. */
export const rows: Readonly<Record<string, Route>> = {
  ...sandboxRoutes,
  ...lifecycleRoutes,
  ...accountRoutes,
  ...snapshotRoutes,
  ...warmPoolRoutes,
  ...platformRoutes,
}
