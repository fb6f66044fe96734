import type { LookupAddress } from 'node:dns'
import { Resolver } from 'node:dns/promises'
import { readFile } from 'node:fs/promises'
import { isIP } from 'node:net'

/** Finds the addresses of a name. Rejects with a code such as `ENOTFOUND`. */
export type Resolve = (name: string) => Promise<readonly LookupAddress[]>

/**
 * Makes the finder: names of the hosts file, then DNS. The system's own look-up waits in one of the few threads that all
 * work on files shares, so that a handful of names that nobody answers for could make everything wait.
 */
export function createResolve(hostsFile = '/etc/hosts'): Resolve {
  const resolver = new Resolver({ timeout: 2000, tries: 2 })
  return async (name) => {
    const known = parseHosts(await readFile(hostsFile, 'utf8').catch(() => '')).get(name.toLowerCase())
    if (known !== undefined) return known
    const [four, six] = await Promise.allSettled([resolver.resolve4(name), resolver.resolve6(name)])
    const found = [
      ...(four.status === 'fulfilled' ? four.value.map((address) => ({ address, family: 4 })) : []),
      ...(six.status === 'fulfilled' ? six.value.map((address) => ({ address, family: 6 })) : []),
    ]
    if (found.length === 0 && four.status === 'rejected') throw four.reason
    return found
  }
}

/** Addresses by name. */
export function parseHosts(text: string): ReadonlyMap<string, readonly LookupAddress[]> {
  const hosts = new Map<string, LookupAddress[]>()
  for (const line of text.split('\n')) {
    const [address = '', ...names] = (line.split('#')[0] ?? '').trim().split(/\s+/)
    const family = isIP(address)
    if (family === 0) continue
    for (const name of names) {
      const key = name.toLowerCase()
      hosts.set(key, [...(hosts.get(key) ?? []), { address, family }])
    }
  }
  return hosts
}
