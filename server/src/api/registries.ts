import { PlatformError, type RouteOutput, type registryRoutes } from '@sandyard/protocol'
import type { Registries } from '../registries/registries.ts'
import type { RegistryRecord } from '../store/registries.ts'
import { wireDate } from '../wire-date.ts'
import type { Answers } from './call.ts'

/** Answers of the calls on logins at image registries. */
export function registryAnswers(registries: Registries): Answers<typeof registryRoutes> {
  return {
    async getTransientPushAccess() {
      throw new PlatformError(
        'NOT_IMPLEMENTED',
        'This platform has no registry to push to: make the snapshot from an image of a registry, or from a Dockerfile',
      )
    },
    async createRegistry({ principal, body }) {
      return toWire(await registries.create(principal.organizationId, body))
    },
    async listRegistries({ principal }) {
      return (await registries.list(principal.organizationId)).map(toWire)
    },
    async getRegistry({ principal, params }) {
      return toWire(await registries.find(principal.organizationId, params.id))
    },
    async updateRegistry({ principal, params, body }) {
      return toWire(await registries.update(principal.organizationId, params.id, body))
    },
    async deleteRegistry({ principal, params }) {
      await registries.remove(principal.organizationId, params.id)
    },
  }
}

/** The form of the appendix of api.md; nothing of the password leaves. */
function toWire(registry: RegistryRecord): RouteOutput<(typeof registryRoutes)['getRegistry']> {
  const { id, name, url, username, project, createdAtMs, updatedAtMs } = registry
  return {
    id,
    name,
    url,
    username,
    project,
    registryType: 'organization',
    createdAt: wireDate(createdAtMs),
    updatedAt: wireDate(updatedAtMs),
  }
}
