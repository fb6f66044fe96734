import type { Right } from '../platform/permissions.ts'

/** What a role or a key can give. */
export type Permission = Exclude<Right, 'owner'>

/** Permissions about one kind of thing. */
export interface PermissionGroup {
  readonly name: string
  readonly permissions: readonly { readonly value: Permission; readonly words: string; readonly short: string }[]
}

/** All that calls of this platform ask for, in words. To see sandboxes and to work in them takes membership alone. */
export const permissionGroups: readonly PermissionGroup[] = [
  {
    name: 'Sandboxes',
    permissions: [
      { value: 'write:sandboxes', words: 'Create and change, with previews, warm pools and webhooks', short: 'create' },
      { value: 'delete:sandboxes', words: 'Delete', short: 'delete' },
    ],
  },
  {
    name: 'Snapshots',
    permissions: [
      { value: 'write:snapshots', words: 'Create and change', short: 'create' },
      { value: 'delete:snapshots', words: 'Delete', short: 'delete' },
    ],
  },
  {
    name: 'Registries',
    permissions: [
      { value: 'write:registries', words: 'Add and change', short: 'add' },
      { value: 'delete:registries', words: 'Delete', short: 'delete' },
    ],
  },
  {
    name: 'Volumes',
    permissions: [
      { value: 'read:volumes', words: 'See', short: 'see' },
      { value: 'write:volumes', words: 'Create', short: 'create' },
      { value: 'delete:volumes', words: 'Delete', short: 'delete' },
    ],
  },
  {
    name: 'Organization',
    permissions: [
      { value: 'manage:secrets', words: 'Create, change and delete secrets', short: 'secrets' },
      { value: 'manage:api_keys', words: 'Create API keys', short: 'API keys' },
      { value: 'read:audit_logs', words: 'Read the audit log', short: 'audit log' },
    ],
  },
]

/** Those that the wire has and that nothing here asks for. */
export const idlePermissions: readonly Permission[] = [
  'write:regions',
  'delete:regions',
  'read:runners',
  'write:runners',
  'delete:runners',
  'read:limits',
  'manage:sso',
  'read:billing',
  'manage:billing',
]

/** Every permission there is. With all of them a key stands for its user. */
export const allPermissions: readonly Permission[] = [
  ...permissionGroups.flatMap(({ permissions }) => permissions.map(({ value }) => value)),
  ...idlePermissions,
]

/** Permissions in a few words: `Sandboxes, volumes (see)`. */
export function inWords(held: readonly Permission[]): string {
  if (allPermissions.every((one) => held.includes(one))) return 'Everything'
  const parts = permissionGroups.flatMap(({ name, permissions }) => {
    const shorts = permissions.filter(({ value }) => held.includes(value)).map(({ short }) => short)
    if (shorts.length === 0) return []
    if (name === 'Organization') return shorts
    return shorts.length === permissions.length
      ? [name.toLowerCase()]
      : [`${name.toLowerCase()} (${shorts.join(', ')})`]
  })
  const [first, ...others] = parts
  if (first === undefined) return held.length === 0 ? 'See and use sandboxes' : 'Nothing that is used here'
  return [`${first.charAt(0).toUpperCase()}${first.slice(1)}`, ...others].join(', ')
}

/** Each permission in words, a line each; for a hint. */
export function inLines(held: readonly Permission[]): string {
  const lines = permissionGroups.flatMap(({ name, permissions }) =>
    permissions.filter(({ value }) => held.includes(value)).map(({ words }) => `${name}: ${words}`),
  )
  return lines.join('\n')
}
