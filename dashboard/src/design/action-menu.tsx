import { Menu } from '@base-ui/react/menu'
import { Ellipsis, type LucideIcon } from 'lucide-react'
import type { ReactNode } from 'react'

/** Something that can be done to a row. */
export interface MenuAction {
  readonly name: string
  readonly icon: LucideIcon
  readonly run: () => void
  /** true where something is lost; stands apart, below the others */
  readonly isDanger?: boolean
  readonly isOff?: boolean
}

/** What can be done to a thing, behind three dots. Nothing at all where there is nothing to do. */
export function ActionMenu({
  of,
  actions,
  isInTabOrder = true,
}: {
  of: string
  actions: readonly MenuAction[]
  /** false where the thing itself has keys for its actions, as rows of trees have */
  isInTabOrder?: boolean
}): ReactNode {
  if (actions.length === 0) return null
  const plain = actions.filter(({ isDanger }) => isDanger !== true)
  const dangers = actions.filter(({ isDanger }) => isDanger === true)
  return (
    <Menu.Root>
      <Menu.Trigger className="icon-button" aria-label={`Actions of ${of}`} tabIndex={isInTabOrder ? undefined : -1}>
        <Ellipsis />
      </Menu.Trigger>
      <Menu.Portal>
        <Menu.Positioner align="end" sideOffset={4}>
          <Menu.Popup className="menu">
            {plain.map(Item)}
            {plain.length > 0 && dangers.length > 0 && <Menu.Separator className="menu-line" />}
            {dangers.map(Item)}
          </Menu.Popup>
        </Menu.Positioner>
      </Menu.Portal>
    </Menu.Root>
  )
}

function Item({ name, icon: Icon, run, isDanger = false, isOff = false }: MenuAction): ReactNode {
  return (
    <Menu.Item
      key={name}
      className="menu-item"
      data-kind={isDanger ? 'danger' : undefined}
      disabled={isOff}
      onClick={run}
    >
      <Icon aria-hidden /> {name}
    </Menu.Item>
  )
}
