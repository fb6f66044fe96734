import { randomUUID } from 'node:crypto'
import { permissions } from '@sandyard/protocol'
import { digest } from '../random.ts'
import type { AccountStore } from '../store/accounts.ts'
import { maskKey } from './mask.ts'

/** The user that the first start makes. */
export const adminUser = 'sandyard-admin'

/** Makes the admin, the organization and the key from the configuration, or brings the stored key up to date. */
export async function ensureAdmin(accounts: AccountStore, apiKey: string, nowMs: number): Promise<void> {
  const value = { hash: digest(apiKey), masked: maskKey(apiKey), permissions }
  const existing = await accounts.adminKey()
  if (existing !== undefined) {
    // The permissions are those of this version: a newer one may know more.
    if (existing.hash !== value.hash || permissions.length !== existing.permissions.length) {
      await accounts.replaceKey(existing.id, value)
    }
    return
  }
  const organizationId = randomUUID()
  const organization = { id: organizationId, name: 'Personal', createdBy: adminUser, createdAtMs: nowMs }
  await accounts.insertOrganization(organization, {
    id: randomUUID(),
    organizationId,
    userId: adminUser,
    name: 'admin',
    ...value,
    isAdmin: true,
    createdAtMs: nowMs,
    lastUsedAtMs: null,
    expiresAtMs: null,
  })
}
