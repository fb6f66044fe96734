import type { Layout } from '../layout.ts'
import type { AddressPlan } from '../network/addresses.ts'
import type { Places } from '../network/places.ts'
import { removeSlot } from '../network/slots.ts'
import type { Numbers } from '../records/numbers.ts'
import type { Trash } from './trash.ts'

/** What removing a slot takes. */
interface SlotHolder {
  readonly layout: Layout
  readonly plan: AddressPlan
  readonly slotNumbers: Numbers
  readonly places: Pick<Places, 'leave'>
  readonly trash: Trash
}

/** Removes a slot that was used, later: its namespace must never serve a second sandbox. */
export function discardSlot(holder: SlotHolder, slot: number): void {
  const { layout, plan, slotNumbers, places } = holder
  holder.trash.add(`slot ${slot}`, async () => {
    await places.leave(slot)
    await removeAndRelease(layout, plan, slotNumbers, slot)
  })
}

/** Removes a slot and then lets its number go. */
export async function removeAndRelease(
  layout: Layout,
  plan: AddressPlan,
  numbers: Numbers,
  slot: number,
): Promise<void> {
  await removeSlot(layout, plan, slot)
  numbers.release(slot)
}
