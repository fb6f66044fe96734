import { type Permission, permissions } from '@sandyard/protocol'

/** A role that every organization has. */
export interface GlobalRole {
  readonly id: string
  readonly name: string
  readonly description: string
  readonly permissions: readonly Permission[]
}

/** Global roles by the ids that clients know (api.md 3.2). */
export const globalRoles: readonly GlobalRole[] = [
  role(1, 'Developer', 'Makes and changes sandboxes', ['write:sandboxes', 'read:volumes']),
  role(2, 'Sandboxes Admin', 'Everything with sandboxes', ['write:sandboxes', 'delete:sandboxes']),
  role(3, 'Snapshots Admin', 'Everything with snapshots', ['write:snapshots', 'delete:snapshots']),
  role(4, 'Registries Admin', 'Everything with registries', ['write:registries', 'delete:registries']),
  role(5, 'Super Admin', 'Everything but members and the organization itself', permissions),
  role(6, 'Volumes Admin', 'Everything with volumes', ['read:volumes', 'write:volumes', 'delete:volumes']),
  role(7, 'Auditor', 'Reads the audit log', ['read:audit_logs']),
  role(8, 'Infrastructure Admin', 'Everything with regions and runners', [
    'write:regions',
    'delete:regions',
    'read:runners',
    'write:runners',
    'delete:runners',
  ]),
]

/** A role of everybody, or undefined for an organization's own. */
export function globalRole(id: string): GlobalRole | undefined {
  return globalRoles.find((candidate) => candidate.id === id)
}

function role(number: number, name: string, description: string, granted: readonly Permission[]): GlobalRole {
  return { id: `00000000-0000-0000-0000-${String(number).padStart(12, '0')}`, name, description, permissions: granted }
}
