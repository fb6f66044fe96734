/**
 * Fields whose text may be read by whoever may read the log. All others are cut: a new field is a secret until it is
 * named here.
 */
const readable: ReadonlySet<string> = new Set([
  'name',
  'description',
  'snapshot',
  'snapshotId',
  'imageName',
  'image',
  'target',
  'regionId',
  'defaultRegionId',
  'sandboxId',
  'sandboxIdOrName',
  'volumeId',
  'organizationId',
  'userId',
  'roleId',
  'invitationId',
  'secretId',
  'previewId',
  'projectId',
  'branch',
  'id',
  'user',
  'labels',
  'networkAllowList',
  'domain',
  'domainAllowList',
  'networkDenyList',
  'domainDenyList',
  'volumes',
  'mountPath',
  'subpath',
  'sandboxClass',
  'linkedSandbox',
  'permissions',
  'role',
  'assignedRoleIds',
  'email',
  'login',
  'username',
  'expiresAt',
  'reason',
  'until',
  'interval',
  'ttlMinutes',
  'port',
  'isPublic',
  'activityType',
  'entrypoint',
  'contextHashes',
  'hosts',
  'events',
  'eventTypes',
])

/** Fields whose own fields are names that a user has chosen, and whose texts are no secrets. */
const plainMaps: ReadonlySet<string> = new Set(['labels'])

const cut = '***'
const longestText = 200
const mostFields = 50
const deepest = 4
/** Largest metadata of one entry, characters of JSON. */
const largest = 4096

/**
 * What is kept of a call, as JSON: the parameters of its path and its body without secrets; `null` when there is
 * nothing.
 */
export function metadataOf(params: Readonly<Record<string, string>>, body: unknown): string | null {
  const kept = {
    ...(Object.keys(params).length === 0
      ? {}
      : { params: clean(params, { isReadable: false, isMap: false, depth: 0 }) }),
    ...(body === undefined ? {} : { body: clean(body, { isReadable: false, isMap: false, depth: 0 }) }),
  }
  if (Object.keys(kept).length === 0) return null
  const text = JSON.stringify(kept)
  return text.length <= largest ? text : JSON.stringify({ params: kept.params, body: cut, isTooLarge: true })
}

interface Place {
  /** texts here are kept */
  readonly isReadable: boolean
  /** fields here are names that a user has chosen */
  readonly isMap: boolean
  readonly depth: number
}

function clean(value: unknown, place: Place): unknown {
  if (value === null || typeof value === 'boolean' || typeof value === 'number') return value
  if (typeof value === 'string') return place.isReadable ? value.slice(0, longestText) : cut
  if (typeof value !== 'object' || place.depth >= deepest) return cut
  const depth = place.depth + 1
  if (Array.isArray(value)) return value.slice(0, mostFields).map((item) => clean(item, { ...place, depth }))
  const isTop = place.depth === 0
  const fields = Object.entries(value).slice(0, mostFields)
  return Object.fromEntries(
    fields.map(([name, inner]) => {
      const isReadable = place.isMap || ((isTop || place.isReadable) && readable.has(name))
      return [name.slice(0, longestText), clean(inner, { isReadable, isMap: isReadable && plainMaps.has(name), depth })]
    }),
  )
}
