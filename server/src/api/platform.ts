import type { platformRoutes } from '@sandyard/protocol'
import type { ServerConfig, SshConfig } from '../options.ts'
import { previewUrl, type Site, siteUrl, toolboxUrl } from '../previews/site.ts'
import { toWireRateLimits } from '../rate-limits/rate-limits.ts'
import { longestArchiveMinutes } from '../sandboxes/intervals.ts'
import { sshCommand } from '../ssh/tokens.ts'
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
        ...(config.ssh === undefined ? {} : describeSsh(site, config.ssh)),
      }
    },
    async getHealth() {
      return { status: 'ok' }
    },
  }
}

/** How to connect, and by which keys to know this host (api.md 3.6). */
function describeSsh(site: Site, { port, hostKeys, fingerprints }: SshConfig) {
  return {
    sshGatewayCommand: sshCommand(site, port, '{{TOKEN}}'),
    sshGatewayPublicKey: Buffer.from(hostKeys[0] ?? '').toString('base64'),
    sshGatewayHost: site.host,
    sshGatewayPort: port,
    sshGatewayHostKeys: [...hostKeys],
    sshGatewayHostKeyFingerprints: [...fingerprints],
  }
}
