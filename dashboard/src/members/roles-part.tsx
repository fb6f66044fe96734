import { Copy, Pencil, Plus, Trash2 } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import { ActionMenu, type MenuAction } from '../design/action-menu.tsx'
import { type Column, DataTable } from '../design/data-table.tsx'
import { FormDialog } from '../design/form-dialog.tsx'
import { useKeys } from '../design/keys.ts'
import { Loaded } from '../design/page.tsx'
import { useTell } from '../design/toasts.tsx'
import { type Member, useMay, useMembers } from '../platform/permissions.ts'
import { usePlatform } from '../platform/platform.tsx'
import { MembersFrame } from './members-frame.tsx'
import { type Role, useReadPeople, useRoles } from './people.ts'
import { inLines, inWords } from './rights.ts'
import { RoleDialog, type RoleDraft } from './role-dialog.tsx'

type Open =
  | { readonly kind: 'edit'; readonly draft: RoleDraft }
  | { readonly kind: 'delete'; readonly role: Role }
  | null

const nothingYet: RoleDraft = { id: null, name: '', description: '', permissions: [] }

/** Roles: what they give, and who has them. */
export function RolesPart(): ReactNode {
  const query = useRoles()
  const members = useMembers().data
  const isOwner = useMay()('owner')
  const [open, setOpen] = useState<Open>(null)
  const create = (): void => setOpen({ kind: 'edit', draft: nothingYet })
  const close = (): void => setOpen(null)
  useKeys(isOwner ? { c: create } : {})

  function actionsOf(role: Role): MenuAction[] {
    const { id, name, description, permissions, isGlobal } = role
    const copy: RoleDraft = { id: null, name: `${name} (own)`, description, permissions }
    const asNew = { name: 'Use for a new role…', icon: Copy, run: () => setOpen({ kind: 'edit', draft: copy }) }
    if (isGlobal) return [asNew]
    const draft: RoleDraft = { id, name, description, permissions }
    return [
      { name: 'Edit…', icon: Pencil, run: () => setOpen({ kind: 'edit', draft }) },
      asNew,
      { name: 'Delete…', icon: Trash2, isDanger: true, run: () => setOpen({ kind: 'delete', role }) },
    ]
  }

  return (
    <MembersFrame
      current="/members/roles"
      actions={
        isOwner && (
          <button type="button" className="button" data-kind="primary" onClick={create}>
            <Plus aria-hidden /> Create
          </button>
        )
      }
    >
      <Loaded query={query} what="The roles could not be read">
        {(roles) => (
          <DataTable
            label="Roles"
            rows={roles.toSorted((one, other) => Number(one.isGlobal) - Number(other.isGlobal))}
            columns={columns(members ?? [])}
            keyOf={({ id }) => id}
            {...(isOwner ? { menu: (role: Role) => <ActionMenu of={role.name} actions={actionsOf(role)} /> } : {})}
          />
        )}
      </Loaded>
      {open?.kind === 'edit' && <RoleDialog draft={open.draft} onClose={close} />}
      {open?.kind === 'delete' && <DeleteRoleDialog role={open.role} onClose={close} />}
    </MembersFrame>
  )
}

function columns(members: readonly Member[]): Column<Role>[] {
  return [
    {
      name: 'Name',
      sortBy: ({ name }) => name,
      cell: ({ name, description, isGlobal }) => (
        <span className="stack">
          <span>
            <strong>{name}</strong> {!isGlobal && <span className="tag">own</span>}
          </span>
          <span className="quiet small">{description}</span>
        </span>
      ),
    },
    { name: 'Gives', cell: ({ permissions }) => <span title={inLines(permissions)}>{inWords(permissions)}</span> },
    {
      name: 'Members',
      isNumber: true,
      sortBy: (role) => holders(role, members).length,
      cell: (role) => <span title={holders(role, members).join(', ')}>{holders(role, members).length}</span>,
    },
  ]
}

function holders({ id }: Role, members: readonly Member[]): string[] {
  return members.filter(({ assignedRoles }) => assignedRoles.some((one) => one.id === id)).map(({ name }) => name)
}

function DeleteRoleDialog({ role, onClose }: { role: Role; onClose: () => void }): ReactNode {
  const { daytona, organization } = usePlatform()
  const members = useMembers().data ?? []
  const readPeople = useReadPeople()
  const tell = useTell()
  const names = holders(role, members)

  async function remove(): Promise<void> {
    const params = { organizationId: organization.id, roleId: role.id }
    await daytona.client.call('deleteOrganizationRole', { params })
    tell.done(`The role ${role.name} is deleted`)
    await readPeople()
  }

  return (
    <FormDialog title={`Delete ${role.name}?`} verb="Delete" isDanger onSubmit={remove} onClose={onClose}>
      <p>
        {names.length === 0
          ? 'No member has it.'
          : `${names.slice(0, 5).join(', ')}${names.length > 5 ? ` and ${names.length - 5} more` : ''} ${names.length === 1 ? 'loses' : 'lose'} what it gave, at once, also by keys.`}{' '}
        Open invitations give it no more.
      </p>
    </FormDialog>
  )
}
