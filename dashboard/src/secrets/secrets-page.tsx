import { DaytonaForbiddenError } from '@sandyard/sdk'
import { Boxes, CodeXml, LockKeyhole, Pencil, Plus, SearchX, Trash2 } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import { ActionMenu } from '../design/action-menu.tsx'
import { CodeChoice } from '../design/code.tsx'
import { curlOf } from '../design/curl.ts'
import { type Column, DataTable } from '../design/data-table.tsx'
import { useKeys } from '../design/keys.ts'
import { Modal } from '../design/modal.tsx'
import { Loaded, Page } from '../design/page.tsx'
import { hasWords, SearchField } from '../design/search-field.tsx'
import { ago, moment } from '../design/times.ts'
import { useNow } from '../design/use-now.ts'
import { NeedsRight } from '../platform/needs-right.tsx'
import { useMay } from '../platform/permissions.ts'
import { type Secret, useSecrets } from './calls.ts'
import { DeleteSecret, UsedBy } from './holders.tsx'
import { CreateSecret, EditSecret } from './secret-form.tsx'
import './secrets.css'

/** What is open above the list. */
type Open =
  | { readonly kind: 'create' }
  | { readonly kind: 'edit' | 'delete' | 'used' | 'code'; readonly secret: Secret }

/** Secrets of the organization: what sandboxes use and never have. */
export function SecretsPage(): ReactNode {
  const may = useMay()('manage:secrets')
  const query = useSecrets(may)
  const [open, setOpen] = useState<Open | null>(null)
  const [wanted, setWanted] = useState('')
  const create = (): void => setOpen({ kind: 'create' })
  useKeys({ c: () => may && create() })
  if (!may || query.error instanceof DaytonaForbiddenError)
    return (
      <Page title="Secrets">
        <NeedsRight what="What the organization keeps secret" right="manage:secrets" />
      </Page>
    )
  return (
    <Page
      title="Secrets"
      actions={
        <button type="button" className="button" data-kind="primary" onClick={create}>
          <Plus aria-hidden /> Create
        </button>
      }
    >
      <p className="lead">
        Programs in a sandbox see a placeholder. The real value is put in its place on the way out, in requests to the
        hosts that you name, and is never inside.
      </p>
      <Loaded query={query} what="Your secrets could not be read">
        {(secrets) =>
          secrets.length === 0 ? (
            <NoneYet onCreate={create} />
          ) : (
            <>
              <div className="filters">
                <SearchField label="Search by name or host" value={wanted} onChange={setWanted} />
              </div>
              <SecretTable secrets={secrets.filter((secret) => fits(secret, wanted))} onOpen={setOpen} />
            </>
          )
        }
      </Loaded>
      <Opened open={open} onClose={() => setOpen(null)} />
    </Page>
  )
}

function fits({ name, hosts, description = '' }: Secret, wanted: string): boolean {
  return hasWords([name, description, ...hosts].join(' '), wanted)
}

function SecretTable({ secrets, onOpen }: { secrets: readonly Secret[]; onOpen: (open: Open) => void }): ReactNode {
  const now = useNow(15_000)
  if (secrets.length === 0)
    return (
      <div className="empty">
        <SearchX aria-hidden />
        <h2>No secret fits</h2>
      </div>
    )
  const columns: readonly Column<Secret>[] = [
    {
      name: 'Name',
      sortBy: ({ name }) => name,
      cell: (secret) => (
        <div className="stack">
          <button type="button" className="row-button" onClick={() => onOpen({ kind: 'edit', secret })}>
            {secret.name}
          </button>
          {secret.description !== undefined && <span className="quiet small">{secret.description}</span>}
        </div>
      ),
    },
    { name: 'Hosts', cell: ({ hosts }) => <span className="mono small">{hosts.join(', ')}</span> },
    {
      name: 'Changed',
      isExtra: true,
      sortBy: ({ updatedAt }) => updatedAt,
      cell: ({ updatedAt }) => <span title={moment(updatedAt)}>{ago(updatedAt, now)}</span>,
    },
    {
      name: 'Created',
      sortBy: ({ createdAt }) => createdAt,
      cell: ({ createdAt }) => <span title={moment(createdAt)}>{ago(createdAt, now)}</span>,
    },
  ]
  return (
    <DataTable
      label="Secrets"
      rows={secrets}
      columns={columns}
      keyOf={({ id }) => id}
      menu={(secret) => (
        <ActionMenu
          of={secret.name}
          actions={[
            { name: 'Change…', icon: Pencil, run: () => onOpen({ kind: 'edit', secret }) },
            { name: 'Who has it', icon: Boxes, run: () => onOpen({ kind: 'used', secret }) },
            { name: 'Use it in code', icon: CodeXml, run: () => onOpen({ kind: 'code', secret }) },
            { name: 'Delete…', icon: Trash2, isDanger: true, run: () => onOpen({ kind: 'delete', secret }) },
          ]}
        />
      )}
    />
  )
}

function Opened({ open, onClose }: { open: Open | null; onClose: () => void }): ReactNode {
  switch (open?.kind) {
    case undefined:
      return null
    case 'create':
      return <CreateSecret onClose={onClose} />
    case 'edit':
      return <EditSecret secret={open.secret} onClose={onClose} />
    case 'delete':
      return <DeleteSecret secret={open.secret} onClose={onClose} />
    case 'used':
      return <UsedBy secret={open.secret} onClose={onClose} />
    case 'code':
      return <InCode secret={open.secret} onClose={onClose} />
  }
}

function InCode({ secret: { name, hosts }, onClose }: { secret: Secret; onClose: () => void }): ReactNode {
  const variable = name
    .toUpperCase()
    .replaceAll('-', '_')
    .replace(/^(?=\d)/, '_')
  const samples = [
    { name: 'TypeScript', text: `const sandbox = await daytona.create({\n  secrets: { ${variable}: '${name}' },\n})` },
    {
      name: 'Python',
      text: `sandbox = daytona.create(\n    CreateSandboxFromSnapshotParams(secrets={"${variable}": "${name}"})\n)`,
    },
    { name: 'curl', text: curlOf('POST', '/sandbox', { secrets: [{ [variable]: name }] }) },
  ]
  return (
    <Modal title={`Use ${name}`} onClose={onClose}>
      <p>
        Inside, the variable <code>{variable}</code> has a placeholder. Send it in a header or in the query of an HTTPS
        request to {hosts.length === 1 ? hosts[0] : 'one of its hosts'}.
      </p>
      <CodeChoice label="A sandbox with it" samples={samples} />
    </Modal>
  )
}

function NoneYet({ onCreate }: { onCreate: () => void }): ReactNode {
  return (
    <div className="empty">
      <LockKeyhole aria-hidden />
      <h2>No secrets yet</h2>
      <p>Keep a key of a service here, and agents in sandboxes can use it without ever being able to read it.</p>
      <button type="button" className="button" data-kind="primary" onClick={onCreate}>
        <Plus aria-hidden /> Create your first secret
      </button>
    </div>
  )
}
