import { Copy, LockKeyhole, LockKeyholeOpen, Plus, ShieldAlert } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import { ActionMenu, type MenuAction } from '../design/action-menu.tsx'
import { type Column, DataTable } from '../design/data-table.tsx'
import { useKeys } from '../design/keys.ts'
import { Loaded } from '../design/page.tsx'
import { hasWords, SearchField } from '../design/search-field.tsx'
import { State } from '../design/state.tsx'
import { ago, moment } from '../design/times.ts'
import { useCopy } from '../design/use-copy.ts'
import { useNow } from '../design/use-now.ts'
import type { Organization } from '../platform/organizations.ts'
import { useAllOrganizations, useUsers } from './all.ts'
import { GiveOrganizationDialog } from './give-organization-dialog.tsx'
import { usePreviewWarning, useUnsuspend } from './organization-actions.ts'
import { SettingsFrame } from './settings-frame.tsx'
import { SuspendDialog } from './suspend-dialog.tsx'

/** Organizations of the platform, for administrators. */
export function OrganizationsPart(): ReactNode {
  const query = useAllOrganizations()
  const [isCreating, setCreating] = useState(false)
  useKeys({ c: () => setCreating(true) })
  return (
    <SettingsFrame
      current="/settings/organizations"
      actions={
        <button type="button" className="button" data-kind="primary" onClick={() => setCreating(true)}>
          <Plus aria-hidden /> Create
        </button>
      }
    >
      <Loaded query={query} what="The organizations could not be read">
        {(organizations) => <OrganizationTable organizations={organizations} />}
      </Loaded>
      {isCreating && <GiveOrganizationDialog onClose={() => setCreating(false)} />}
    </SettingsFrame>
  )
}

function OrganizationTable({ organizations }: { organizations: readonly Organization[] }): ReactNode {
  const now = useNow(60_000)
  const copy = useCopy()
  const warn = usePreviewWarning()
  const unsuspend = useUnsuspend()
  const users = useUsers().data
  const [wanted, setWanted] = useState('')
  const [toSuspend, setToSuspend] = useState<Organization | null>(null)
  const nameOf = (id: string): string => users?.find((user) => user.id === id)?.name ?? id
  const shown = organizations.filter(({ id, name, createdBy }) =>
    hasWords(`${name} ${id} ${createdBy} ${nameOf(createdBy)}`, wanted),
  )

  function actionsOf(organization: Organization): MenuAction[] {
    const { id, suspended, previewWarningEnabled } = organization
    const isWarned = previewWarningEnabled === true
    return [
      { name: 'Copy the id', icon: Copy, run: () => copy(id, 'The id') },
      {
        name: isWarned ? 'No warning before previews' : 'Warning before previews',
        icon: ShieldAlert,
        run: () => void warn(organization, !isWarned),
      },
      suspended
        ? { name: 'Open again', icon: LockKeyholeOpen, run: () => void unsuspend(organization) }
        : { name: 'Suspend…', icon: LockKeyhole, isDanger: true, run: () => setToSuspend(organization) },
    ]
  }

  return (
    <>
      <SearchField label="Search by name, id or maker" value={wanted} onChange={setWanted} />
      <DataTable
        label="Organizations"
        rows={shown}
        columns={columns(nameOf, now)}
        keyOf={({ id }) => id}
        menu={(organization) => <ActionMenu of={organization.name} actions={actionsOf(organization)} />}
      />
      {toSuspend !== null && <SuspendDialog organization={toSuspend} onClose={() => setToSuspend(null)} />}
    </>
  )
}

function columns(nameOf: (userId: string) => string, now: number): Column<Organization>[] {
  return [
    {
      name: 'Name',
      sortBy: ({ name }) => name,
      cell: ({ name, id, personal }) => (
        <span className="stack">
          <span>
            <strong>{name}</strong> {personal && <span className="tag">personal</span>}
          </span>
          <code className="quiet small">{id}</code>
        </span>
      ),
    },
    { name: 'Made by', sortBy: ({ createdBy }) => nameOf(createdBy), cell: ({ createdBy }) => nameOf(createdBy) },
    {
      name: 'State',
      sortBy: ({ suspended }) => (suspended ? 0 : 1),
      cell: ({ suspended, suspensionReason }) =>
        suspended ? <State tone="bad" word="suspended" reason={suspensionReason} /> : <State tone="good" word="open" />,
    },
    {
      name: 'Created',
      isExtra: true,
      sortBy: ({ createdAt }) => Date.parse(createdAt),
      cell: ({ createdAt }) => <span title={moment(createdAt)}>{ago(createdAt, now)}</span>,
    },
  ]
}
