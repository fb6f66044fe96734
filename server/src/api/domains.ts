import { type domainRoutes, isUuid, PlatformError, previewHost } from '@sandyard/protocol'
import type { Domains } from '../domains/domains.ts'
import { proofLabel, readDomain } from '../domains/name.ts'
import { parseSite, type Site } from '../previews/site.ts'
import type { SandboxParts } from '../sandboxes/parts.ts'
import type { DomainRecord, DomainStore } from '../store/domains.ts'
import { wireDate, wireDateOrNull } from '../wire-date.ts'
import type { Answers } from './call.ts'
import { createReader, type SandboxCall, type Uses } from './sandbox-reader.ts'

/** What the calls on domains need. */
interface Parts extends SandboxParts {
  readonly activity: Uses
  readonly domains: Domains
  readonly domainStore: Pick<DomainStore, 'ofOrganization' | 'find'>
}

/** Answers of the calls on domains of users. */
export function domainAnswers(parts: Parts): Answers<typeof domainRoutes> {
  const { domains, domainStore, config } = parts
  const { find } = createReader(parts)
  const own = [...config.previewDomains, parseSite(config.publicUrl).host]
  const shared = config.previewDomains.find((domain) => domain !== 'localhost' && !domain.startsWith('*.'))

  const wire = (domain: DomainRecord, site: Site) => ({
    domain: domain.domain,
    sandboxId: domain.sandboxId,
    port: domain.port,
    state: domain.state,
    reason: domain.reason,
    proof: { type: 'TXT' as const, name: `${proofLabel}.${domain.domain}`, value: domain.proof },
    cname: shared === undefined ? null : previewHost(domain.port, domain.sandboxId, shared),
    url: `${site.scheme}://${domain.domain}${site.port}`,
    createdAt: wireDate(domain.createdAtMs),
    checkedAt: wireDateOrNull(domain.checkedAtMs),
    provenAt: wireDateOrNull(domain.provenAtMs),
  })

  /** A domain as a path names it: in whatever letters, and of no use to anybody when it is none. */
  async function named(call: SandboxCall, params: { sandboxIdOrName: string; domain: string }) {
    const sandbox = await find(call, params.sandboxIdOrName)
    return { sandboxId: sandbox.id, domain: params.domain.toLowerCase().replace(/\.$/, '') }
  }

  return {
    async listDomains({ principal, site }) {
      return (await domainStore.ofOrganization(principal.organizationId)).map((domain) => wire(domain, site))
    },
    async listSandboxDomains(call) {
      const { id } = await find(call, call.params.sandboxIdOrName)
      const all = await domainStore.ofOrganization(call.principal.organizationId)
      return all.filter(({ sandboxId }) => sandboxId === id).map((domain) => wire(domain, call.site))
    },
    async attachDomain(call) {
      const domain = readDomain(call.body.domain, own)
      const sandbox = await find(call, call.params.sandboxIdOrName)
      if (sandbox.desiredState === 'destroyed' || !isUuid(sandbox.id)) {
        throw new PlatformError('CONFLICT', `Sandbox ${sandbox.id} is being deleted`)
      }
      const { port } = call.body
      return wire(await domains.attach(call.principal, { domain, sandboxId: sandbox.id, port }), call.site)
    },
    async checkDomain(call) {
      return wire(await domains.check(call.principal.organizationId, await named(call, call.params)), call.site)
    },
    async detachDomain(call) {
      const { sandboxId, domain } = await named(call, call.params)
      if (!(await domains.detach(sandboxId, domain))) {
        throw new PlatformError('NOT_FOUND', `Domain ${domain} not found`)
      }
    },
  }
}
