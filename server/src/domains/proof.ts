import { Resolver } from 'node:dns/promises'
import { parsePreviewHost } from '@sandyard/protocol'
import type { DomainRecord } from '../store/domains.ts'
import { proofLabel } from './name.ts'

/** What DNS says; `unknown`: nothing, it could not be asked. */
export type Proof = { readonly kind: 'proven' } | { readonly kind: 'absent' | 'unknown'; readonly reason: string }

/** Looks for the proof that a domain belongs to who has attached it. */
export type Prove = (domain: Pick<DomainRecord, 'domain' | 'proof' | 'sandboxId'>) => Promise<Proof>

/** Answers of name servers that mean: there is no such record. */
const absences: ReadonlySet<string> = new Set(['ENOTFOUND', 'ENODATA'])
const lookMs = 3_000
/** Records of one name that are looked at. */
const mostRecords = 100

/**
 * Makes what asks DNS. A TXT record with the proof counts, and a CNAME to a preview of the sandbox: nobody else points
 * there.
 * @param servers IP addresses, with a port when it is not 53; none: those of the machine
 */
export function createProve(servers: readonly string[], previewDomains: readonly string[]): Prove {
  const reachable = previewDomains.filter((domain) => domain !== 'localhost' && !domain.startsWith('*.'))

  async function ask<T>(look: (resolver: Resolver) => Promise<T[]>): Promise<T[] | string | null> {
    // One for each question: what it remembers would hide a record that has just been made.
    const resolver = new Resolver({ timeout: lookMs, tries: 2 })
    if (servers.length > 0) resolver.setServers(servers)
    try {
      return (await look(resolver)).slice(0, mostRecords)
    } catch (error) {
      const { code = 'ERROR' } = error as NodeJS.ErrnoException
      return absences.has(code) ? null : code
    }
  }

  return async ({ domain, proof, sandboxId }) => {
    const name = `${proofLabel}.${domain}`
    const [texts, names] = await Promise.all([
      ask((resolver) => resolver.resolveTxt(name)),
      reachable.length === 0 ? null : ask((resolver) => resolver.resolveCname(domain)),
    ])
    if (Array.isArray(texts) && texts.some((parts) => parts.join('').trim() === proof)) return { kind: 'proven' }
    const leadsHere = (target: string) => parsePreviewHost(target.replace(/\.$/, ''), reachable)?.label === sandboxId
    if (Array.isArray(names) && names.some(leadsHere)) return { kind: 'proven' }
    const failure = [texts, names].find((answer) => typeof answer === 'string')
    if (typeof failure === 'string') {
      return { kind: 'unknown', reason: `The name servers of ${domain} could not be asked (${failure})` }
    }
    if (Array.isArray(texts)) return { kind: 'absent', reason: `The TXT record ${name} has another value` }
    return { kind: 'absent', reason: `There is no TXT record ${name}` }
  }
}
