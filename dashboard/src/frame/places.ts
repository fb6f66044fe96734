import { Boxes, type LucideIcon } from 'lucide-react'

/** A page that the navigation and the command palette lead to. */
export interface Place {
  readonly path: string
  readonly name: string
  readonly icon: LucideIcon
  /** after `g`, goes there */
  readonly key: string
}

/** In the order of the navigation. */
export const places: readonly Place[] = [{ path: '/sandboxes', name: 'Sandboxes', icon: Boxes, key: 's' }]
