import type { SecretUse } from '@sandyard/protocol'
import type { SecretMount } from '../store/sandbox-record.ts'
import type { SecretStore } from '../store/secrets.ts'

/** What the engine is told of secrets in a sandbox, as they are now; those that were deleted meanwhile are left out. */
export async function usesOf(
  secrets: Pick<SecretStore, 'withIds'>,
  mounts: readonly SecretMount[],
): Promise<readonly SecretUse[]> {
  if (mounts.length === 0) return []
  const found = await secrets.withIds([...new Set(mounts.map(({ secretId }) => secretId))])
  const byId = new Map(found.map((secret) => [secret.id, secret]))
  return mounts.flatMap(({ env, secretId }) => {
    const secret = byId.get(secretId)
    return secret === undefined ? [] : [{ env, placeholder: secret.placeholder, hosts: secret.hosts }]
  })
}

/** The same as a part of what the engine is told of a new sandbox. */
export async function secretsOf(
  secrets: Pick<SecretStore, 'withIds'>,
  { secrets: mounts }: { readonly secrets: readonly SecretMount[] },
): Promise<{ readonly secrets?: readonly SecretUse[] }> {
  const uses = await usesOf(secrets, mounts)
  return uses.length === 0 ? {} : { secrets: uses }
}
