import type { platformRoutes } from '@sandyard/protocol'
import type { ServerConfig } from '../options.ts'
import { previewUrl, siteUrl, toolboxUrl } from '../previews/site.ts'
import { toWireRateLimits } from '../rate-limits/rate-limits.ts'
import { longestArchiveMinutes } from '../sandboxes/intervals.ts'
import type { Answers } from './call.ts'

/** Answers of the calls that need no credentials (api.md 3.6). */
export function platformAnswers(config: ServerConfig): Answers<typeof platformRoutes> {
  const rateLimit = toWireRateLimits(config)
  return {
    async getConfig({ site }) {
      return {
        version: config.version,
        // Required on the wire, also where nobody signs in by OIDC.
        oidc: {
          issuer: config.oidc?.issuer ?? '',
          clientId: config.oidc?.clientId ?? '',
          audience: config.oidc?.audience ?? '',
          provider: 'auth0',
        },
        linkedAccountsEnabled: false,
        announcements: {},
        proxyTemplateUrl: previewUrl(site, config.previewDomains, '{{sandboxId}}', '{{PORT}}'),
        proxyToolboxUrl: toolboxUrl(site),
        defaultSnapshot: config.defaultSnapshot,
        dashboardUrl: siteUrl(site),
        maxAutoArchiveInterval: longestArchiveMinutes,
        maintananceMode: false,
        environment: 'self-hosted',
        ...(rateLimit === undefined ? {} : { rateLimit }),
      }
    },
    async getHealth() {
      return { status: 'ok' }
    },
  }
}
