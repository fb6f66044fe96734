import { useQueryClient } from '@tanstack/react-query'
import { Container, Pencil, Plus, Trash2 } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import { ActionMenu, type MenuAction } from '../design/action-menu.tsx'
import { type Column, DataTable } from '../design/data-table.tsx'
import { FormDialog } from '../design/form-dialog.tsx'
import { useKeys } from '../design/keys.ts'
import { Loaded, Page } from '../design/page.tsx'
import { useTell } from '../design/toasts.tsx'
import { Ago } from '../design/when.tsx'
import { useMay } from '../platform/permissions.ts'
import { usePlatform } from '../platform/platform.tsx'
import { type Registry, registryList, useRegistries } from './live.ts'
import { RegistryDialog } from './registry-dialog.tsx'

/** What is open above the page. */
type Open = { readonly kind: 'add' } | { readonly kind: 'edit' | 'delete'; readonly registry: Registry } | null

const columns: readonly Column<Registry>[] = [
  { name: 'Name', sortBy: ({ name }) => name, cell: ({ name }) => name },
  {
    name: 'Address',
    sortBy: ({ url }) => url,
    cell: ({ url, project }) => <code>{project === '' ? url : `${url.replace(/\/$/, '')}/${project}`}</code>,
  },
  { name: 'User', sortBy: ({ username }) => username, cell: ({ username }) => username },
  {
    name: 'Changed',
    sortBy: ({ updatedAt }) => Date.parse(updatedAt),
    isExtra: true,
    cell: ({ updatedAt }) => <Ago iso={updatedAt} />,
  },
]

/** Logins at image registries. */
export function RegistriesPage(): ReactNode {
  const query = useRegistries()
  const { organization } = usePlatform()
  const queries = useQueryClient()
  const may = useMay()
  const [open, setOpen] = useState<Open>(null)
  const mayWrite = may('write:registries')
  const add = (): void => {
    if (mayWrite) setOpen({ kind: 'add' })
  }
  useKeys({ c: add })
  const close = (): void => {
    setOpen(null)
    void queries.invalidateQueries({ queryKey: [registryList, organization.id] })
  }
  const button = mayWrite && (
    <button type="button" className="button" data-kind="primary" onClick={add}>
      <Plus aria-hidden /> Add
    </button>
  )
  const actionsOf = (registry: Registry): readonly MenuAction[] => [
    ...(mayWrite ? [{ name: 'Edit…', icon: Pencil, run: () => setOpen({ kind: 'edit', registry }) }] : []),
    ...(may('delete:registries')
      ? [{ name: 'Delete…', icon: Trash2, run: () => setOpen({ kind: 'delete', registry }), isDanger: true }]
      : []),
  ]
  return (
    <Page title="Registries" actions={button || undefined}>
      <Loaded query={query} what="Your registries could not be read">
        {(registries) =>
          registries.length === 0 ? (
            <None button={button} />
          ) : (
            <DataTable
              label="Registries"
              rows={registries}
              columns={columns}
              keyOf={({ id }) => id}
              menu={(registry) => <ActionMenu of={registry.name} actions={actionsOf(registry)} />}
            />
          )
        }
      </Loaded>
      {open?.kind === 'add' && <RegistryDialog registry={null} onClose={close} />}
      {open?.kind === 'edit' && <RegistryDialog registry={open.registry} onClose={close} />}
      {open?.kind === 'delete' && <DeleteDialog registry={open.registry} onClose={close} />}
    </Page>
  )
}

function DeleteDialog({
  registry: { id, name, url },
  onClose,
}: {
  registry: Registry
  onClose: () => void
}): ReactNode {
  const { daytona } = usePlatform()
  const tell = useTell()
  return (
    <FormDialog
      title={`Delete ${name}?`}
      verb="Delete"
      isDanger
      onSubmit={async () => {
        await daytona.client.call('deleteRegistry', { params: { id } })
        tell.done(`${name} deleted`)
      }}
      onClose={onClose}
    >
      <p>
        The platform forgets the password for ever. Private images of {url} can no longer be pulled; snapshots that were
        made of them stay.
      </p>
    </FormDialog>
  )
}

function None({ button }: { button: ReactNode }): ReactNode {
  return (
    <div className="empty">
      <Container aria-hidden />
      <h2>No registries yet</h2>
      <p>Public images need none. Add the login of a registry, and snapshots can be made of your private images.</p>
      {button}
    </div>
  )
}
