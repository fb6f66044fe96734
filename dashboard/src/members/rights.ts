import type { Right } from '../platform/permissions.ts'

/** What a role or a key can give. */
export type Permission = Exclude<Right, 'owner'>

/** Permissions about one kind of thing. */
export interface PermissionGroup {
  readonly name: string
  readonly permissions: readonly { readonly value: Permission; readonly words: string }[]
}

/** All that calls of this platform ask for, in words. To see sandboxes and to work in them takes membership alone. */
export const permissionGroups: readonly PermissionGroup[] = [
  {
    name: 'Sandboxes',
    permissions: [
      { value: 'write:sandboxes', words: 'Create and change, with previews, warm pools and webhooks' },
      { value: 'delete:sandboxes', words: 'Delete' },
    ],
  },
  {
    name: 'Snapshots',
    permissions: [
      { value: 'write:snapshots', words: 'Create and change' },
      { value: 'delete:snapshots', words: 'Delete' },
    ],
  },
  {
    name: 'Registries',
    permissions: [
      { value: 'write:registries', words: 'Add and change' },
      { value: 'delete:registries', words: 'Delete' },
    ],
  },
  {
    name: 'Volumes',
    permissions: [
      { value: 'read:volumes', words: 'See' },
      { value: 'write:volumes', words: 'Create' },
      { value: 'delete:volumes', words: 'Delete' },
    ],
  },
  {
    name: 'Organization',
    permissions: [
      { value: 'manage:secrets', words: 'Create, change and delete secrets' },
      { value: 'manage:api_keys', words: 'Create API keys' },
      { value: 'read:audit_logs', words: 'Read the audit log' },
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

/** Permissions in a few words: `Sandboxes, volumes (part)`. */
export function inWords(held: readonly Permission[]): string {
  if (allPermissions.every((one) => held.includes(one))) return 'Everything'
  const groups = permissionGroups.flatMap(({ name, permissions }) => {
    const count = permissions.filter(({ value }) => held.includes(value)).length
    if (count === 0) return []
    return count === permissions.length ? [name] : [`${name} (part)`]
  })
  if (groups.length === 0) return 'See and use sandboxes'
  return groups.map((name, at) => (at === 0 ? name : name.toLowerCase())).join(', ')
}

/** Each permission in words, a line each; for a hint. */
export function inLines(held: readonly Permission[]): string {
  const lines = permissionGroups.flatMap(({ name, permissions }) =>
    permissions.filter(({ value }) => held.includes(value)).map(({ words }) => `${name}: ${words}`),
  )
  return lines.join('\n')
}
