import { PlatformError } from '@sandyard/protocol'
import { instanceCount } from '../records/instance.ts'

/** Addresses of one platform: a slice of the machine's sandbox network. */
export interface AddressPlan {
  /** the slice, CIDR */
  readonly network: string
  /** address of the host as sandboxes see it; their resolver answers there */
  readonly gateway: string
  /** address of the host from which it connects on behalf of sandboxes: the last one of the slice */
  readonly outlet: string
  /** slots there is an address for: 0 to this, exclusive */
  readonly slotCount: number
  /** address of a slot */
  address(slot: number): string
}

/**
 * Cuts the slice of the platform with this index out of `network` (IPv4 CIDR). The default, 198.18.0.0/15, is
 * reserved for tests between networks (RFC 2544) and never routed, so it collides with no company's own ranges.
 * Throws BAD_REQUEST when the network is not an IPv4 CIDR or too small for 64 platforms.
 */
export function planAddresses(network: string, index: number): AddressPlan {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\/(\d{1,2})$/.exec(network)
  const bytes = (match?.slice(1, 5) ?? []).map(Number)
  const prefix = Number(match?.[5])
  if (match === null || bytes.some((byte) => byte > 255) || prefix < 8 || prefix > 20) {
    throw new PlatformError('BAD_REQUEST', `The sandbox network ${network} is not an IPv4 CIDR between /8 and /20`)
  }
  const slicePrefix = prefix + Math.log2(instanceCount)
  const sliceSize = 2 ** (32 - slicePrefix)
  const first = toNumber(bytes) - (toNumber(bytes) % 2 ** (32 - prefix)) + index * sliceSize
  return {
    network: `${toText(first)}/${slicePrefix}`,
    gateway: toText(first + 1),
    outlet: toText(first + sliceSize - 1),
    // Not the slice's own address, the gateway, or the outlet.
    slotCount: Math.max(1, sliceSize - 3),
    address: (slot) => toText(first + 2 + slot),
  }
}

function toNumber(bytes: readonly number[]): number {
  return bytes.reduce((value, byte) => value * 256 + byte, 0)
}

function toText(value: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join('.')
}
