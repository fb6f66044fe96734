import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { CheckField, SelectField, TextArea } from '../../design/fields.tsx'
import { Fold } from '../../design/fold.tsx'
import { PairsField } from '../../design/pairs-field.tsx'
import { useMay } from '../../platform/permissions.ts'
import { usePlatform } from '../../platform/platform.tsx'
import { TimerFields } from '../timer-fields.tsx'
import { ChoiceRows } from './choice-rows.tsx'
import type { Draft, Reach } from './draft.ts'

interface MoreProps {
  readonly draft: Draft
  readonly onChange: (change: Partial<Draft>) => void
}

/** What most sandboxes need not be told, folded, each part with what is in it. */
export function MoreFields({ draft, onChange }: MoreProps): ReactNode {
  const may = useMay()
  const { variables, labels } = draft
  return (
    <div className="folds">
      <Fold title="Variables and labels" what={countsText({ variable: variables.length, label: labels.length })}>
        <PairsField
          label="Variables"
          hint="Every program inside sees them. Paste a whole .env file into a row."
          pairs={variables}
          onChange={(changed) => onChange({ variables: changed })}
          words={{ name: 'VARIABLE', value: 'Value', add: 'Add a variable' }}
        />
        <PairsField
          label="Labels"
          hint="For finding it again: they are shown in the list and can be filtered by."
          pairs={labels}
          onChange={(changed) => onChange({ labels: changed })}
          words={{ name: 'label', value: 'Value', add: 'Add a label' }}
        />
      </Fold>
      <NetworkFold draft={draft} onChange={onChange} />
      <Fold title="When nobody uses it" what="stops after 15 min, files stay">
        <TimerFields />
      </Fold>
      {(may('read:volumes') || may('manage:secrets')) && <MountsFold draft={draft} onChange={onChange} />}
    </div>
  )
}

/** What a part has, such as `2 variables, 1 label`. */
function countsText(counts: Readonly<Record<string, number>>): string {
  const parts = Object.entries(counts).filter(([, count]) => count > 0)
  if (parts.length === 0) return 'none'
  return parts.map(([what, count]) => `${count} ${what}${count === 1 ? '' : 's'}`).join(', ')
}

const reaches: Readonly<Record<Reach, string>> = {
  all: 'All public addresses',
  none: 'None',
  list: 'Only those on a list',
}

function NetworkFold({ draft: { reach }, onChange }: MoreProps): ReactNode {
  return (
    <Fold title="Network" what={reach === 'all' ? 'all public addresses' : reach === 'none' ? 'closed' : 'by a list'}>
      <SelectField
        label="It may connect to"
        value={reach}
        hint="Private networks and this machine are closed to it always."
        onChange={({ target }) => onChange({ reach: target.value as Reach })}
      >
        {(Object.keys(reaches) as Reach[]).map((one) => (
          <option key={one} value={one}>
            {reaches[one]}
          </option>
        ))}
      </SelectField>
      {reach === 'list' && (
        <>
          <TextArea
            label="Domains"
            name="domains"
            rows={3}
            placeholder={'example.com\n*.example.org'}
            hint="One a line, ten at most; *.example.org stands for all below it."
          />
          <TextArea
            label="Networks"
            name="networks"
            rows={2}
            placeholder="192.0.2.0/24"
            hint="IPv4 with a length (CIDR), one a line, ten at most."
          />
        </>
      )}
      <CheckField
        label="Previews are open to everybody"
        name="public"
        hint="Whoever has the address of a port sees what is served there. Otherwise a token or a sign-in is needed."
      />
    </Fold>
  )
}

function MountsFold({ draft: { volumes, secrets }, onChange }: MoreProps): ReactNode {
  const { daytona, organization } = usePlatform()
  const may = useMay()
  const mayVolumes = may('read:volumes')
  const maySecrets = may('manage:secrets')
  const { data: allVolumes } = useQuery({
    queryKey: ['volumes', organization.id, 'to-create'],
    queryFn: async ({ signal }) => {
      const all = await daytona.client.call('listVolumes', {}, { signal })
      return all.filter(({ state }) => state === 'ready').map(({ id, name }) => ({ value: id, name }))
    },
    enabled: mayVolumes,
  })
  const { data: allSecrets } = useQuery({
    queryKey: ['secrets', organization.id, 'to-create'],
    queryFn: async ({ signal }) => {
      const { items } = await daytona.client.call('listSecretsPaginated', { query: { limit: 200 } }, { signal })
      return items.map(({ name }) => ({ value: name, name }))
    },
    enabled: maySecrets,
  })
  const what = countsText({ volume: volumes.length, secret: secrets.length })
  return (
    <Fold title="Volumes and secrets" what={what}>
      {mayVolumes && (
        <ChoiceRows
          label="Volumes"
          hint={
            allVolumes?.length === 0
              ? 'There is no volume yet. Create one under Volumes.'
              : 'Folders that outlive the sandbox and can be in many at once.'
          }
          options={allVolumes ?? []}
          rows={volumes}
          onChange={(changed) => onChange({ volumes: changed })}
          words={{ choice: 'Volume', text: 'Path of volume', example: '/data', add: 'Mount a volume' }}
        />
      )}
      {maySecrets && (
        <ChoiceRows
          label="Secrets"
          hint={
            allSecrets?.length === 0
              ? 'There is no secret yet. Create one under Secrets.'
              : 'Programs use them without seeing them; only the hosts of the secret get its value.'
          }
          options={allSecrets ?? []}
          rows={secrets}
          onChange={(changed) => onChange({ secrets: changed })}
          words={{ choice: 'Secret', text: 'Variable of secret', example: 'API_KEY', add: 'Use a secret' }}
        />
      )}
    </Fold>
  )
}
