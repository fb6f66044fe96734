import { randomUUID } from 'node:crypto'
import { PlatformError, type RouteInput, type secretRoutes } from '@sandyard/protocol'
import { notFound } from '../not-found.ts'
import type { Quotas } from '../quotas/quotas.ts'
import { randomText } from '../random.ts'
import { waitForOrder } from '../sandboxes/wait.ts'
import type { SecretPatch, SecretRecord, SecretStore } from '../store/secrets.ts'
import type { Cipher } from './cipher.ts'
import { parseHosts } from './hosts.ts'
import { sealOwner } from './reveal.ts'
import type { SecretWork } from './work.ts'

/** Body of a call that makes a secret, its shape checked. */
export type CreateSecretBody = RouteInput<(typeof secretRoutes)['createSecret']>['body']

/** Body of a call that changes one, its shape checked. */
export type UpdateSecretBody = RouteInput<(typeof secretRoutes)['updateSecret']>['body']

/** Secrets of organizations, their values sealed. */
export interface Secrets {
  /** Throws BAD_REQUEST without hosts and past the quota, CONFLICT for a taken name. */
  create(organizationId: string, body: CreateSecretBody): Promise<SecretRecord>
  /** Throws NOT_FOUND. */
  find(organizationId: string, id: string): Promise<SecretRecord>
  /**
   * Changes what is given, and waits a while for the engine to know other hosts. Throws NOT_FOUND, and BAD_REQUEST when no
   * hosts are left.
   */
  update(organizationId: string, id: string, body: UpdateSecretBody): Promise<SecretRecord>
  /** Deletes one and takes it from every sandbox, which no request notices later than this answer. Throws NOT_FOUND. */
  remove(organizationId: string, id: string): Promise<void>
}

/** What it needs. */
interface Parts {
  readonly secrets: SecretStore
  readonly quotas: Pick<Quotas, 'secret'>
  readonly cipher: Cipher
  readonly secretWork: Pick<SecretWork, 'tellAll'>
  readonly clock: () => number
}

/** Characters of a placeholder behind its prefix: nobody guesses it, and no value is found by it. */
const placeholderLength = 40

/** Makes the secrets. */
export function createSecrets({ secrets, quotas, cipher, secretWork, clock }: Parts): Secrets {
  const missing = (id: string) => notFound('Secret', id)

  return {
    async create(organizationId, { name, value, description, hosts }) {
      const id = randomUUID()
      const nowMs = clock()
      const secret = {
        id,
        organizationId,
        name,
        description: description || null,
        value: cipher.seal(value, sealOwner(id)),
        placeholder: `dtn_secret_${randomText(placeholderLength)}`,
        hosts: parseHosts(hosts ?? []),
        createdAtMs: nowMs,
        updatedAtMs: nowMs,
      }
      if (await secrets.insert(secret, quotas.secret(organizationId))) return secret
      throw new PlatformError('CONFLICT', `Secret with name ${name} already exists`)
    },
    async find(organizationId, id) {
      const secret = await secrets.byId(organizationId, id)
      if (secret === undefined) throw missing(id)
      return secret
    },
    async update(organizationId, id, { value, description, hosts }) {
      const patch: SecretPatch = {
        ...(value === undefined ? {} : { value: cipher.seal(value, sealOwner(id)) }),
        ...(description === undefined ? {} : { description: description || null }),
        ...(hosts === undefined ? {} : { hosts: parseHosts(hosts ?? []) }),
      }
      const updated = await secrets.update({ organizationId, id }, patch, clock())
      if (updated === undefined) throw missing(id)
      // What is revealed has the new hosts already: only those that were added have to wait for this.
      await waitForOrder(secretWork.tellAll(updated.sandboxIds))
      return updated.secret
    },
    async remove(organizationId, id) {
      const sandboxIds = await secrets.delete(organizationId, id)
      if (sandboxIds === undefined) throw missing(id)
      await waitForOrder(secretWork.tellAll(sandboxIds))
    },
  }
}
