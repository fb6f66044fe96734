// biome-ignore-all format: written by scripts/sdk-operations.mjs
// biome-ignore-all assist/source/organizeImports: likewise
/** Written by scripts/sdk-operations.mjs from protocol/src/api/sandboxes.ts: change that, and run it again. */

import type { BuildInfo, WantedBuild, WantedBuildInput } from './build-info.ts'

export interface CreateSandbox {
  name?: string
  snapshot?: string
  user?: string
  env?: Record<string, string>
  labels?: Record<string, string>
  public?: boolean
  networkBlockAll?: boolean
  networkAllowList?: string
  domainAllowList?: string
  networkDenyList?: string
  domainDenyList?: string
  target?: string
  cpu?: number
  gpu?: number
  memory?: number
  disk?: number
  autoStopInterval?: number
  autoPauseInterval?: number
  autoArchiveInterval?: number
  autoDeleteInterval?: number
  ttlMinutes?: number
  autoWake?: boolean
  volumes?: {
    volumeId: string
    mountPath: string
    subpath?: string | null
  }[] | null
  buildInfo?: WantedBuild
  linkedSandbox?: string | null
  secrets?: (Record<string, string>)[] | null
  gpuType?: unknown
  spot?: unknown
  kvm?: unknown
  queueTimeout?: unknown
  outboundProxyUrl?: unknown
  otelEndpointOverride?: unknown
}

export interface CreateSandboxInput {
  name?: string | undefined
  snapshot?: string | undefined
  user?: string | undefined
  env?: Readonly<Record<string, string>> | undefined
  labels?: Readonly<Record<string, string>> | undefined
  public?: boolean | undefined
  networkBlockAll?: boolean | undefined
  networkAllowList?: string | undefined
  domainAllowList?: string | undefined
  networkDenyList?: string | undefined
  domainDenyList?: string | undefined
  target?: string | undefined
  cpu?: number | undefined
  gpu?: number | undefined
  memory?: number | undefined
  disk?: number | undefined
  autoStopInterval?: number | undefined
  autoPauseInterval?: number | undefined
  autoArchiveInterval?: number | undefined
  autoDeleteInterval?: number | undefined
  ttlMinutes?: number | undefined
  autoWake?: boolean | undefined
  volumes?: readonly {
    volumeId: string
    mountPath: string
    subpath?: string | null | undefined
  }[] | null | undefined
  buildInfo?: WantedBuildInput | undefined
  linkedSandbox?: string | null | undefined
  secrets?: readonly (Readonly<Record<string, string>>)[] | null | undefined
  gpuType?: unknown
  spot?: unknown
  kvm?: unknown
  queueTimeout?: unknown
  outboundProxyUrl?: unknown
  otelEndpointOverride?: unknown
}

export interface Sandbox {
  id: string
  organizationId: string
  name: string
  snapshot?: string
  user: string
  labels: Record<string, string>
  public: boolean
  networkBlockAll: boolean
  networkAllowList?: string
  domainAllowList?: string
  networkDenyList?: string
  domainDenyList?: string
  target: string
  cpu: number
  gpu: number
  memory: number
  disk: number
  state: 'creating' | 'restoring' | 'destroyed' | 'destroying' | 'started' | 'stopped' | 'starting' | 'stopping' | 'error' | 'build_failed' | 'pending_build' | 'building_snapshot' | 'unknown' | 'pulling_snapshot' | 'archived' | 'archiving' | 'resizing' | 'snapshotting' | 'forking' | 'pausing' | 'paused' | 'resuming'
  desiredState: 'destroyed' | 'started' | 'stopped' | 'resized' | 'archived' | 'paused'
  errorReason?: string
  recoverable?: boolean
  backupState: string
  autoStopInterval: number
  autoPauseInterval: number
  autoArchiveInterval: number
  autoDeleteInterval: number
  autoWake?: boolean
  autoDestroyAt?: string
  createdAt: string
  updatedAt: string
  lastActivityAt: string
  sandboxClass: string
  daemonVersion?: string
  runnerId?: string
  toolboxProxyUrl: string
  env: Record<string, string>
  volumes: {
    volumeId: string
    mountPath: string
    subpath?: string
  }[]
  kvm: boolean
  linkedSandboxId?: string
  secrets?: (Record<string, string>)[]
  buildInfo?: BuildInfo
}

export interface SandboxListItem {
  id: string
  organizationId: string
  name: string
  snapshot?: string
  user: string
  labels: Record<string, string>
  public: boolean
  networkBlockAll: boolean
  networkAllowList?: string
  domainAllowList?: string
  networkDenyList?: string
  domainDenyList?: string
  target: string
  cpu: number
  gpu: number
  memory: number
  disk: number
  state: 'creating' | 'restoring' | 'destroyed' | 'destroying' | 'started' | 'stopped' | 'starting' | 'stopping' | 'error' | 'build_failed' | 'pending_build' | 'building_snapshot' | 'unknown' | 'pulling_snapshot' | 'archived' | 'archiving' | 'resizing' | 'snapshotting' | 'forking' | 'pausing' | 'paused' | 'resuming'
  desiredState: 'destroyed' | 'started' | 'stopped' | 'resized' | 'archived' | 'paused'
  errorReason?: string
  recoverable?: boolean
  backupState: string
  autoStopInterval: number
  autoPauseInterval: number
  autoArchiveInterval: number
  autoDeleteInterval: number
  autoWake?: boolean
  autoDestroyAt?: string
  createdAt: string
  updatedAt: string
  lastActivityAt: string
  sandboxClass: string
  daemonVersion?: string
  runnerId?: string
  toolboxProxyUrl: string
}

/** What is sent and answered. */
export interface SandboxOperations {
  /** Make a sandbox and wait until it is started */
  createSandbox: {
    body?: CreateSandboxInput
    answer: Sandbox
  }
  /** List sandboxes, a page at a time */
  listSandboxes: {
    query?: {
      cursor?: string | number | boolean | undefined
      limit?: string | number | boolean | undefined
      id?: string | number | boolean | undefined
      name?: string | number | boolean | undefined
      labels?: string | number | boolean | undefined
      states?: string | number | boolean | readonly (string | number | boolean)[] | undefined
      snapshots?: string | number | boolean | readonly (string | number | boolean)[] | undefined
      regionIds?: string | number | boolean | readonly (string | number | boolean)[] | undefined
      sandboxClasses?: string | number | boolean | readonly (string | number | boolean)[] | undefined
      minCpu?: string | number | boolean | undefined
      maxCpu?: string | number | boolean | undefined
      minMemoryGiB?: string | number | boolean | undefined
      maxMemoryGiB?: string | number | boolean | undefined
      minDiskGiB?: string | number | boolean | undefined
      maxDiskGiB?: string | number | boolean | undefined
      isPublic?: string | number | boolean | undefined
      isRecoverable?: string | number | boolean | undefined
      includeErroredDeleted?: string | number | boolean | undefined
      createdAtAfter?: string | number | boolean | undefined
      createdAtBefore?: string | number | boolean | undefined
      lastEventAfter?: string | number | boolean | undefined
      lastEventBefore?: string | number | boolean | undefined
      autoDestroyAtAfter?: string | number | boolean | undefined
      autoDestroyAtBefore?: string | number | boolean | undefined
      sort?: 'name' | 'cpu' | 'memoryGib' | 'diskGib' | 'lastActivityAt' | 'createdAt' | undefined
      order?: 'asc' | 'desc' | undefined
    }
    answer: {
      items: SandboxListItem[]
      nextCursor: string | null
    }
  }
  /** One sandbox by id or name */
  getSandbox: {
    params: { sandboxIdOrName: string | number | boolean }
    answer: Sandbox
  }
  /** Delete a sandbox with its disk */
  deleteSandbox: {
    params: { sandboxIdOrName: string | number | boolean }
    answer: Sandbox
  }
  /** Start a stopped, paused or archived sandbox; a call for an archived one does not wait */
  startSandbox: {
    params: { sandboxIdOrName: string | number | boolean }
    answer: Sandbox
  }
  /** Stop a sandbox; its disk stays */
  stopSandbox: {
    params: { sandboxIdOrName: string | number | boolean }
    query?: {
      force?: string | number | boolean | undefined
    }
    answer: Sandbox
  }
  /** Replace all labels */
  replaceLabels: {
    params: { sandboxIdOrName: string | number | boolean }
    body: {
      labels: Readonly<Record<string, string>>
    }
    answer: {
      labels: Record<string, string>
    }
  }
  /** Make previews public or private */
  updatePublicStatus: {
    params: { sandboxIdOrName: string | number | boolean; isPublic: string | number | boolean }
    answer: Sandbox
  }
  /** Minutes without activity after which it stops; 0 is never */
  setAutostopInterval: {
    params: { sandboxIdOrName: string | number | boolean; interval: string | number | boolean }
    answer: Sandbox
  }
  /** Minutes after stop until it is archived; 0 is the longest there is */
  setAutoArchiveInterval: {
    params: { sandboxIdOrName: string | number | boolean; interval: string | number | boolean }
    answer: Sandbox
  }
  /** Minutes after stop until it is deleted; negative is never, 0 at stop */
  setAutoDeleteInterval: {
    params: { sandboxIdOrName: string | number | boolean; interval: string | number | boolean }
    answer: Sandbox
  }
  /** URL of a port's preview, and the token that opens it */
  getPortPreviewUrl: {
    params: { sandboxIdOrName: string | number | boolean; port: string | number | boolean }
    answer: {
      sandboxId: string
      url: string
      token: string
    }
  }
  /** URL that opens one port for a while without further credentials */
  getSignedPortPreviewUrl: {
    params: { sandboxIdOrName: string | number | boolean; port: string | number | boolean }
    query?: {
      expiresInSeconds?: string | number | boolean | undefined
    }
    answer: {
      sandboxId: string
      port: number
      token: string
      url: string
    }
  }
  /** Revoke a signed preview URL */
  expireSignedPortPreviewUrl: {
    params: { sandboxIdOrName: string | number | boolean; port: string | number | boolean; token: string | number | boolean }
    answer: undefined
  }
  /** Key that signs URLs of file calls, made at the first ask */
  getSandboxSigningKey: {
    params: { sandboxId: string | number | boolean }
    answer: string
  }
  /** Make another signing key; all signed URLs end at once */
  rotateSigningKey: {
    params: { sandboxId: string | number | boolean }
    answer: string
  }
  /** What was told while the image of a sandbox was built, as text; `follow` until that has ended */
  getBuildLogs: {
    params: { sandboxIdOrName: string | number | boolean }
    query?: {
      follow?: string | number | boolean | undefined
    }
    answer: ReadableStream<Uint8Array>
  }
  /** Where that text can be read, with the same credentials */
  getBuildLogsUrl: {
    params: { sandboxIdOrName: string | number | boolean }
    answer: {
      url: string
    }
  }
  /** Base of toolbox calls, without the sandbox id */
  getToolboxProxyUrl: {
    params: { sandboxId: string | number | boolean }
    answer: {
      url: string
    }
  }
  /** Say that the sandbox is in use, so that it does not stop by itself */
  updateLastActivity: {
    params: { sandboxId: string | number | boolean }
    body?: {
      activityType?: string | undefined
    }
    answer: undefined
  }
}

/** Method and path; with "bytes" where the answer is no JSON. */
export const sandboxOperations = {
  createSandbox: 'POST /sandbox',
  listSandboxes: 'GET /sandbox',
  getSandbox: 'GET /sandbox/{sandboxIdOrName}',
  deleteSandbox: 'DELETE /sandbox/{sandboxIdOrName}',
  startSandbox: 'POST /sandbox/{sandboxIdOrName}/start',
  stopSandbox: 'POST /sandbox/{sandboxIdOrName}/stop',
  replaceLabels: 'PUT /sandbox/{sandboxIdOrName}/labels',
  updatePublicStatus: 'POST /sandbox/{sandboxIdOrName}/public/{isPublic}',
  setAutostopInterval: 'POST /sandbox/{sandboxIdOrName}/autostop/{interval}',
  setAutoArchiveInterval: 'POST /sandbox/{sandboxIdOrName}/autoarchive/{interval}',
  setAutoDeleteInterval: 'POST /sandbox/{sandboxIdOrName}/autodelete/{interval}',
  getPortPreviewUrl: 'GET /sandbox/{sandboxIdOrName}/ports/{port}/preview-url',
  getSignedPortPreviewUrl: 'GET /sandbox/{sandboxIdOrName}/ports/{port}/signed-preview-url',
  expireSignedPortPreviewUrl: 'POST /sandbox/{sandboxIdOrName}/ports/{port}/signed-preview-url/{token}/expire',
  getSandboxSigningKey: 'GET /sandbox/{sandboxId}/signing-key',
  rotateSigningKey: 'POST /sandbox/{sandboxId}/signing-key/rotate',
  getBuildLogs: 'GET /sandbox/{sandboxIdOrName}/build-logs bytes',
  getBuildLogsUrl: 'GET /sandbox/{sandboxIdOrName}/build-logs-url',
  getToolboxProxyUrl: 'GET /sandbox/{sandboxId}/toolbox-proxy-url',
  updateLastActivity: 'POST /sandbox/{sandboxId}/last-activity',
} as const
