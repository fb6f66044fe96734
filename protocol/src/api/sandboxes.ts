import * as z from 'zod/mini'
import { Environment } from '../environment.ts'
import { limits } from '../limits.ts'
import { booleanText, dateText, integerText } from '../query.ts'
import { defineRoutes } from '../route.ts'
import '../messages.ts'
import { desiredStates, sandboxStates } from '../states.ts'
import { BuildInfo, WantedBuild } from './build-info.ts'

const minutes = z.number().check(z.int(), z.maximum(limits.intervalMinutes))

/** Name of a sandbox: shown to people, so no control characters, no markup, no links (api.md 2.3). */
export const sandboxName = z.string().check(
  z.trim(),
  z.minLength(1),
  // What is too long is not looked at any further: the look at what stands before `://` grows with its square.
  z.maxLength(limits.nameLength, { abort: true }),
  z.refine(
    (text) => !/[\p{Cc}<>]|[a-z][a-z0-9+.-]*:\/\/|\bwww\./iu.test(text),
    'must not contain HTML tags, URLs, or control characters',
  ),
)

const Labels = z
  .record(
    z.string().check(z.minLength(1), z.maxLength(limits.labelLength)),
    z.string().check(z.maxLength(limits.labelLength)),
  )
  .check(z.refine((labels) => Object.keys(labels).length <= limits.labelCount, `at most ${limits.labelCount} labels`))

/** A volume in a sandbox; without a subpath it is all of it. */
const SandboxVolume = z.object({ volumeId: z.string(), mountPath: z.string(), subpath: z.optional(z.string()) })

/** The same as it is asked for. The paths are checked with the volumes (api.md 2.3). */
const WantedVolume = z.object({
  /** id or name */
  volumeId: z.string().check(z.minLength(1), z.maxLength(limits.nameLength)),
  mountPath: z.string().check(z.maxLength(limits.mountPathBytes)),
  subpath: z.optional(z.nullable(z.string().check(z.maxLength(limits.mountPathBytes)))),
})

/** Secrets for a sandbox: each entry names a secret of the organization by the variable that is to stand for it. */
export const WantedSecrets = z
  .array(z.record(z.string().check(z.maxLength(limits.nameLength)), z.string().check(z.maxLength(limits.nameLength))))
  .check(z.maxLength(limits.secretsOfSandbox))

/** A field that is refused when it asks for something; empty values, `false` and 0 ask for nothing. */
const notYet = z.optional(z.unknown())

/** Body of `POST /sandbox` (api.md 2.3). What is not listed is ignored. */
export const CreateSandbox = z.object({
  /** unique in the organization; default: the id */
  name: z.optional(sandboxName),
  /** id or name; default: the platform's default snapshot */
  snapshot: z.optional(z.string().check(z.minLength(1), z.maxLength(limits.nameLength))),
  /** user inside the sandbox that works and owns the agent */
  user: z.optional(z.string().check(z.regex(/^[a-z_][a-z0-9_-]{0,31}$/, 'must be a Linux user name'))),
  env: z.optional(Environment),
  labels: z.optional(Labels),
  /** previews need no token */
  public: z.optional(z.boolean()),
  networkBlockAll: z.optional(z.boolean()),
  /** up to ten IPv4 CIDRs, comma separated */
  networkAllowList: z.optional(z.string().check(z.maxLength(limits.nameLength))),
  /** up to ten names, comma separated; `*.example.com` is all names below */
  domainAllowList: z.optional(z.string().check(z.maxLength(limits.domainListLength))),
  /** up to 50 IPv4 CIDRs, comma separated, that are closed whatever else is open. Not of the original's wire */
  networkDenyList: z.optional(z.string().check(z.maxLength(limits.networkDenyListLength))),
  /** up to 50 names, comma separated, `*.example.com` for all below, that are not known inside. Not of the original's wire */
  domainDenyList: z.optional(z.string().check(z.maxLength(limits.domainDenyListLength))),
  /** region */
  target: z.optional(z.string().check(z.maxLength(limits.nameLength))),
  /** cores */
  cpu: z.optional(z.number().check(z.int(), z.minimum(1))),
  gpu: z.optional(z.number().check(z.int(), z.minimum(0))),
  /** GiB */
  memory: z.optional(z.number().check(z.int(), z.minimum(1))),
  /** GiB */
  disk: z.optional(z.number().check(z.int(), z.minimum(1))),
  /** minutes, 0 is never */
  autoStopInterval: z.optional(minutes),
  /** minutes, 0 is never; not beside an interval of automatic stop */
  autoPauseInterval: z.optional(minutes),
  /** minutes, 0 is the longest there is */
  autoArchiveInterval: z.optional(minutes),
  /** minutes after stop, negative is never, 0 deletes at stop */
  autoDeleteInterval: z.optional(minutes),
  /** minutes until it is deleted, whatever its state; 0 is never */
  ttlMinutes: z.optional(minutes),
  /** a request starts it when it rests; absent: when it rests because nobody used it. Not of the original's wire */
  autoWake: z.optional(z.boolean()),
  volumes: z.optional(z.nullable(z.array(WantedVolume).check(z.maxLength(limits.volumeMountCount)))),
  /** a Dockerfile to make it from, instead of a snapshot; clients send an image as a Dockerfile too */
  buildInfo: z.optional(WantedBuild),
  /** id or name of a sandbox that the new one, which must be ephemeral, reaches by name, and which reaches it */
  linkedSandbox: z.optional(z.nullable(z.string().check(z.maxLength(limits.nameLength)))),
  /** secrets that its programs use without having them */
  secrets: z.optional(z.nullable(WantedSecrets)),
  gpuType: notYet,
  spot: notYet,
  kvm: notYet,
  queueTimeout: notYet,
  outboundProxyUrl: notYet,
  otelEndpointOverride: notYet,
})

const listItemFields = {
  id: z.string(),
  organizationId: z.string(),
  name: z.string(),
  /** name of the snapshot */
  snapshot: z.optional(z.string()),
  user: z.string(),
  labels: z.record(z.string(), z.string()),
  public: z.boolean(),
  networkBlockAll: z.boolean(),
  networkAllowList: z.optional(z.string()),
  domainAllowList: z.optional(z.string()),
  /** not of the original's wire, like the next */
  networkDenyList: z.optional(z.string()),
  domainDenyList: z.optional(z.string()),
  /** region */
  target: z.string(),
  /** cores */
  cpu: z.number(),
  gpu: z.number(),
  /** GiB */
  memory: z.number(),
  /** GiB */
  disk: z.number(),
  state: z.enum(sandboxStates),
  desiredState: z.enum(desiredStates),
  /** why it is in `error`, why it stopped by itself, or why the last change of it failed */
  errorReason: z.optional(z.string()),
  recoverable: z.optional(z.boolean()),
  backupState: z.string(),
  /** minutes */
  autoStopInterval: z.number(),
  /** minutes */
  autoPauseInterval: z.number(),
  /** minutes */
  autoArchiveInterval: z.number(),
  /** minutes */
  autoDeleteInterval: z.number(),
  /** as it was chosen; absent: a request starts it when it rests because nobody used it */
  autoWake: z.optional(z.boolean()),
  /** when it is deleted, whatever its state; RFC 3339 */
  autoDestroyAt: z.optional(z.string()),
  /** RFC 3339, like the two below */
  createdAt: z.string(),
  updatedAt: z.string(),
  lastActivityAt: z.string(),
  sandboxClass: z.string(),
  daemonVersion: z.optional(z.string()),
  runnerId: z.optional(z.string()),
  /** base of toolbox calls; a client appends `/{id}` */
  toolboxProxyUrl: z.string(),
}

/** A sandbox in a listing (api.md 2.2): clients tell it from a full one by the missing `env`. */
export const SandboxListItem = z.object(listItemFields)

/** A sandbox (api.md 2.2). */
export const Sandbox = z.object({
  ...listItemFields,
  env: z.record(z.string(), z.string()),
  volumes: z.array(SandboxVolume),
  /** nested virtualisation; newest clients require the key */
  kvm: z.boolean(),
  /** the sandbox that it is linked to, and goes with */
  linkedSandboxId: z.optional(z.string()),
  /** names of its secrets by their variables, one an entry; absent: it has none. Not of the original's wire */
  secrets: z.optional(z.array(z.record(z.string(), z.string()))),
  /** what it was built from, when not from a snapshot */
  buildInfo: z.optional(BuildInfo),
})

const manyTexts = z.optional(
  z.union([
    z.pipe(
      z.string(),
      z.transform((one: string) => [one]),
    ),
    z.array(z.string()),
  ]),
)
const date = z.optional(dateText)
const count = z.optional(integerText)

/** Query of `GET /sandbox` (api.md 3.8). */
export const ListSandboxesQuery = z.object({
  cursor: z.optional(z.string()),
  limit: z.optional(z.pipe(integerText, z.number().check(z.minimum(1), z.maximum(limits.pageSize)))),
  /** case-insensitive prefix */
  id: z.optional(z.string()),
  /** case-insensitive prefix */
  name: z.optional(z.string()),
  /** JSON object; a sandbox must carry all of them */
  labels: z.optional(z.string()),
  states: manyTexts,
  snapshots: manyTexts,
  regionIds: manyTexts,
  sandboxClasses: manyTexts,
  minCpu: count,
  maxCpu: count,
  minMemoryGiB: count,
  maxMemoryGiB: count,
  minDiskGiB: count,
  maxDiskGiB: count,
  isPublic: z.optional(booleanText),
  isRecoverable: z.optional(booleanText),
  includeErroredDeleted: z.optional(booleanText),
  createdAtAfter: date,
  createdAtBefore: date,
  lastEventAfter: date,
  lastEventBefore: date,
  autoDestroyAtAfter: date,
  autoDestroyAtBefore: date,
  sort: z.optional(z.enum(['name', 'cpu', 'memoryGib', 'diskGib', 'lastActivityAt', 'createdAt'])),
  order: z.optional(z.enum(['asc', 'desc'])),
})

/** Calls on sandboxes, in the order of api.md 1.1. */
export const sandboxRoutes = defineRoutes({
  createSandbox: {
    method: 'POST',
    path: '/sandbox',
    summary: 'Make a sandbox and wait until it is started',
    access: 'write:sandboxes',
    body: CreateSandbox,
    isBodyOptional: true,
    response: Sandbox,
    status: 200,
  },
  listSandboxes: {
    method: 'GET',
    path: '/sandbox',
    summary: 'List sandboxes, a page at a time',
    access: 'member',
    query: ListSandboxesQuery,
    response: z.object({ items: z.array(SandboxListItem), nextCursor: z.nullable(z.string()) }),
    status: 200,
  },
  getSandbox: {
    method: 'GET',
    path: '/sandbox/{sandboxIdOrName}',
    summary: 'One sandbox by id or name',
    access: 'member',
    response: Sandbox,
    status: 200,
  },
  deleteSandbox: {
    method: 'DELETE',
    path: '/sandbox/{sandboxIdOrName}',
    summary: 'Delete a sandbox with its disk',
    access: 'delete:sandboxes',
    response: Sandbox,
    status: 200,
  },
  startSandbox: {
    method: 'POST',
    path: '/sandbox/{sandboxIdOrName}/start',
    summary: 'Start a stopped, paused or archived sandbox; a call for an archived one does not wait',
    access: 'write:sandboxes',
    response: Sandbox,
    status: 200,
  },
  stopSandbox: {
    method: 'POST',
    path: '/sandbox/{sandboxIdOrName}/stop',
    summary: 'Stop a sandbox; its disk stays',
    access: 'write:sandboxes',
    query: z.object({ force: z.optional(booleanText) }),
    response: Sandbox,
    status: 200,
  },
  replaceLabels: {
    method: 'PUT',
    path: '/sandbox/{sandboxIdOrName}/labels',
    summary: 'Replace all labels',
    access: 'write:sandboxes',
    body: z.object({ labels: Labels }),
    response: z.object({ labels: z.record(z.string(), z.string()) }),
    status: 200,
  },
  updatePublicStatus: {
    method: 'POST',
    path: '/sandbox/{sandboxIdOrName}/public/{isPublic}',
    summary: 'Make previews public or private',
    access: 'write:sandboxes',
    response: Sandbox,
    status: 201,
  },
  setAutostopInterval: {
    method: 'POST',
    path: '/sandbox/{sandboxIdOrName}/autostop/{interval}',
    summary: 'Minutes without activity after which it stops; 0 is never',
    access: 'write:sandboxes',
    response: Sandbox,
    status: 201,
  },
  setAutoArchiveInterval: {
    method: 'POST',
    path: '/sandbox/{sandboxIdOrName}/autoarchive/{interval}',
    summary: 'Minutes after stop until it is archived; 0 is the longest there is',
    access: 'write:sandboxes',
    response: Sandbox,
    status: 201,
  },
  setAutoDeleteInterval: {
    method: 'POST',
    path: '/sandbox/{sandboxIdOrName}/autodelete/{interval}',
    summary: 'Minutes after stop until it is deleted; negative is never, 0 at stop',
    access: 'write:sandboxes',
    response: Sandbox,
    status: 201,
  },
  getPortPreviewUrl: {
    method: 'GET',
    path: '/sandbox/{sandboxIdOrName}/ports/{port}/preview-url',
    summary: "URL of a port's preview, and the token that opens it",
    access: 'member',
    response: z.object({ sandboxId: z.string(), url: z.string(), token: z.string() }),
    status: 200,
  },
  getSignedPortPreviewUrl: {
    method: 'GET',
    path: '/sandbox/{sandboxIdOrName}/ports/{port}/signed-preview-url',
    summary: 'URL that opens one port for a while without further credentials',
    access: 'member',
    query: z.object({
      expiresInSeconds: z.optional(z.pipe(integerText, z.number().check(z.minimum(1), z.maximum(86_400)))),
    }),
    response: z.object({ sandboxId: z.string(), port: z.number(), token: z.string(), url: z.string() }),
    status: 200,
  },
  expireSignedPortPreviewUrl: {
    method: 'POST',
    path: '/sandbox/{sandboxIdOrName}/ports/{port}/signed-preview-url/{token}/expire',
    summary: 'Revoke a signed preview URL',
    access: 'member',
    status: 201,
  },
  getSandboxSigningKey: {
    method: 'GET',
    path: '/sandbox/{sandboxId}/signing-key',
    summary: 'Key that signs URLs of file calls, made at the first ask',
    access: 'member',
    response: z.string(),
    status: 200,
  },
  rotateSigningKey: {
    method: 'POST',
    path: '/sandbox/{sandboxId}/signing-key/rotate',
    summary: 'Make another signing key; all signed URLs end at once',
    access: 'member',
    response: z.string(),
    status: 200,
  },
  getBuildLogs: {
    method: 'GET',
    path: '/sandbox/{sandboxIdOrName}/build-logs',
    summary: 'What was told while the image of a sandbox was built, as text; `follow` until that has ended',
    access: 'member',
    query: z.object({ follow: z.optional(booleanText) }),
    isStream: true,
    status: 200,
  },
  getBuildLogsUrl: {
    method: 'GET',
    path: '/sandbox/{sandboxIdOrName}/build-logs-url',
    summary: 'Where that text can be read, with the same credentials',
    access: 'member',
    response: z.object({ url: z.string() }),
    status: 200,
  },
  getToolboxProxyUrl: {
    method: 'GET',
    path: '/sandbox/{sandboxId}/toolbox-proxy-url',
    summary: 'Base of toolbox calls, without the sandbox id',
    access: 'member',
    response: z.object({ url: z.string() }),
    status: 200,
  },
  updateLastActivity: {
    method: 'POST',
    path: '/sandbox/{sandboxId}/last-activity',
    summary: 'Say that the sandbox is in use, so that it does not stop by itself',
    access: 'member',
    body: z.object({ activityType: z.optional(z.string().check(z.maxLength(limits.nameLength))) }),
    isBodyOptional: true,
    status: 201,
  },
})
