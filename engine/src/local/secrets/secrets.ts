import { chmodSync, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createSecureContext } from 'node:tls'
import type { Layout } from '../layout.ts'
import type { AddressPlan } from '../network/addresses.ts'
import { takeConnections } from '../network/firewall.ts'
import type { Places } from '../network/places.ts'
import type { Resolver } from '../network/resolver.ts'
import { openAuthority, readRoots } from './authority.ts'
import { createDialer } from './dial.ts'
import { openProxy, proxyPorts, type SecretsProxy } from './proxy.ts'

/** What sandboxes with secrets need of the host. */
export interface Secrets extends Pick<SecretsProxy, 'revealWith' | 'close'> {
  /** PEM file: what is trusted inside, our authority among them */
  readonly trusted: string
}

/** What it is made from. */
export interface SecretsOptions {
  readonly layout: Layout
  readonly plan: AddressPlan
  readonly places: Places
  readonly resolver: Resolver
  /** PEM file of authorities instead of the machine's; `null`: those */
  readonly caFile: string | null
}

/** Opens the proxy and has connections taken there; the authority is made at the first call for a data folder. */
export async function openSecrets({ layout, plan, places, resolver, caFile }: SecretsOptions): Promise<Secrets> {
  const authority = await openAuthority(layout.data)
  const roots = readRoots(caFile)
  const trusted = keepTrusted(layout.data, `${roots.trimEnd()}\n${authority.certificate}`)
  const dialer = createDialer({
    outlet: plan.outlet,
    ask: resolver.ask,
    roots: createSecureContext({ ca: roots, minVersion: 'TLSv1.2' }),
  })
  const proxy = await openProxy({ gateway: plan.gateway, ports: proxyPorts, places, authority, dialer })
  try {
    await takeConnections(layout, plan, proxy.port)
  } catch (fault) {
    await proxy.close()
    throw fault
  }
  return { trusted, revealWith: proxy.revealWith, close: proxy.close }
}

/** Sandboxes that run have the file itself: it is replaced, not changed, and only when it would be another. */
function keepTrusted(data: string, text: string): string {
  const file = join(data, 'trusted-inside.pem')
  if (existsSync(file) && readFileSync(file, 'utf8') === text) return file
  writeFileSync(`${file}.new`, text)
  chmodSync(`${file}.new`, 0o644)
  renameSync(`${file}.new`, file)
  return file
}
