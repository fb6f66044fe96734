import { randomUUID } from 'node:crypto'
import { limits, PlatformError, type RegistryLogin, type RouteInput, type registryRoutes } from '@sandyard/protocol'
import { canonicalHost, isRegistryHost } from '../builds/image-name.ts'
import { notFound } from '../not-found.ts'
import type { Cipher } from '../secrets/cipher.ts'
import type { RegistryRecord, RegistryStore } from '../store/registries.ts'

/** Body of a call that makes a registry, its shape checked. */
export type CreateRegistryBody = RouteInput<(typeof registryRoutes)['createRegistry']>['body']

/** Body of a call that changes one, its shape checked. */
export type UpdateRegistryBody = RouteInput<(typeof registryRoutes)['updateRegistry']>['body']

/** Logins at image registries, their passwords sealed. */
export interface Registries {
  /** Throws BAD_REQUEST for a URL that is none, and when there are too many. */
  create(organizationId: string, body: CreateRegistryBody): Promise<RegistryRecord>
  list(organizationId: string): Promise<RegistryRecord[]>
  /** Throws NOT_FOUND. */
  find(organizationId: string, id: string): Promise<RegistryRecord>
  /** Throws NOT_FOUND, BAD_REQUEST for a URL that is none, and for one of another host without a password. */
  update(organizationId: string, id: string, body: UpdateRegistryBody): Promise<RegistryRecord>
  /** Throws NOT_FOUND. */
  remove(organizationId: string, id: string): Promise<void>
  /** What pulls and builds of an organization may use. */
  logins(organizationId: string): Promise<readonly RegistryLogin[]>
}

/** What it needs. */
interface Parts {
  readonly registries: RegistryStore
  readonly cipher: Cipher
  readonly clock: () => number
}

/** Makes the registries. */
export function createRegistries({ registries, cipher, clock }: Parts): Registries {
  async function find(organizationId: string, id: string): Promise<RegistryRecord> {
    const registry = await registries.byId(organizationId, id)
    if (registry === undefined) throw notFound('Docker registry with ID', id)
    return registry
  }

  return {
    find,
    async create(organizationId, { name, url, username, password, project }) {
      const id = randomUUID()
      const nowMs = clock()
      const registry = {
        id,
        organizationId,
        name,
        url: registryOf(url),
        username,
        password: cipher.seal(password, ownerOf(id)),
        project: project ?? '',
        createdAtMs: nowMs,
        updatedAtMs: nowMs,
      }
      if (await registries.insert(registry, limits.registryCount)) return registry
      throw new PlatformError('BAD_REQUEST', `An organization can have at most ${limits.registryCount} registries`)
    },
    list: (organizationId) => registries.of(organizationId),
    async update(organizationId, id, { name, url, username, password, project }) {
      const known = await find(organizationId, id)
      if (url !== undefined && password === undefined && hostOf(registryOf(url)) !== hostOf(known.url)) {
        // Who may change a login may all the same not learn its password, as another host would.
        throw new PlatformError('BAD_REQUEST', 'password is needed when the url changes to another registry')
      }
      const patch = {
        ...(name === undefined ? {} : { name }),
        ...(url === undefined ? {} : { url: registryOf(url) }),
        ...(username === undefined ? {} : { username }),
        ...(password === undefined ? {} : { password: cipher.seal(password, ownerOf(id)) }),
        ...(project === undefined ? {} : { project: project ?? '' }),
      }
      const updated = await registries.update(id, patch, clock())
      if (updated === undefined) throw notFound('Docker registry with ID', id)
      return updated
    },
    async remove(organizationId, id) {
      await find(organizationId, id)
      await registries.delete(id)
    },
    async logins(organizationId) {
      const known = await registries.of(organizationId)
      const logins = new Map<string, RegistryLogin>()
      // One with a project also counts for the rest of its host, when nothing else does.
      const places = known.flatMap((one) => (one.project === '' ? [] : [[`${one.url}/${one.project}`, one] as const]))
      const hosts = known.filter(({ project }) => project === '').map((one) => [one.url, one] as const)
      const others = known.filter(({ project }) => project !== '').map((one) => [one.url, one] as const)
      for (const [registry, { id, username, password }] of [...hosts, ...places, ...others]) {
        if (logins.has(registry)) continue
        logins.set(registry, { registry, username, password: cipher.open(password, ownerOf(id)) })
      }
      return [...logins.values()]
    },
  }
}

/** The host of a registry with its port and path, in one form however it was written. Throws BAD_REQUEST. */
export function registryOf(url: string): string {
  const plain = url.trim().replace(/^https?:\/\//i, '')
  const [host = '', ...path] = plain.replace(/\/+$/, '').split('/')
  // What clients of Docker call its hub ends in a version.
  const parts = canonicalHost(host) === 'docker.io' && /^v[12]$/.test(path.join('/')) ? [] : path
  const isPath = parts.every((part) => /^[a-z0-9]+(?:[._-]+[a-z0-9]+)*$/.test(part))
  if (!isRegistryHost(host) || !isPath) {
    throw new PlatformError('BAD_REQUEST', `url: ${url.slice(0, 200)} is not the address of a registry`)
  }
  return [canonicalHost(host), ...parts].join('/')
}

function hostOf(registry: string): string {
  return registry.split('/')[0] ?? ''
}

function ownerOf(id: string): string {
  return `registry ${id}`
}
