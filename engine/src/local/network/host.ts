import { readFileSync, writeFileSync } from 'node:fs'
import { mustRun, run } from '../host/run.ts'
import type { Layout } from '../layout.ts'
import type { AddressPlan } from './addresses.ts'

const forwarding = '/proc/sys/net/ipv4/ip_forward'

/** Lets the host forward packets and gives it the addresses by which sandboxes and it know each other. Safe to repeat. */
export async function openHostNetwork(layout: Layout, plan: AddressPlan): Promise<void> {
  if (readFileSync(forwarding, 'utf8').trim() !== '1') writeFileSync(forwarding, '1')
  for (const address of [plan.gateway, plan.outlet]) {
    const result = await run('ip', ['address', 'add', `${address}/32`, 'dev', 'lo'])
    if (result.exitCode !== 0 && !/exists|already assigned/i.test(result.stderr)) {
      throw new Error(`The address ${address} cannot be set: ${result.stderr.trim()}`)
    }
  }
  await openOtherFirewalls(layout)
}

/** Takes back what `openHostNetwork` set, but for forwarding, which others may have come to need. */
export async function closeHostNetwork(layout: Layout, plan: AddressPlan): Promise<void> {
  for (const address of [plan.gateway, plan.outlet])
    await run('ip', ['address', 'delete', `${address}/32`, 'dev', 'lo'])
  await closeOtherFirewalls(layout)
}

/**
 * Docker drops every forwarded packet that its own rules do not accept; a packet must pass all tables, so ours cannot
 * undo that. Docker keeps the chain DOCKER-USER for such guests: one rule there accepts what comes from or goes to
 * our interfaces. Our own table has judged these packets before.
 */
async function openOtherFirewalls(layout: Layout): Promise<void> {
  await closeOtherFirewalls(layout)
  const chain = await run('nft', ['list', 'chain', 'ip', 'filter', 'DOCKER-USER'])
  if (chain.exitCode !== 0) return
  for (const direction of ['iifname', 'oifname']) {
    await mustRun('nft', [
      'insert',
      'rule',
      'ip',
      'filter',
      'DOCKER-USER',
      direction,
      `"${layout.prefix}-*"`,
      'counter',
      'accept',
      'comment',
      `"${layout.prefix}"`,
    ])
  }
}

async function closeOtherFirewalls(layout: Layout): Promise<void> {
  const listing = await run('nft', ['--handle', 'list', 'chain', 'ip', 'filter', 'DOCKER-USER'])
  if (listing.exitCode !== 0) return
  const mine = listing.stdout.split('\n').filter((line) => line.includes(`comment "${layout.prefix}"`))
  for (const line of mine) {
    const handle = /# handle (\d+)/.exec(line)?.[1]
    if (handle !== undefined) await run('nft', ['delete', 'rule', 'ip', 'filter', 'DOCKER-USER', 'handle', handle])
  }
}
