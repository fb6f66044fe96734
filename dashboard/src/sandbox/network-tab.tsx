import { Fragment, type ReactNode } from 'react'
import type { SandboxDetail } from '../sandboxes/live.ts'
import { RefusedAttempts } from './network/refused.tsx'
import { RulesForm } from './network/rules-form.tsx'
import './network/network.css'

/** Where a sandbox may connect to, and what it was kept from. */
export function NetworkTab({ sandbox }: { sandbox: SandboxDetail }): ReactNode {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys
    <section className="network" tabIndex={0} aria-label="Network">
      <RulesForm sandbox={sandbox} />
      <RefusedAttempts sandbox={sandbox} />
      <AlwaysClosed />
    </section>
  )
}

function AlwaysClosed(): ReactNode {
  return (
    <section className="panel always-closed">
      <h2>Always closed</h2>
      <p className="quiet">No rule above opens these.</p>
      <dl>
        {always.map(([what, where]) => (
          <div key={what}>
            <dt>{what}</dt>
            <dd className="quiet">{where}</dd>
          </div>
        ))}
      </dl>
    </section>
  )
}

const always: readonly (readonly [string, ReactNode])[] = [
  ['The machine that it runs on, and the platform', 'all of their addresses'],
  ['Other sandboxes', 'but those that it is linked with'],
  [
    'Private networks, and the metadata of clouds',
    <Fragment key="private">
      10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, 100.64.0.0/10, 169.254.0.0/16. Who runs the platform can open some,
      with <code>--network-allow</code>.
    </Fragment>,
  ],
  ['IPv6', 'there is none inside'],
]
