import * as z from 'zod/mini'
import { defineRoutes } from '../route.ts'

/** A domain of a user that leads to a port of a sandbox. */
export const Domain = z.object({
  /** lower case; names with other letters as they stand in DNS */
  domain: z.string(),
  sandboxId: z.string(),
  port: z.number(),
  /** `pending`: nobody has proven yet that it is theirs; `active`: it is served; `failed`: `check` looks again */
  state: z.enum(['pending', 'active', 'failed']),
  /** what is wrong; null: nothing */
  reason: z.nullable(z.string()),
  /** the record that proves it */
  proof: z.object({ type: z.literal('TXT'), name: z.string(), value: z.string() }),
  /** a CNAME of the domain to this name proves it too; null: there is none that others reach */
  cname: z.nullable(z.string()),
  /** where it answers, once its address leads here */
  url: z.string(),
  /** RFC 3339, like the ones below */
  createdAt: z.string(),
  /** null: not yet */
  checkedAt: z.nullable(z.string()),
  provenAt: z.nullable(z.string()),
})

/** Domains of users; not of the original's wire. */
export const domainRoutes = defineRoutes({
  listDomains: {
    method: 'GET',
    path: '/domains',
    summary: 'Domains of the organization',
    access: 'member',
    response: z.array(Domain),
    status: 200,
  },
  listSandboxDomains: {
    method: 'GET',
    path: '/sandbox/{sandboxIdOrName}/domains',
    summary: 'Domains that lead to a sandbox',
    access: 'member',
    response: z.array(Domain),
    status: 200,
  },
  attachDomain: {
    method: 'POST',
    path: '/sandbox/{sandboxIdOrName}/domains',
    summary: 'Let a domain lead to a port; one that the organization has already moves there with its proof',
    access: 'write:sandboxes',
    body: z.object({ domain: z.string(), port: z.int().check(z.gte(1), z.lte(65_535)) }),
    response: Domain,
    status: 201,
  },
  checkDomain: {
    method: 'POST',
    path: '/sandbox/{sandboxIdOrName}/domains/{domain}/check',
    summary: 'Look for the proof of a domain now',
    access: 'write:sandboxes',
    response: Domain,
    status: 200,
  },
  detachDomain: {
    method: 'DELETE',
    path: '/sandbox/{sandboxIdOrName}/domains/{domain}',
    summary: 'Let a domain lead to a sandbox no more',
    access: 'write:sandboxes',
    status: 204,
  },
})
