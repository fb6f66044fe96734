import { useQueryClient } from '@tanstack/react-query'
import { LoaderCircle } from 'lucide-react'
import type { ReactNode } from 'react'
import { Link } from 'wouter'
import { FormDialog } from '../design/form-dialog.tsx'
import { Modal } from '../design/modal.tsx'
import { Note } from '../design/notes.tsx'
import { useTell } from '../design/toasts.tsx'
import { usePlatform } from '../platform/platform.tsx'
import { type Secret, secretsKey, useHolders } from './calls.ts'

/** shown by name; the others are counted */
const mostNamed = 8

/** Asks before a secret is forgotten, and says which sandboxes lose it. */
export function DeleteSecret({ secret, onClose }: { secret: Secret; onClose: () => void }): ReactNode {
  const { daytona, organization } = usePlatform()
  const queries = useQueryClient()
  const tell = useTell()
  async function remove(): Promise<void> {
    await daytona.client.call('deleteSecret', { params: { secretId: secret.id } })
    await queries.invalidateQueries({ queryKey: secretsKey(organization.id) })
    void queries.invalidateQueries({ queryKey: ['sandbox', organization.id] })
    tell.done(`${secret.name} is deleted`)
  }
  return (
    <FormDialog title={`Delete ${secret.name}?`} verb="Delete" isDanger onSubmit={remove} onClose={onClose}>
      <p>Its value is lost for ever, and requests that use it fail from now on.</p>
      <Holders secret={secret} />
    </FormDialog>
  )
}

/** Which sandboxes have a secret, and in which variables. */
export function UsedBy({ secret, onClose }: { secret: Secret; onClose: () => void }): ReactNode {
  return (
    <Modal title={`Who has ${secret.name}`} onClose={onClose}>
      <Holders secret={secret} />
    </Modal>
  )
}

function Holders({ secret }: { secret: Secret }): ReactNode {
  const { data, error } = useHolders(secret.id)
  if (error !== null) return <Note kind="bad">Which sandboxes have it could not be read: {error.message}</Note>
  if (data === undefined) return <LoaderCircle className="spin quiet" aria-label="Is being read" />
  if (data.total === 0) return <p className="quiet">No sandbox has it.</p>
  const more = data.total - Math.min(data.items.length, mostNamed)
  return (
    <div>
      <p>{data.total === 1 ? 'One sandbox has it:' : `${data.total} sandboxes have it:`}</p>
      <ul className="secret-holders">
        {data.items.slice(0, mostNamed).map(({ id, name, variables }) => (
          <li key={id}>
            <Link href={`/sandboxes/${id}/access`}>{name}</Link> <code className="quiet">{variables.join(', ')}</code>
          </li>
        ))}
        {more > 0 && <li className="quiet">and {more} more</li>}
      </ul>
    </div>
  )
}
