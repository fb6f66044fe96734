import { limits } from '@sandyard/protocol'

/** Memory that requests hold: what they have sent, and what sandboxes have answered to them. */
export interface Room {
  /** Room of one request of a caller. */
  open(caller: string): RequestRoom
}

/** What one request holds. */
export interface RequestRoom {
  /** Takes so many bytes more; false when there is no room for them. */
  take(bytes: number): boolean
  /** Gives all of it back. */
  close(): void
}

/** Makes the room for all. A few callers who ask for much cannot take the memory of the platform. */
export function createRoom(): Room {
  const ofCaller = new Map<string, number>()
  let total = 0
  return {
    open(caller) {
      let held = 0
      return {
        take(bytes) {
          const own = (ofCaller.get(caller) ?? 0) + bytes
          if (own > limits.mcpHeldBytesOfCaller || total + bytes > limits.mcpHeldBytes) return false
          ofCaller.set(caller, own)
          total += bytes
          held += bytes
          return true
        },
        close() {
          const own = (ofCaller.get(caller) ?? 0) - held
          if (own > 0) ofCaller.set(caller, own)
          else ofCaller.delete(caller)
          total -= held
          held = 0
        },
      }
    },
  }
}
