// biome-ignore-all format: written by scripts/sdk-operations.mjs
// biome-ignore-all assist/source/organizeImports: likewise
/** Written by scripts/sdk-operations.mjs from protocol/src/api/domains.ts: change that, and run it again. */

export interface Domain {
  domain: string
  sandboxId: string
  port: number
  state: 'pending' | 'active' | 'failed'
  reason: string | null
  proof: {
    type: 'TXT'
    name: string
    value: string
  }
  cname: string | null
  url: string
  createdAt: string
  checkedAt: string | null
  provenAt: string | null
}

/** What is sent and answered. */
export interface DomainOperations {
  /** Domains of the organization */
  listDomains: {
    answer: Domain[]
  }
  /** Domains that lead to a sandbox */
  listSandboxDomains: {
    params: { sandboxIdOrName: string | number | boolean }
    answer: Domain[]
  }
  /** Let a domain lead to a port; one that the organization has already moves there with its proof */
  attachDomain: {
    params: { sandboxIdOrName: string | number | boolean }
    body: {
      domain: string
      port: number
    }
    answer: Domain
  }
  /** Look for the proof of a domain now */
  checkDomain: {
    params: { sandboxIdOrName: string | number | boolean; domain: string | number | boolean }
    answer: Domain
  }
  /** Let a domain lead to a sandbox no more */
  detachDomain: {
    params: { sandboxIdOrName: string | number | boolean; domain: string | number | boolean }
    answer: undefined
  }
}

/** Method and path; with "bytes" where the answer is no JSON. */
export const domainOperations = {
  listDomains: 'GET /domains',
  listSandboxDomains: 'GET /sandbox/{sandboxIdOrName}/domains',
  attachDomain: 'POST /sandbox/{sandboxIdOrName}/domains',
  checkDomain: 'POST /sandbox/{sandboxIdOrName}/domains/{domain}/check',
  detachDomain: 'DELETE /sandbox/{sandboxIdOrName}/domains/{domain}',
} as const
