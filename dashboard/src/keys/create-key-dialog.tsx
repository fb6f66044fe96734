import { type ReactNode, useState } from 'react'
import { CheckField, SelectField, TextField } from '../design/fields.tsx'
import { FormDialog, textOf } from '../design/form-dialog.tsx'
import { PermissionsField } from '../members/permissions-field.tsx'
import { allPermissions, type Permission } from '../members/rights.ts'
import { useMay } from '../platform/permissions.ts'
import { usePlatform } from '../platform/platform.tsx'
import type { NewKey } from './keys.ts'

/** What most keys are for. */
const presets: readonly { name: string; hint: string; permissions: readonly Permission[] }[] = [
  {
    name: 'Run sandboxes',
    hint: 'Create, use, change and delete them. What agents and programs need',
    permissions: ['write:sandboxes', 'delete:sandboxes', 'read:volumes'],
  },
  {
    name: 'Run and build',
    hint: 'The same, with snapshots, volumes and registries',
    permissions: [
      'write:sandboxes',
      'delete:sandboxes',
      'write:snapshots',
      'delete:snapshots',
      'read:volumes',
      'write:volumes',
      'delete:volumes',
      'write:registries',
      'delete:registries',
    ],
  },
  { name: 'See and use', hint: 'Work in sandboxes that are there; make and delete none', permissions: [] },
  {
    name: 'Everything',
    hint: 'All that you may do, members and settings too. For your own machine',
    permissions: allPermissions,
  },
]

const own = 'Something else'
const dayMs = 86_400_000
const spans: readonly { name: string; days: number | null }[] = [
  { name: 'in 7 days', days: 7 },
  { name: 'in 30 days', days: 30 },
  { name: 'in 90 days', days: 90 },
  { name: 'in a year', days: 365 },
  { name: 'never', days: null },
]

/** Asks what a key is for, and makes it. */
export function CreateKeyDialog({
  taken,
  onCreated,
  onClose,
}: {
  /** names of the user's keys */
  taken: readonly string[]
  onCreated: (key: NewKey) => void
  onClose: () => void
}): ReactNode {
  const { daytona } = usePlatform()
  const may = useMay()
  const offered = presets.filter(({ permissions }) => permissions.every(may))
  const [preset, setPreset] = useState(offered[0]?.name ?? own)
  const [chosen, setChosen] = useState<readonly Permission[]>([])

  function choose(name: string): void {
    const next = presets.find((one) => one.name === name)
    // Who wants something else begins with what was chosen.
    if (next === undefined) setChosen(presets.find((one) => one.name === preset)?.permissions ?? [])
    setPreset(name)
  }

  async function create(form: FormData): Promise<void> {
    const name = textOf(form, 'name') ?? ''
    if (taken.includes(name)) throw new Error(`You have a key with the name ${name}`)
    const days = spans.find((one) => one.name === form.get('end'))?.days ?? null
    const permissions = presets.find((one) => one.name === preset)?.permissions ?? chosen
    const expiresAt = days === null ? null : new Date(Date.now() + days * dayMs).toISOString()
    onCreated(await daytona.client.call('createApiKey', { body: { name, permissions, expiresAt } }))
  }

  return (
    <FormDialog title="Create an API key" verb="Create" isOpenAfter onSubmit={create} onClose={onClose}>
      <TextField label="Name" name="name" maxLength={100} placeholder="Where it will be used: laptop, CI" required />
      <div className="choices" role="radiogroup" aria-label="What it may do">
        <span className="label">What it may do</span>
        {[...offered, { name: own, hint: 'Choose each permission' }].map(({ name, hint }) => (
          <CheckField
            key={name}
            type="radio"
            name="preset"
            label={name}
            hint={hint}
            checked={preset === name}
            onChange={() => choose(name)}
          />
        ))}
      </div>
      {preset === own && <PermissionsField value={chosen} onChange={setChosen} may={may} />}
      <SelectField
        label="It ends"
        name="end"
        defaultValue="in 90 days"
        hint="Afterwards it is refused, and stays in the list."
      >
        {spans.map(({ name }) => (
          <option key={name}>{name}</option>
        ))}
      </SelectField>
    </FormDialog>
  )
}
