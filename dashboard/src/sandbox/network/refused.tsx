import type { NetworkRefusal } from '@sandyard/sdk'
import { useQuery } from '@tanstack/react-query'
import { Moon, ShieldCheck } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import { type Column, DataTable } from '../../design/data-table.tsx'
import { Loaded } from '../../design/page.tsx'
import { ago, moment } from '../../design/times.ts'
import { useNow } from '../../design/use-now.ts'
import { useMay } from '../../platform/permissions.ts'
import { usePlatform } from '../../platform/platform.tsx'
import type { SandboxDetail } from '../../sandboxes/live.ts'
import { allowing, mostAllowed, type NetworkRules, rulesOf } from './rules.ts'
import { useSetRules } from './use-set-rules.ts'

const refreshMs = 4000

const reasons: Readonly<Record<NetworkRefusal['reason'], string>> = {
  'not-allowed': 'No rule allows it',
  denied: 'A rule denies it',
  'private-address': 'Private addresses are always closed',
  'query-type': 'Such questions about names are not answered',
  'too-many': 'Too many names at once',
}

/** What the rules of a sandbox have refused in the last hour, the newest first. */
export function RefusedAttempts({ sandbox }: { sandbox: SandboxDetail }): ReactNode {
  const { daytona, organization } = usePlatform()
  const isRunning = sandbox.state === 'started'
  const rules = rulesOf(sandbox)
  const hasRules = rules.mode !== 'open' || rules.deniedAddresses.length + rules.deniedNames.length > 0
  const query = useQuery({
    queryKey: ['refused', organization.id, sandbox.id, isRunning],
    queryFn: ({ signal }) =>
      daytona.client.call('getNetworkRefusals', { params: { sandboxIdOrName: sandbox.id } }, { signal }),
    staleTime: 0,
    refetchInterval: isRunning && hasRules ? refreshMs : false,
  })
  return (
    <section className="refused">
      <h2>Refused in the last hour</h2>
      <Loaded query={query} what="The refused attempts could not be read">
        {({ items }) =>
          items.length > 0 ? (
            <Table sandbox={sandbox} rules={rules} items={items} />
          ) : (
            <None isRunning={isRunning} hasRules={hasRules} />
          )
        }
      </Loaded>
    </section>
  )
}

function None({ isRunning, hasRules }: { isRunning: boolean; hasRules: boolean }): ReactNode {
  const Icon = isRunning ? ShieldCheck : Moon
  return (
    <div className="empty">
      <Icon aria-hidden />
      <h2>{isRunning ? 'Nothing was refused' : 'It does not run'}</h2>
      <p>{none(isRunning, hasRules)}</p>
    </div>
  )
}

function none(isRunning: boolean, hasRules: boolean): string {
  if (!isRunning) return 'What is refused is told of a sandbox that runs.'
  if (hasRules) return 'What its programs try and may not shows up here by itself, with a way to allow it.'
  return 'Everything public is open. Choose rules, and what they refuse shows up here.'
}

function Table({
  sandbox,
  rules,
  items,
}: {
  sandbox: SandboxDetail
  rules: NetworkRules
  items: readonly NetworkRefusal[]
}): ReactNode {
  const now = useNow(5000)
  const mayChange = useMay()('write:sandboxes')
  const columns: readonly Column<NetworkRefusal>[] = [
    { name: 'To', cell: (refusal) => <Target refusal={refusal} />, sortBy: ({ target }) => target },
    { name: 'Why', cell: ({ reason }) => <span className="quiet">{reasons[reason]}</span> },
    { name: 'Times', isNumber: true, cell: ({ count }) => count.toLocaleString(), sortBy: ({ count }) => count },
    {
      name: 'Last',
      isNumber: true,
      cell: ({ lastAt }) => <span title={moment(lastAt)}>{ago(lastAt, now)}</span>,
      sortBy: ({ lastAt }) => -Date.parse(lastAt),
    },
  ]
  return (
    <DataTable<NetworkRefusal>
      label="Refused attempts"
      rows={items}
      columns={columns}
      keyOf={({ kind, target, protocol, port, reason }) => `${kind} ${target} ${protocol} ${port ?? ''} ${reason}`}
      {...(mayChange ? { menu: (refusal) => <Allow sandbox={sandbox} rules={rules} refusal={refusal} /> } : {})}
    />
  )
}

function Target({ refusal: { kind, target, protocol, port } }: { refusal: NetworkRefusal }): ReactNode {
  return (
    <>
      <span className="mono">{port === undefined ? target : `${target}:${port}`}</span>
      <span className="under small quiet">
        {kind === 'name' ? `asked for the name (${protocol})` : `tried to connect (${protocol.toUpperCase()})`}
      </span>
    </>
  )
}

function Allow({
  sandbox,
  rules,
  refusal,
}: {
  sandbox: SandboxDetail
  rules: NetworkRules
  refusal: NetworkRefusal
}): ReactNode {
  const setRules = useSetRules(sandbox)
  const [isBusy, setBusy] = useState(false)
  const wanted = allowing(rules, refusal)
  if (refusal.reason !== 'not-allowed' || rules.mode === 'open') return null
  if (wanted === null) {
    const isThere = [...rules.addresses, ...rules.names].some((entry) => entry.replace(/\/32$/, '') === refusal.target)
    return (
      <span className="quiet small">{isThere ? 'allowed since' : `the list has ${mostAllowed}, which is all`}</span>
    )
  }
  const allow = async (): Promise<void> => {
    setBusy(true)
    await setRules(wanted, `${refusal.target} is allowed; all that is not listed stays closed`)
    setBusy(false)
  }
  return (
    <button
      type="button"
      className="button"
      disabled={isBusy}
      aria-label={`Allow this: ${refusal.target}`}
      onClick={() => void allow()}
    >
      Allow this
    </button>
  )
}
