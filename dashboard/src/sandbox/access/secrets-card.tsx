import { useQueryClient } from '@tanstack/react-query'
import { Plus, X } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import { Link } from 'wouter'
import { Card } from '../../design/cards.tsx'
import { SelectField, TextField } from '../../design/fields.tsx'
import { FormDialog, textOf } from '../../design/form-dialog.tsx'
import { IconButton } from '../../design/icon-button.tsx'
import { useTell } from '../../design/toasts.tsx'
import { useMay } from '../../platform/permissions.ts'
import { usePlatform } from '../../platform/platform.tsx'
import { putSandboxes, type SandboxDetail } from '../../sandboxes/live.ts'
import { useSecrets } from '../../secrets/calls.ts'

/** A secret in a variable of the sandbox. */
interface Given {
  readonly variable: string
  readonly name: string
}

/** Secrets that a sandbox has: given to it, and taken from it. */
export function SecretsCard({ sandbox }: { sandbox: SandboxDetail }): ReactNode {
  const may = useMay()('write:sandboxes')
  const tell = useTell()
  const put = usePut(sandbox)
  const [isGiving, setGiving] = useState(false)
  const given = (sandbox.secrets ?? []).flatMap((one) =>
    Object.entries(one).map(([variable, name]): Given => ({ variable, name })),
  )

  async function take(taken: Given): Promise<void> {
    const again = (): void =>
      void put(given).then(
        () => tell.done(`${taken.name} is given again`),
        (error: unknown) => tell.failed(`Could not give ${taken.name}`, error),
      )
    try {
      await put(given.filter(({ variable }) => variable !== taken.variable))
      tell.done(`${taken.name} is taken from the sandbox`, again)
    } catch (error) {
      tell.failed(`Could not take ${taken.name}`, error)
    }
  }

  return (
    <Card
      title="Secrets"
      description="A variable has a placeholder; the value is put in its place in requests to the secret's hosts."
      actions={
        may && (
          <button type="button" className="button" onClick={() => setGiving(true)}>
            <Plus aria-hidden /> Give a secret
          </button>
        )
      }
    >
      {given.length === 0 ? (
        <p className="quiet">This sandbox has none.</p>
      ) : (
        <ul className="access-list">
          {given.map((one) => (
            <li key={one.variable}>
              <code>{one.variable}</code>
              <span className="quiet">{one.name}</span>
              {may && (
                <IconButton label={`Take ${one.name} from ${one.variable}`} onClick={() => void take(one)}>
                  <X />
                </IconButton>
              )}
            </li>
          ))}
        </ul>
      )}
      {isGiving && <GiveSecret given={given} onGive={(one) => put([...given, one])} onClose={() => setGiving(false)} />}
    </Card>
  )
}

/** Replaces the secrets of the sandbox, and shows it as it is then. */
function usePut({ id }: SandboxDetail): (given: readonly Given[]) => Promise<void> {
  const { daytona, organization } = usePlatform()
  const queries = useQueryClient()
  return async (given) => {
    const answer = await daytona.client.call('updateSandboxSecrets', {
      params: { sandboxIdOrName: id },
      body: { secrets: given.map(({ variable, name }) => ({ [variable]: name })) },
    })
    const told: SandboxDetail = { ...answer, secrets: answer.secrets ?? [] }
    putSandboxes(queries, organization.id, [told])
  }
}

function GiveSecret({
  given,
  onGive,
  onClose,
}: {
  given: readonly Given[]
  onGive: (one: Given) => Promise<void>
  onClose: () => void
}): ReactNode {
  const mayList = useMay()('manage:secrets')
  const { data } = useSecrets(mayList)
  const tell = useTell()
  async function give(form: FormData): Promise<void> {
    const one = { variable: textOf(form, 'variable') ?? '', name: textOf(form, 'name') ?? '' }
    if (given.some(({ variable }) => variable === one.variable)) throw new Error(`${one.variable} has a secret already`)
    await onGive(one)
    tell.done(`${one.name} is in ${one.variable}`)
  }
  return (
    <FormDialog
      title="Give a secret"
      description="Programs that start from now on have the variable; those that run do not."
      verb="Give"
      onSubmit={give}
      onClose={onClose}
    >
      <TextField
        label="Variable"
        name="variable"
        placeholder="OPENAI_API_KEY"
        pattern="[A-Za-z_][A-Za-z0-9_]*"
        autoCapitalize="characters"
        required
      />
      {mayList && data !== undefined && data.length > 0 ? (
        <SelectField label="Secret" name="name" required>
          {data.map(({ id, name }) => (
            <option key={id}>{name}</option>
          ))}
        </SelectField>
      ) : (
        <TextField
          label="Secret"
          name="name"
          placeholder="openai-prod"
          hint={
            mayList ? (
              <>
                The organization has none yet: <Link href="/secrets">create one</Link>.
              </>
            ) : (
              'Its name; who keeps secrets knows it.'
            )
          }
          required
        />
      )}
    </FormDialog>
  )
}
