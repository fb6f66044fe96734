import { PlatformError, parsePort, type sandboxRoutes } from '@sandyard/protocol'
import { makerOf } from '../auth/makers.ts'
import { expireSigned, signPreview } from '../previews/signed.ts'
import { rotateSigningKey, signingKeyOf } from '../previews/signing-key.ts'
import { apiUrl, previewUrl, toolboxUrl } from '../previews/site.ts'
import { createSandbox } from '../sandboxes/create.ts'
import { createBuiltSandbox } from '../sandboxes/create-built.ts'
import { deleteAsAsked } from '../sandboxes/delete.ts'
import type { Feed } from '../sandboxes/feed.ts'
import { archiveMinutes, checkStopMinutes, checkTogether, parseMinutes, storedMinutes } from '../sandboxes/intervals.ts'
import { notEphemeral, planLink } from '../sandboxes/link.ts'
import { listSandboxes } from '../sandboxes/list.ts'
import type { SandboxParts } from '../sandboxes/parts.ts'
import { planSandbox } from '../sandboxes/plan.ts'
import { startSandbox } from '../sandboxes/start.ts'
import { stopSandbox } from '../sandboxes/stop.ts'
import { toWireItem, type WireSandbox } from '../sandboxes/wire.ts'
import { planSecrets } from '../secrets/plan.ts'
import { snapshotFor } from '../snapshots/find.ts'
import type { SandboxPatch, SandboxRecord } from '../store/sandbox-record.ts'
import type { SignedTokenStore } from '../store/signed-tokens.ts'
import { planMounts } from '../volumes/mounts.ts'
import type { Answers } from './call.ts'
import { createReader, type SandboxCall, type Uses } from './sandbox-reader.ts'

/** What the calls on sandboxes need. */
interface Parts extends SandboxParts {
  readonly signedTokens: SignedTokenStore
  /** told which sandbox had a signed link that was ended before its time */
  readonly linkFeed: Pick<Feed<string>, 'publish'>
  readonly activity: Uses
}

/** Answers of the calls on sandboxes. */
export function sandboxAnswers(parts: Parts): Answers<typeof sandboxRoutes> {
  const { sandboxes, changes, config, activity, clock, signedTokens } = parts
  const { find, wire, withActivity } = createReader(parts)

  async function patch(call: SandboxCall, idOrName: string, change: SandboxPatch): Promise<WireSandbox> {
    return wire(call, await changes.update(await find(call, idOrName), change))
  }

  return {
    async createSandbox(call) {
      const { organizationId } = call.principal
      const { env = {} } = call.body
      const mounts = {
        volumes: await planMounts(parts.volumes, organizationId, call.body.volumes),
        secrets: await planSecrets(parts.secrets, { organizationId, env }, call.body.secrets),
      }
      if (call.body.buildInfo !== undefined) {
        const { body } = call
        const asked = { build: call.body.buildInfo, body, mounts }
        return wire(call, await createBuiltSandbox(parts, organizationId, asked))
      }
      const snapshot = await snapshotFor(parts, organizationId, call.body.snapshot)
      const plan = planSandbox(config, snapshot, call.body, mounts)
      const linkedSandboxId = await planLink(sandboxes, organizationId, call.body)
      const sandbox = await createSandbox(parts, organizationId, { ...plan, linkedSandboxId })
      await parts.snapshots.noteUse(snapshot.id, clock())
      return wire(call, sandbox)
    },
    async listSandboxes({ principal, site, query }) {
      const page = await listSandboxes(sandboxes, principal.organizationId, query)
      return { ...page, items: page.items.map((sandbox) => toWireItem(withActivity(sandbox), site)) }
    },
    async getSandbox(call) {
      return wire(call, await find(call, call.params.sandboxIdOrName))
    },
    async deleteSandbox(call) {
      const sandbox = await find(call, call.params.sandboxIdOrName)
      return wire(call, await deleteAsAsked(parts, sandbox))
    },
    async startSandbox(call) {
      const sandbox = await find(call, call.params.sandboxIdOrName)
      return wire(call, await startSandbox(parts, sandbox))
    },
    async stopSandbox(call) {
      const sandbox = await find(call, call.params.sandboxIdOrName)
      return wire(call, await stopSandbox(parts, sandbox, { isForced: call.query.force ?? false }))
    },
    async replaceLabels(call) {
      const { labels } = await patch(call, call.params.sandboxIdOrName, { labels: call.body.labels })
      return { labels }
    },
    async updatePublicStatus(call) {
      const { isPublic, sandboxIdOrName } = call.params
      if (isPublic !== 'true' && isPublic !== 'false') {
        throw new PlatformError('BAD_REQUEST', 'isPublic must be true or false')
      }
      return patch(call, sandboxIdOrName, { isPublic: isPublic === 'true' })
    },
    async setAutostopInterval(call) {
      const autoStopMinutes = checkStopMinutes(parseMinutes(call.params.interval))
      const sandbox = await find(call, call.params.sandboxIdOrName)
      checkTogether({ ...sandbox, autoStopMinutes })
      return wire(call, await changes.update(sandbox, { autoStopMinutes }))
    },
    async setAutoArchiveInterval(call) {
      const autoArchiveMinutes = archiveMinutes(parseMinutes(call.params.interval))
      return patch(call, call.params.sandboxIdOrName, { autoArchiveMinutes })
    },
    async setAutoDeleteInterval(call) {
      const autoDeleteMinutes = storedMinutes(parseMinutes(call.params.interval))
      const sandbox = await find(call, call.params.sandboxIdOrName)
      checkTogether({ ...sandbox, autoDeleteMinutes })
      if (sandbox.linkedSandboxId !== null && autoDeleteMinutes !== 0) {
        throw new PlatformError('BAD_REQUEST', notEphemeral)
      }
      return wire(call, await changes.update(sandbox, { autoDeleteMinutes }))
    },
    async getPortPreviewUrl(call) {
      const port = checkPort(call.params.port)
      const { id, previewToken } = await find(call, call.params.sandboxIdOrName)
      return { sandboxId: id, url: previewUrl(call.site, config.previewDomains, id, port), token: previewToken }
    },
    async getSignedPortPreviewUrl(call) {
      const port = checkPort(call.params.port)
      const sandbox = await find(call, call.params.sandboxIdOrName)
      const expiresAtMs = clock() + (call.query.expiresInSeconds ?? 60) * 1000
      const token = await signPreview(signedTokens, sandbox, { port, expiresAtMs, madeBy: makerOf(call.principal) })
      return { sandboxId: sandbox.id, port, token, url: previewUrl(call.site, config.previewDomains, token, port) }
    },
    async expireSignedPortPreviewUrl(call) {
      const port = checkPort(call.params.port)
      const sandbox = await find(call, call.params.sandboxIdOrName)
      await expireSigned(signedTokens, sandbox, { port, token: call.params.token })
      parts.linkFeed.publish(sandbox.id)
    },
    async getSandboxSigningKey(call) {
      return signingKeyOf(changes, await find(call, call.params.sandboxId))
    },
    async rotateSigningKey(call) {
      return rotateSigningKey(changes, await find(call, call.params.sandboxId))
    },
    async getBuildLogs(call) {
      const { snapshotRef: id, organizationId } = requireBuilt(await find(call, call.params.sandboxIdOrName))
      return parts.builds.log({ id, organizationId }, call.query.follow ?? false)
    },
    async getBuildLogsUrl(call) {
      const { id } = requireBuilt(await find(call, call.params.sandboxIdOrName))
      return { url: `${apiUrl(call.site)}/sandbox/${id}/build-logs` }
    },
    async getToolboxProxyUrl(call) {
      await find(call, call.params.sandboxId)
      return { url: toolboxUrl(call.site) }
    },
    async updateLastActivity(call) {
      const { id } = await find(call, call.params.sandboxId)
      activity.touch(id)
    },
  }
}

function requireBuilt(sandbox: SandboxRecord): SandboxRecord {
  if (sandbox.buildInfo !== null) return sandbox
  throw new PlatformError('NOT_FOUND', `Sandbox with ID or name ${sandbox.id} has no build info`)
}

function checkPort(text: string): number {
  const port = parsePort(text)
  if (port === null) throw new PlatformError('BAD_REQUEST', 'Invalid port')
  return port
}
