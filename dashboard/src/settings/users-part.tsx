import { KeyRound, UserPlus } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import { useLocation, useSearch } from 'wouter'
import { ActionMenu } from '../design/action-menu.tsx'
import { type Column, DataTable } from '../design/data-table.tsx'
import { useKeys } from '../design/keys.ts'
import { Note } from '../design/notes.tsx'
import { Loaded } from '../design/page.tsx'
import { hasWords, SearchField } from '../design/search-field.tsx'
import { State } from '../design/state.tsx'
import { ago, moment } from '../design/times.ts'
import { useNow } from '../design/use-now.ts'
import { most, type User, useUsers } from './all.ts'
import { CreateUserDialog } from './create-user-dialog.tsx'
import { LoginLinkDialog } from './login-link-dialog.tsx'
import { SettingsFrame } from './settings-frame.tsx'

/** Users of the platform, for administrators. */
export function UsersPart(): ReactNode {
  const query = useUsers()
  const [, go] = useLocation()
  const search = new URLSearchParams(useSearch())
  const [linkFor, setLinkFor] = useState<User | null>(null)
  const create = (): void => go('/settings/users?create')
  const close = (): void => go('/settings/users', { replace: true })
  useKeys({ c: create })
  return (
    <SettingsFrame
      current="/settings/users"
      actions={
        <button type="button" className="button" data-kind="primary" onClick={create}>
          <UserPlus aria-hidden /> Create
        </button>
      }
    >
      <Loaded query={query} what="The users could not be read">
        {(users) => <UserTable users={users} onLink={setLinkFor} />}
      </Loaded>
      {search.has('create') && (
        <CreateUserDialog
          email={search.get('create') ?? ''}
          onCreated={(user) => {
            close()
            setLinkFor(user)
          }}
          onClose={close}
        />
      )}
      {linkFor !== null && <LoginLinkDialog user={linkFor} onClose={() => setLinkFor(null)} />}
    </SettingsFrame>
  )
}

function UserTable({ users, onLink }: { users: readonly User[]; onLink: (user: User) => void }): ReactNode {
  const now = useNow(60_000)
  const [wanted, setWanted] = useState('')
  const shown = users.filter(({ name, id, email }) => hasWords(`${name} ${id} ${email}`, wanted))
  const columns: Column<User>[] = [
    {
      name: 'Name',
      sortBy: ({ name }) => name,
      cell: ({ name, id, role }) => (
        <span className="stack">
          <span>
            <strong>{name}</strong>{' '}
            {role === 'admin' && (
              <span className="tag" data-kind="strong">
                administrator
              </span>
            )}
          </span>
          <code className="quiet small">{id}</code>
        </span>
      ),
    },
    {
      name: 'E-mail',
      sortBy: ({ email }) => email,
      cell: ({ email, emailVerified }) =>
        email === '' ? (
          <span className="quiet">none</span>
        ) : (
          <>
            {email} {!emailVerified && <State tone="busy" word="not confirmed" />}
          </>
        ),
    },
    {
      name: 'Created',
      isExtra: true,
      sortBy: ({ createdAt }) => Date.parse(createdAt),
      cell: ({ createdAt }) => <span title={moment(createdAt)}>{ago(createdAt, now)}</span>,
    },
  ]
  return (
    <>
      <SearchField label="Search by name, id or e-mail" value={wanted} onChange={setWanted} />
      {users.length >= most && (
        <Note>The oldest {most.toLocaleString()} users are shown; others are found by the API.</Note>
      )}
      <DataTable
        label="Users"
        rows={shown}
        columns={columns}
        keyOf={({ id }) => id}
        menu={(user) => (
          <ActionMenu
            of={user.name}
            actions={[{ name: 'Link that signs in…', icon: KeyRound, run: () => onLink(user) }]}
          />
        )}
      />
    </>
  )
}
