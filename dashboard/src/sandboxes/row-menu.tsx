import { Menu } from '@base-ui/react/menu'
import { Copy, Ellipsis, SquareTerminal } from 'lucide-react'
import { memo, type ReactNode } from 'react'
import { useLocation } from 'wouter'
import { useCopy } from '../design/use-copy.ts'
import { type Action, type Rights, useAct } from './actions.ts'
import type { SandboxItem } from './live.ts'
import { type Asked, type Entry, entriesFor } from './menu-actions.ts'

interface RowMenuProps {
  readonly sandbox: SandboxItem
  readonly rights: Rights
  readonly onAsk: (asked: Asked) => void
  /** actions that have a button of their own beside the menu, which is then in the head of a page */
  readonly besides?: readonly Entry['action'][]
}

/** Drawn anew only with its sandbox: a menu for each row is most of what a table costs. */
export const RowMenu = memo(function RowMenu(props: RowMenuProps): ReactNode {
  return (
    <Menu.Root>
      <Menu.Trigger className="icon-button" aria-label={`Actions of ${props.sandbox.name}`}>
        <Ellipsis />
      </Menu.Trigger>
      <Menu.Portal>
        <Menu.Positioner align="end" sideOffset={4}>
          <Menu.Popup className="menu">
            <Items {...props} />
          </Menu.Popup>
        </Menu.Positioner>
      </Menu.Portal>
    </Menu.Root>
  )
})

function Items({ sandbox, rights, onAsk, besides }: RowMenuProps): ReactNode {
  const act = useAct()
  const copy = useCopy()
  const [, go] = useLocation()
  const { id } = sandbox
  const shown = entriesFor(sandbox, rights).filter(({ action }) => besides?.includes(action) !== true)
  const danger = shown.find(({ action }) => action === 'delete')
  const run = ({ action, isAsking }: Entry): void => {
    if (isAsking) onAsk({ kind: action as Asked['kind'], sandboxes: [sandbox] })
    else void act(action as Action, [sandbox])
  }
  return (
    <>
      {besides === undefined && sandbox.state === 'started' && (
        <Menu.Item className="menu-item" onClick={() => go(`/sandboxes/${id}/terminal`)}>
          <SquareTerminal aria-hidden /> Terminal
        </Menu.Item>
      )}
      {shown
        .filter((entry) => entry !== danger)
        .map((entry) => (
          <Menu.Item key={entry.action} className="menu-item" onClick={() => run(entry)}>
            <entry.icon aria-hidden /> {entry.name}
          </Menu.Item>
        ))}
      <Menu.Item className="menu-item" onClick={() => copy(id, 'The id')}>
        <Copy aria-hidden /> Copy id
      </Menu.Item>
      {danger !== undefined && (
        <>
          <Menu.Separator className="menu-line" />
          <Menu.Item className="menu-item" data-kind="danger" onClick={() => run(danger)}>
            <danger.icon aria-hidden /> {danger.name}
          </Menu.Item>
        </>
      )}
    </>
  )
}
