import { PlatformError, type sshRoutes } from '@sandyard/protocol'
import { makerOf } from '../auth/makers.ts'
import { digest } from '../random.ts'
import type { Feed } from '../sandboxes/feed.ts'
import type { SandboxParts } from '../sandboxes/parts.ts'
import type { SshTokens } from '../ssh/access.ts'
import { createSshToken, sshCommand } from '../ssh/tokens.ts'
import type { SshAccessStore } from '../store/ssh-accesses.ts'
import { wireDate } from '../wire-date.ts'
import type { Answers } from './call.ts'
import { createReader, type Uses } from './sandbox-reader.ts'

/** What the calls on tokens for SSH need. */
interface Parts extends SandboxParts {
  readonly activity: Uses
  readonly sshAccesses: SshAccessStore
  readonly sshTokens: SshTokens
  /** told the sandbox whose tokens have ended before their time */
  readonly sshFeed: Feed<string>
}

/** minutes that a token lasts when nothing else is asked for (api.md 2.7) */
const usualMinutes = 60

/** Answers of the calls on tokens for SSH. */
export function sshAnswers(parts: Parts): Answers<typeof sshRoutes> {
  const { sshAccesses, sshFeed, config, clock, sshTokens } = parts
  const { find, wire } = createReader(parts)

  return {
    async validateSshAccess({ principal, query }) {
      const sandbox = await sshTokens.sandboxOf(query.token)
      // To others a token is none, so that nobody finds out here whom one belongs to.
      if (sandbox?.organizationId !== principal.organizationId) return { valid: false, sandboxId: '' }
      return { valid: true, sandboxId: sandbox.id }
    },
    async createSshAccess(call) {
      const sandbox = await find(call, call.params.sandboxIdOrName)
      if (config.ssh === undefined) throw new PlatformError('NOT_IMPLEMENTED', 'SSH is switched off on this platform')
      const createdAtMs = clock()
      const expiresAtMs = Math.round(createdAtMs + (call.query.expiresInMinutes ?? usualMinutes) * 60_000)
      const place = { accesses: sshAccesses, ended: sshFeed.publish }
      const { token, access } = await createSshToken(place, sandbox, {
        createdAtMs,
        expiresAtMs,
        ...makerOf(call.principal),
      })
      const createdAt = wireDate(createdAtMs)
      return {
        id: access.id,
        sandboxId: sandbox.id,
        token,
        expiresAt: wireDate(expiresAtMs),
        createdAt,
        updatedAt: createdAt,
        sshCommand: sshCommand(call.site, config.ssh.port, token),
      }
    },
    async listSshAccesses(call) {
      const sandbox = await find(call, call.params.sandboxIdOrName)
      const accesses = await sshAccesses.ofSandbox(sandbox.id, clock())
      return accesses.map(({ id, createdAtMs, expiresAtMs, userId }) => ({
        id,
        createdAt: wireDate(createdAtMs),
        expiresAt: wireDate(expiresAtMs),
        userId,
      }))
    },
    async revokeSshAccess(call) {
      const sandbox = await find(call, call.params.sandboxIdOrName)
      const { token, id } = call.query
      const meant = {
        ...(token === undefined ? {} : { hash: digest(token) }),
        ...(id === undefined ? {} : { id }),
      }
      if (await sshAccesses.remove(sandbox.id, meant)) sshFeed.publish(sandbox.id)
      return wire(call, sandbox)
    },
  }
}
