import { limits, type RouteOutput, type secretRoutes } from '@sandyard/protocol'
import type { SandboxParts } from '../sandboxes/parts.ts'
import { setSecrets } from '../sandboxes/secrets.ts'
import { allSecrets, pageOfSecrets } from '../secrets/list.ts'
import type { Secrets } from '../secrets/secrets.ts'
import type { SecretRecord, SecretStore } from '../store/secrets.ts'
import { wireDate } from '../wire-date.ts'
import type { Answers } from './call.ts'
import { createReader, type Uses } from './sandbox-reader.ts'

/** What the calls on secrets need. */
interface Parts extends SandboxParts {
  readonly secrets: SecretStore
  /** how they are written */
  readonly secretWriter: Secrets
  readonly activity: Uses
}

/** Answers of the calls on secrets; none of them has a value in it. */
export function secretAnswers(parts: Parts): Answers<typeof secretRoutes> {
  const { secrets, secretWriter } = parts
  const { find, wire } = createReader(parts)
  return {
    async createSecret({ principal, body }) {
      return toWire(await secretWriter.create(principal.organizationId, body))
    },
    async listSecrets({ principal }) {
      return (await allSecrets(secrets, principal.organizationId, limits.secretsListed)).map(toWire)
    },
    async listSecretsPaginated({ principal, query }) {
      const page = await pageOfSecrets(secrets, principal.organizationId, query)
      return { ...page, items: page.items.map(toWire) }
    },
    async getSecret({ principal, params }) {
      return toWire(await secretWriter.find(principal.organizationId, params.secretId))
    },
    async listSecretSandboxes({ principal, params }) {
      const { id } = await secretWriter.find(principal.organizationId, params.secretId)
      return await secrets.holders(id, limits.pageSize)
    },
    async updateSecret({ principal, params, body }) {
      return toWire(await secretWriter.update(principal.organizationId, params.secretId, body))
    },
    async deleteSecret({ principal, params }) {
      await secretWriter.remove(principal.organizationId, params.secretId)
    },
    async updateSandboxSecrets(call) {
      const sandbox = await find(call, call.params.sandboxIdOrName)
      return wire(call, await setSecrets(parts, sandbox, call.body.secrets))
    },
  }
}

/** The form of the appendix of api.md. */
function toWire(secret: SecretRecord): RouteOutput<(typeof secretRoutes)['getSecret']> {
  const { id, name, description, placeholder, hosts, createdAtMs, updatedAtMs } = secret
  return {
    id,
    name,
    ...(description === null ? {} : { description }),
    placeholder,
    hosts: [...hosts],
    createdAt: wireDate(createdAtMs),
    updatedAt: wireDate(updatedAtMs),
  }
}
