import { setTimeout as sleep } from 'node:timers/promises'
import { mustRun } from '../host/run.ts'
import type { Layout } from '../layout.ts'
import type { AddressPlan } from './addresses.ts'
import { slotNames } from './slots.ts'

/**
 * The short way from this process to the ports of a sandbox's loopback: TCP to the address of its slot, whose namespace
 * takes it to 127.0.0.1. Without it each byte of a preview passes through the agent, which takes as long as all the rest.
 */
export interface Doors {
  /**
   * The address that leads in; null while there is no door. It is made at the first question: making a sandbox must not
   * wait for what many of them never need.
   * @param key what stands for one run of a sandbox: a door ends with it
   */
  address(key: object, slot: number): Promise<string | null>
  /** Has the door be left alone for a while: what was sent there got no answer. */
  avoid(key: object): void
}

/** What it needs. */
export interface DoorsOptions {
  readonly layout: Layout
  readonly plan: AddressPlan
  readonly log: { warn(fields: object, message: string): void }
  /** ms, of a clock that only goes forward */
  readonly clock: () => number
}

/** time until a door that was of no use is tried again, ms */
const avoidMs = 60_000
/**
 * Whom programs inside see: an address of their own loopback, as when the agent connects. Not 127.0.0.1, for then these
 * connections could not be told from the sandbox's own, and all of those would have to be tracked.
 */
const visitor = '127.83.89.68'

/** What whoever asks first waits for a door to be made, ms; made later, it is there for the next ones. */
const makingMs = 250

interface Door {
  isOpen: boolean
  /** settles when it is made, or cannot be */
  readonly making: Promise<void>
  avoidedUntilMs: number
}

/** Makes the doors of a platform. */
export function createDoors({ layout, plan, log, clock }: DoorsOptions): Doors {
  const doors = new WeakMap<object, Door>()

  async function open(slot: number): Promise<boolean> {
    const { name } = slotNames(layout, slot)
    try {
      await mustRun('ip', ['netns', 'exec', name, 'nft', '-f', '-'], { input: doorRules(plan.gateway) })
      await mustRun('ip', ['netns', 'exec', name, 'sysctl', '-q', '-w', ...doorSettings])
      return true
    } catch (fault) {
      // Without a door the agent is the way.
      log.warn({ slot, fault: String(fault) }, 'ports of a sandbox are reached by its agent, which is slower')
      return false
    }
  }

  function make(key: object, slot: number): Door {
    const making = open(slot).then((isOpen) => {
      door.isOpen = isOpen
    })
    const door: Door = { isOpen: false, making, avoidedUntilMs: 0 }
    doors.set(key, door)
    return door
  }

  return {
    async address(key, slot) {
      const known = doors.get(key)
      const door = known ?? make(key, slot)
      if (!door.isOpen) await Promise.race([door.making, sleep(makingMs, undefined, { ref: false })])
      return door.isOpen && door.avoidedUntilMs <= clock() ? plan.address(slot) : null
    },
    avoid(key) {
      const door = doors.get(key)
      if (door !== undefined) door.avoidedUntilMs = clock() + avoidMs
    },
  }
}

/**
 * Packets for loopback may come from eth0 and go there; a packet in the midst of a connection that is not known makes
 * none known.
 */
const doorSettings = ['net.ipv4.conf.eth0.route_localnet=1', 'net.netfilter.nf_conntrack_tcp_loose=0']

/**
 * Rules inside a sandbox's namespace, over which nobody in it has power. Only connections that come from the host are
 * tracked and led to loopback: others would fill a table that all sandboxes share. Nobody else has the host's address:
 * the platform's own rules see to that. Safe to repeat.
 */
function doorRules(host: string): string {
  return `
add table ip sandyard
delete table ip sandyard
table ip sandyard {
  chain track-in {
    type filter hook prerouting priority -300; policy accept;
    iifname "eth0" ip saddr ${host} ip protocol tcp accept
    notrack
  }
  chain track-out {
    type filter hook output priority -300; policy accept;
    ip saddr 127.0.0.1 ip daddr ${visitor} ip protocol tcp accept
    notrack
  }
  chain answers-only {
    type filter hook output priority 0; policy accept;
    ip daddr ${visitor} ct state != established drop
  }
  chain to-loopback {
    type nat hook prerouting priority -100; policy accept;
    iifname "eth0" ip saddr ${host} ip protocol tcp dnat to 127.0.0.1
  }
  chain as-visitor {
    type nat hook input priority 100; policy accept;
    iifname "eth0" ip saddr ${host} ip protocol tcp snat to ${visitor}
  }
}
`
}
