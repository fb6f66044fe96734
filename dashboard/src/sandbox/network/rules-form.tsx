import { LoaderCircle } from 'lucide-react'
import { type FormEvent, type ReactNode, useState } from 'react'
import { TextArea } from '../../design/fields.tsx'
import { Note } from '../../design/notes.tsx'
import { useMay } from '../../platform/permissions.ts'
import type { SandboxDetail } from '../../sandboxes/live.ts'
import {
  asRange,
  entriesOf,
  faultOf,
  mostAllowed,
  mostDenied,
  type NetworkMode,
  type NetworkRules,
  rulesOf,
} from './rules.ts'
import { useSetRules } from './use-set-rules.ts'

const modes: Readonly<Record<NetworkMode, { readonly name: string; readonly hint: string }>> = {
  open: { name: 'Everything public', hint: 'All of the internet, but what is denied below.' },
  listed: {
    name: 'Only what is listed',
    hint: 'Names and addresses that you choose. Other names do not exist inside.',
  },
  closed: { name: 'Nothing', hint: 'No connection leaves the sandbox. Terminals, files and previews work as before.' },
}

/** The rules as they are typed: lists are text until they are saved. */
interface Draft {
  readonly mode: NetworkMode
  readonly addresses: string
  readonly names: string
  readonly deniedAddresses: string
  readonly deniedNames: string
}

/** The rules of a sandbox, to be changed. What is typed stays as long as it is not saved. */
export function RulesForm({ sandbox }: { sandbox: SandboxDetail }): ReactNode {
  const rules = rulesOf(sandbox)
  const mayChange = useMay()('write:sandboxes')
  const setRules = useSetRules(sandbox)
  const [draft, setDraft] = useState<Draft | null>(null)
  const [isBusy, setBusy] = useState(false)
  const shown = draft ?? toDraft(rules)
  const wanted = fromDraft(shown)
  const isChanged = JSON.stringify(wanted) !== JSON.stringify(fromDraft(toDraft(rules)))
  const fault = isChanged ? faultOf(wanted) : null
  const change = (part: Partial<Draft>): void => setDraft({ ...shown, ...part })

  async function save(event: FormEvent): Promise<void> {
    event.preventDefault()
    setBusy(true)
    if (await setRules(wanted, 'The network rules hold now')) setDraft(null)
    setBusy(false)
  }

  const list = (
    name: 'addresses' | 'names' | 'deniedAddresses' | 'deniedNames',
    label: string,
    placeholder: string,
  ) => (
    <TextArea
      label={label}
      rows={Math.min(10, Math.max(2, shown[name].split('\n').length))}
      placeholder={placeholder}
      readOnly={!mayChange}
      value={shown[name]}
      onChange={(event) => change({ [name]: event.target.value })}
    />
  )

  return (
    <form className="panel rules" onSubmit={(event) => void save(event)}>
      <h2>It may connect to</h2>
      <fieldset disabled={!mayChange}>
        <legend className="visually-hidden">It may connect to</legend>
        {Object.entries(modes).map(([mode, { name, hint }]) => (
          <label key={mode} className="mode">
            <input
              type="radio"
              name="mode"
              checked={shown.mode === mode}
              onChange={() => change({ mode: mode as NetworkMode })}
            />
            <span>{name}</span>
            <span className="quiet small">{hint}</span>
          </label>
        ))}
      </fieldset>
      {shown.mode === 'listed' && (
        <div className="lists">
          {list('names', `Names, ${mostAllowed} at most`, 'example.com\n*.example.org')}
          {list('addresses', `Addresses, ${mostAllowed} at most`, '192.0.2.0/24')}
        </div>
      )}
      {shown.mode !== 'closed' && (
        <details open={rules.deniedAddresses.length + rules.deniedNames.length > 0}>
          <summary>Denied, whatever else is open</summary>
          <div className="lists">
            {list('deniedNames', `Denied names, ${mostDenied} at most`, '*.ads.example')}
            {list('deniedAddresses', `Denied addresses, ${mostDenied} at most`, '198.51.100.0/24')}
          </div>
        </details>
      )}
      {!mayChange && <Note>You may look at the rules; to change them needs the right write:sandboxes.</Note>}
      {isChanged && (
        <>
          <p className="effect" role="status">
            {fault ?? effectOf(rules, wanted, sandbox.state === 'started')}
          </p>
          <footer>
            <button type="submit" className="button" data-kind="primary" disabled={isBusy || fault !== null}>
              {isBusy && <LoaderCircle className="spin" aria-hidden />} Save
            </button>
            <button type="button" className="button" onClick={() => setDraft(null)}>
              Keep as it was
            </button>
          </footer>
        </>
      )}
    </form>
  )
}

/** What happens at the moment in which the rules change. */
function effectOf(before: NetworkRules, after: NetworkRules, isRunning: boolean): string {
  if (!isRunning) return 'The rules hold from its next start on.'
  if (after.mode === 'closed') return 'All open connections to the outside are cut at once.'
  const denies =
    after.deniedAddresses.some((entry) => !before.deniedAddresses.includes(entry)) ||
    after.deniedNames.some((entry) => !before.deniedNames.includes(entry))
  if (after.mode === 'listed') {
    const gone =
      before.mode === 'listed' && [...before.addresses, ...before.names].filter((entry) => !has(after, entry))
    if (gone === false) return 'Open connections to what is not listed are cut at once.'
    if (gone.length > 0) return `Open connections to ${gone.slice(0, 3).join(', ')} are cut at once.`
  }
  return denies ? 'Open connections to what is denied are cut at once.' : 'It holds at once. No open connection is cut.'
}

function has({ addresses, names }: NetworkRules, entry: string): boolean {
  return addresses.includes(entry) || names.includes(entry)
}

function toDraft({ mode, addresses, names, deniedAddresses, deniedNames }: NetworkRules): Draft {
  return {
    mode,
    addresses: addresses.join('\n'),
    names: names.join('\n'),
    deniedAddresses: deniedAddresses.join('\n'),
    deniedNames: deniedNames.join('\n'),
  }
}

function fromDraft({ mode, addresses, names, deniedAddresses, deniedNames }: Draft): NetworkRules {
  const isListed = mode === 'listed'
  return {
    mode,
    addresses: isListed ? entriesOf(addresses).map(asRange) : [],
    names: isListed ? entriesOf(names) : [],
    deniedAddresses: entriesOf(deniedAddresses).map(asRange),
    deniedNames: entriesOf(deniedNames),
  }
}
