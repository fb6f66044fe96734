import type { Context } from './context.ts'
import type { Layout } from './layout.ts'
import type { AddressPlan } from './network/addresses.ts'
import { removeSlot } from './network/slots.ts'

/** Hands out slot numbers, each to one holder at a time. */
export interface SlotNumbers {
  /** The lowest free number; `null` when all are taken. */
  claim(): number | null
  /** Marks a number as taken. */
  keep(slot: number): void
  release(slot: number): void
}

/** Numbers from 0 to `count`, exclusive. */
export function createSlotNumbers(count: number): SlotNumbers {
  const taken = new Set<number>()
  return {
    claim() {
      for (let slot = 0; slot < count; slot++) {
        if (taken.has(slot)) continue
        taken.add(slot)
        return slot
      }
      return null
    },
    keep(slot) {
      taken.add(slot)
    },
    release(slot) {
      taken.delete(slot)
    },
  }
}

/** Removes a slot that was used, later: its namespace must never serve a second sandbox. */
export function discardSlot(context: Pick<Context, 'layout' | 'plan' | 'trash' | 'slotNumbers'>, slot: number): void {
  context.trash.add(`slot ${slot}`, () => removeAndRelease(context.layout, context.plan, context.slotNumbers, slot))
}

/** Removes a slot and then lets its number go. */
export async function removeAndRelease(
  layout: Layout,
  plan: AddressPlan,
  numbers: SlotNumbers,
  slot: number,
): Promise<void> {
  await removeSlot(layout, plan, slot)
  numbers.release(slot)
}
