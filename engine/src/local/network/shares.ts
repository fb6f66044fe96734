/** Counts what each address has. */
export interface Shares {
  /** `false` when it has all that it may have. */
  take(address: string): boolean
  giveBack(address: string): void
}

/** Shares of so many each; the firewall sees to it that a sandbox has one address and speaks with no other. */
export function createShares(limit: number): Shares {
  const counts = new Map<string, number>()
  return {
    take(address) {
      const count = counts.get(address) ?? 0
      if (count >= limit) return false
      counts.set(address, count + 1)
      return true
    },
    giveBack(address) {
      const count = counts.get(address) ?? 0
      if (count <= 1) counts.delete(address)
      else counts.set(address, count - 1)
    },
  }
}
