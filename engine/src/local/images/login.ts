import type { RegistryLogin } from '@sandyard/protocol'
import { type ImageReference, normaliseRegistry } from './reference.ts'

/** The login for an image: the one whose registry, with its path, is the longest that fits. */
export function findLogin(logins: readonly RegistryLogin[], reference: ImageReference): RegistryLogin | null {
  const name = `${reference.registry}/${reference.repository}/`
  let found: { readonly login: RegistryLogin; readonly length: number } | null = null
  for (const login of logins) {
    const prefix = `${normaliseRegistry(login.registry)}/`
    if (name.startsWith(prefix) && prefix.length > (found?.length ?? 0)) found = { login, length: prefix.length }
  }
  return found?.login ?? null
}

/** Text of the file that skopeo reads logins from: this one for this registry, and no other. */
export function authFile(login: RegistryLogin | null, { registry }: ImageReference): string {
  if (login === null) return JSON.stringify({ auths: {} })
  const auth = Buffer.from(`${login.username}:${login.password}`).toString('base64')
  return JSON.stringify({ auths: { [registry]: { auth } } })
}
