import type { AnswerOf, ApiOperations } from '@sandyard/sdk'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { ExternalLink, Plus, RefreshCw, Unlink } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import { Card } from '../../design/cards.tsx'
import { CopyField } from '../../design/copy-field.tsx'
import { TextField } from '../../design/fields.tsx'
import { FormDialog, numberOf, textOf } from '../../design/form-dialog.tsx'
import { Loaded } from '../../design/page.tsx'
import { ago } from '../../design/times.ts'
import { useTell } from '../../design/toasts.tsx'
import { useNow } from '../../design/use-now.ts'
import { usePlatform } from '../../platform/platform.tsx'
import type { Tools } from '../tools.tsx'
import { safeUrl } from './ports.ts'

type Domain = AnswerOf<ApiOperations['listSandboxDomains']>[number]

/** The platform looks for proofs by itself; the page looks what came of it. */
const everyMs = 20_000

const tones = { active: 'good', pending: 'busy', failed: 'bad' } as const
const words = { active: 'is served', pending: 'waits for its proof', failed: 'failed' } as const

/** Domains of people that lead to ports of a sandbox. `adding`: the port that one is asked for; null: none is. */
export function DomainsCard({
  tools: { id },
  mayWrite,
  adding,
  onAdd,
}: {
  tools: Tools
  mayWrite: boolean
  adding: number | 'any' | null
  onAdd: (adding: number | 'any' | null) => void
}): ReactNode {
  const { daytona, organization } = usePlatform()
  const queries = useQueryClient()
  const queryKey = ['domains', organization.id, id]
  const query = useQuery({
    queryKey,
    queryFn: ({ signal }) => daytona.client.call('listSandboxDomains', { params: { sandboxIdOrName: id } }, { signal }),
    refetchInterval: ({ state: { data } }) =>
      data?.some(({ state }) => state !== 'active') === true ? everyMs : false,
  })
  const readAnew = (): Promise<void> => queries.invalidateQueries({ queryKey })
  return (
    <Card
      title="Domains"
      description="A name of your own that leads to a port, with a certificate where the platform has TLS."
      actions={
        mayWrite && (
          <button type="button" className="button" onClick={() => onAdd('any')}>
            <Plus aria-hidden /> Attach a domain…
          </button>
        )
      }
    >
      <Loaded query={query} what="The domains could not be read">
        {(domains) =>
          domains.length === 0 ? null : (
            <div className="domains">
              {domains.map((domain) => (
                <DomainPart key={domain.domain} domain={domain} mayWrite={mayWrite} onChange={readAnew} />
              ))}
            </div>
          )
        }
      </Loaded>
      {adding !== null && (
        <FormDialog
          title="Attach a domain"
          description="Next you are shown what to write into its DNS. One that your organization has already moves here."
          verb="Attach"
          onClose={() => onAdd(null)}
          onSubmit={async (form) => {
            const body = { domain: textOf(form, 'domain') ?? '', port: numberOf(form, 'port') ?? 0 }
            await daytona.client.call('attachDomain', { params: { sandboxIdOrName: id }, body })
            await readAnew()
          }}
        >
          <TextField label="Domain" name="domain" required placeholder="app.example.com" autoCapitalize="none" />
          <TextField
            label="Port"
            name="port"
            type="number"
            min={1}
            max={65_535}
            required
            defaultValue={adding === 'any' ? '' : adding}
          />
        </FormDialog>
      )}
    </Card>
  )
}

function DomainPart({
  domain: { domain, sandboxId, port, state, reason, proof, cname, url, checkedAt },
  mayWrite,
  onChange,
}: {
  domain: Domain
  mayWrite: boolean
  onChange: () => Promise<void>
}): ReactNode {
  const { daytona } = usePlatform()
  const tell = useTell()
  const now = useNow(15_000)
  const [isBusy, setBusy] = useState(false)
  const [isDetaching, setDetaching] = useState(false)
  const params = { sandboxIdOrName: sandboxId, domain }
  async function check(): Promise<void> {
    setBusy(true)
    try {
      const checked = await daytona.client.call('checkDomain', { params })
      if (checked.state === 'active') tell.done(`${domain} is served now`)
      else tell.failed(`${domain} is not proven yet`, checked.reason ?? 'DNS may need some minutes')
      await onChange()
    } catch (error) {
      tell.failed(`${domain} could not be checked`, error)
    }
    setBusy(false)
  }
  return (
    <section aria-label={domain}>
      <header>
        <strong className="cut">{domain}</strong>
        <span className="quiet">to port {port}</span>
        <span className="state" data-tone={tones[state]}>
          {words[state]}
        </span>
        <div className="port-actions">
          {state === 'active' && (
            <a className="button" href={safeUrl(url)} target="_blank" rel="noopener noreferrer">
              <ExternalLink aria-hidden /> Open
            </a>
          )}
          {mayWrite && (
            <>
              <button type="button" className="button" disabled={isBusy} onClick={() => void check()}>
                <RefreshCw aria-hidden className={isBusy ? 'spin' : undefined} /> Check now
              </button>
              <button type="button" className="button" onClick={() => setDetaching(true)}>
                <Unlink aria-hidden /> Detach…
              </button>
            </>
          )}
        </div>
      </header>
      {reason !== null && <p className="quiet">{reason}</p>}
      {state !== 'active' && (
        <>
          <p>
            Write this TXT record into the DNS of the domain{cname === null ? '' : ', or a CNAME'}. It proves that the
            domain is yours.{checkedAt === null ? '' : ` Last looked for ${ago(checkedAt, now)}.`}
          </p>
          <div className="records">
            <CopyField label="Name of the TXT record" value={proof.name} />
            <CopyField label="Its value" value={proof.value} />
            {cname !== null && <CopyField label={`Or a CNAME of ${domain} to`} value={cname} />}
          </div>
        </>
      )}
      {isDetaching && (
        <FormDialog
          title={`Detach ${domain}?`}
          verb="Detach"
          isDanger
          onClose={() => setDetaching(false)}
          onSubmit={async () => {
            await daytona.client.call('detachDomain', { params })
            await onChange()
          }}
        >
          <p>It leads nowhere from then on, and its proof is asked for again. The sandbox stays as it is.</p>
        </FormDialog>
      )}
    </section>
  )
}
