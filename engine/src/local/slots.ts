import type { Layout } from './layout.ts'
import type { AddressPlan } from './network/addresses.ts'
import { removeSlot } from './network/slots.ts'
import type { Trash } from './trash.ts'

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

/** What removing a slot takes. */
interface SlotHolder {
  readonly layout: Layout
  readonly plan: AddressPlan
  readonly slotNumbers: SlotNumbers
  readonly trash: Trash
}

/** Removes a slot that was used, later: its namespace must never serve a second sandbox. */
export function discardSlot(holder: SlotHolder, slot: number): void {
  const { layout, plan, slotNumbers } = holder
  holder.trash.add(`slot ${slot}`, () => removeAndRelease(layout, plan, slotNumbers, slot))
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
