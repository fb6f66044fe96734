import { useQueryClient } from '@tanstack/react-query'
import { KeyRound, Plus, Trash2 } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import { ActionMenu } from '../design/action-menu.tsx'
import { type Column, DataTable } from '../design/data-table.tsx'
import { useKeys } from '../design/keys.ts'
import { NothingFits } from '../design/notes.tsx'
import { Loaded, Page } from '../design/page.tsx'
import { hasWords, SearchField } from '../design/search-field.tsx'
import { ago, moment, span } from '../design/times.ts'
import { useNow } from '../design/use-now.ts'
import { inLines, inWords } from '../members/rights.ts'
import { useMembers } from '../platform/permissions.ts'
import { usePlatform } from '../platform/platform.tsx'
import { CreateKeyDialog } from './create-key-dialog.tsx'
import { type Key, keysKey, type NewKey, useApiKeys } from './keys.ts'
import { NewKeyDialog } from './new-key-dialog.tsx'
import { RevokeKeyDialog } from './revoke-key-dialog.tsx'

/** keys from which on there is a search */
const manyKeys = 8
const dayMs = 86_400_000
/** a key that ends sooner is pointed out, ms */
const soonMs = 7 * dayMs

type Open = { readonly kind: 'create' } | { readonly kind: 'new'; readonly key: NewKey } | RevokeOpen | null
type RevokeOpen = { readonly kind: 'revoke'; readonly key: Key }

/** Keys by which programs call the platform. */
export function KeysPage(): ReactNode {
  const query = useApiKeys()
  const { organization, user } = usePlatform()
  const queries = useQueryClient()
  const [open, setOpen] = useState<Open>(null)
  const create = (): void => setOpen({ kind: 'create' })
  const close = (): void => setOpen(null)
  const readAgain = (): Promise<void> => queries.invalidateQueries({ queryKey: keysKey(organization.id) })
  useKeys({ c: create })

  return (
    <Page
      title="API keys"
      actions={
        <button type="button" className="button" data-kind="primary" onClick={create}>
          <Plus aria-hidden /> Create
        </button>
      }
    >
      <Loaded query={query} what="The API keys could not be read">
        {(keys) =>
          keys.length === 0 ? (
            <NoKeys onCreate={create} />
          ) : (
            <KeyTable keys={keys} userId={user.id} onRevoke={(key) => setOpen({ kind: 'revoke', key })} />
          )
        }
      </Loaded>
      {open?.kind === 'create' && (
        <CreateKeyDialog
          taken={(query.data ?? []).filter(({ userId }) => userId === user.id).map(({ name }) => name)}
          onCreated={(key) => {
            setOpen({ kind: 'new', key })
            void readAgain()
          }}
          onClose={close}
        />
      )}
      {open?.kind === 'new' && <NewKeyDialog created={open.key} onClose={close} />}
      {open?.kind === 'revoke' && <RevokeKeyDialog apiKey={open.key} onRevoked={readAgain} onClose={close} />}
    </Page>
  )
}

function KeyTable({
  keys,
  userId,
  onRevoke,
}: {
  keys: readonly Key[]
  userId: string
  onRevoke: (key: Key) => void
}): ReactNode {
  const now = useNow(15_000)
  const [wanted, setWanted] = useState('')
  const members = useMembers().data
  const nameOf = (id: string): string =>
    id === userId ? 'You' : (members?.find((one) => one.userId === id)?.name ?? id)
  const hasOthers = keys.some((key) => key.userId !== userId)
  const shown = keys.filter((key) => hasWords(`${key.name} ${key.value} ${nameOf(key.userId)}`, wanted))
  const columns: Column<Key>[] = [
    {
      name: 'Name',
      sortBy: ({ name }) => name,
      cell: ({ name, value }) => (
        <span className="stack">
          <strong>{name}</strong>
          <code className="quiet small">{value.replace(/\*+/, '…')}</code>
        </span>
      ),
    },
    {
      name: 'May',
      cell: ({ permissions }) => <span title={inLines(permissions)}>{inWords(permissions)}</span>,
    },
    ...(hasOthers
      ? [{ name: 'Of', sortBy: (key: Key) => nameOf(key.userId), cell: (key: Key) => nameOf(key.userId) }]
      : []),
    {
      name: 'Last used',
      sortBy: ({ lastUsedAt }) => (lastUsedAt === null ? 0 : Date.parse(lastUsedAt)),
      cell: ({ lastUsedAt }) =>
        lastUsedAt === null ? (
          <span className="quiet">never</span>
        ) : (
          <span title={moment(lastUsedAt)}>{ago(lastUsedAt, now)}</span>
        ),
    },
    {
      name: 'Created',
      isExtra: true,
      sortBy: ({ createdAt }) => Date.parse(createdAt),
      cell: ({ createdAt }) => <span title={moment(createdAt)}>{ago(createdAt, now)}</span>,
    },
    {
      name: 'Ends',
      sortBy: ({ expiresAt }) => (expiresAt === null ? Number.MAX_SAFE_INTEGER : Date.parse(expiresAt)),
      cell: ({ expiresAt }) => <End at={expiresAt} now={now} />,
    },
  ]
  return (
    <>
      {keys.length >= manyKeys && <SearchField label="Search by name or owner" value={wanted} onChange={setWanted} />}
      {shown.length === 0 ? (
        <NothingFits what="key" onClear={() => setWanted('')} />
      ) : (
        <DataTable
          label="API keys"
          rows={shown}
          columns={columns}
          keyOf={(key) => `${key.userId} ${key.name}`}
          menu={(key) => (
            <ActionMenu
              of={key.name}
              actions={[{ name: 'Revoke…', icon: Trash2, isDanger: true, run: () => onRevoke(key) }]}
            />
          )}
        />
      )}
    </>
  )
}

function End({ at, now }: { at: string | null; now: number }): ReactNode {
  if (at === null) return <span className="quiet">never</span>
  const left = Date.parse(at) - now
  if (left <= 0) {
    return (
      <span className="state" data-tone="bad" title={moment(at)}>
        ended {span(-left)} ago
      </span>
    )
  }
  if (left < soonMs) {
    return (
      <span className="state" data-tone="busy" title={moment(at)}>
        in {span(left)}
      </span>
    )
  }
  // To the nearest day: ninety days are ninety also a moment later.
  return <span title={moment(at)}>in {span(left + dayMs / 2)}</span>
}

function NoKeys({ onCreate }: { onCreate: () => void }): ReactNode {
  return (
    <div className="empty">
      <KeyRound aria-hidden />
      <h2>No API keys yet</h2>
      <p>
        A key lets a program, an agent or the command line work in this organization. Give each its own: then one can be
        revoked and the others go on.
      </p>
      <button type="button" className="button" data-kind="primary" onClick={onCreate}>
        <Plus aria-hidden /> Create a key
      </button>
    </div>
  )
}
