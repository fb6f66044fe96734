import { type objectStorageRoutes, PlatformError } from '@sandyard/protocol'
import type { Objects } from '../objects/objects.ts'
import type { Answers } from './call.ts'

/** Answers of the calls on object storage. */
export function objectStorageAnswers({ objects }: { readonly objects: Objects }): Answers<typeof objectStorageRoutes> {
  return {
    async getPushAccess({ principal, site }) {
      const { permissions, organizationId } = principal
      // The wire takes either (api.md 1.5).
      if (!permissions.has('write:snapshots') && !permissions.has('write:sandboxes')) {
        throw new PlatformError('FORBIDDEN', 'Access denied')
      }
      return objects.pushAccess(organizationId, site)
    },
  }
}
