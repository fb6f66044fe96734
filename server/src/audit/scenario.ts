import type { Route, Routes } from '@sandyard/protocol'

/** What a row does to what, in the words of the audit log (api.md 3.11). */
export interface Scenario {
  readonly action: string
  readonly targetType: string
}

/** Rows that only read, but hand out what opens a sandbox or a store. */
const givenSecrets: Readonly<Record<string, string>> = {
  getPortPreviewUrl: 'get_port_preview_url',
  getSignedPortPreviewUrl: 'get_port_preview_url',
  getSandboxSigningKey: 'get_signing_key',
  getPushAccess: 'get_push_access',
  getTransientPushAccess: 'get_push_access',
}

/** Where the wire has a word of its own. */
const actions: Readonly<Record<string, string>> = {
  ...givenSecrets,
  startSandbox: 'start',
  stopSandbox: 'stop',
  pauseSandbox: 'pause',
  archiveSandbox: 'archive',
  recoverSandbox: 'recover',
  adminRecoverSandbox: 'recover',
  resizeSandbox: 'resize',
  forkSandbox: 'fork',
  createSandboxSnapshot: 'snapshot',
  setAutostopInterval: 'set_auto_stop_interval',
  updateSandboxSecrets: 'update_secrets',
  attachDomain: 'attach_domain',
  checkDomain: 'check_domain',
  detachDomain: 'detach_domain',
  restartPreview: 'restart',
  rotatePreviewWebhookSecret: 'rotate_webhook_secret',
  receivePreviewHook: 'receive_webhook',
  createSshAccess: 'create_ssh_access',
  revokeSshAccess: 'revoke_ssh_access',
  activateSnapshot: 'activate',
  deactivateSnapshot: 'deactivate',
  adminSetSnapshotGeneralStatus: 'set_general_status',
  deleteApiKeyForUser: 'delete',
  tokenLogin: 'login',
  recordLogin: 'login',
  updateAccessForOrganizationMember: 'update_access',
  suspendOrganization: 'suspend',
  unsuspendOrganization: 'unsuspend',
  acceptOrganizationInvitation: 'accept',
  declineOrganizationInvitation: 'decline',
  cancelOrganizationInvitation: 'cancel',
  updateOrganizationPreviewWarning: 'update_preview_warning',
  adminUpdateOrganizationPreviewWarning: 'update_preview_warning',
  updateOrganizationQuota: 'update_quota',
  updateOrganizationRegionQuota: 'update_region_quota',
  adminCreateOrganizationRegionQuota: 'create_region_quota',
  adminUpdateOrganizationRegionQuota: 'update_region_quota',
  adminDeleteOrganizationRegionQuota: 'delete_region_quota',
}

/** What the platform does to sandboxes by itself. */
const byClock = ['auto_stop', 'auto_pause', 'auto_archive', 'auto_delete', 'auto_wake', 'ttl_expire']

/** Targets by the first part of the path. */
const targets: Readonly<Record<string, string>> = {
  sandbox: 'sandbox',
  snapshots: 'snapshot',
  volumes: 'volume',
  secret: 'secret',
  'warm-pools': 'warm_pool',
  'docker-registry': 'docker_registry',
  'api-keys': 'api_key',
  previews: 'preview',
  'preview-projects': 'preview_project',
  'preview-hooks': 'preview_project',
  webhooks: 'webhook',
  users: 'user',
  auth: 'user',
  organizations: 'organization',
  regions: 'region',
  runners: 'runner',
}

/** Targets within an organization. */
const organizationTargets: Readonly<Record<string, string>> = {
  users: 'organization_user',
  roles: 'organization_role',
  invitations: 'organization_invitation',
  'identity-providers': 'identity_provider',
}

/** The scenario of a row; `null` for one that leaves no entry: it only reads. */
export function scenarioOf(id: string, route: Pick<Route, 'method' | 'path'>): Scenario | null {
  if (route.method === 'GET' && givenSecrets[id] === undefined) return null
  const parts = route.path.split('/').slice(route.path.startsWith('/admin/') ? 2 : 1)
  return { action: actions[id] ?? plainAction(route.method, parts) ?? snakeCase(id), targetType: targetOf(parts) }
}

/** All scenarios, by target (api.md 1.12). */
export function scenariosOf(rows: Routes): { targetType: string; actions: string[] }[] {
  const found = new Map<string, Set<string>>([['sandbox', new Set(byClock)]])
  for (const [id, route] of Object.entries(rows)) {
    const scenario = scenarioOf(id, route)
    if (scenario === null) continue
    found.set(scenario.targetType, (found.get(scenario.targetType) ?? new Set()).add(scenario.action))
  }
  return [...found].map(([targetType, its]) => ({ targetType, actions: [...its].sort() }))
}

/** A collection is added to, an item of it changed or removed. */
function plainAction(method: Route['method'], parts: readonly string[]): string | null {
  const isItem = parts.at(-1)?.startsWith('{') === true
  const isCollection = !isItem && (parts.length === 1 || organizationTargets[parts.at(-1) ?? ''] !== undefined)
  if (method === 'POST' && isCollection) return 'create'
  if (!isItem) return null
  if (method === 'DELETE') return 'delete'
  return method === 'PUT' || method === 'PATCH' ? 'update' : null
}

function targetOf(parts: readonly string[]): string {
  const [first = ''] = parts
  const within = first === 'organizations' ? parts.map((part) => organizationTargets[part]).find(Boolean) : undefined
  return within ?? targets[first] ?? 'other'
}

function snakeCase(id: string): string {
  return id.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}
