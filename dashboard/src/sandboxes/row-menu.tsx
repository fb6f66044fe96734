import { Menu } from '@base-ui/react/menu'
import { Archive, Copy, Ellipsis, LifeBuoy, Play, Square, SquareTerminal, Trash2 } from 'lucide-react'
import { memo, type ReactNode } from 'react'
import { useLocation } from 'wouter'
import { useCopy } from '../design/use-copy.ts'
import { type Action, canDo, useAct } from './actions.ts'
import type { SandboxItem } from './live.ts'

const entries: readonly { action: Action; name: string; icon: typeof Play }[] = [
  { action: 'start', name: 'Start', icon: Play },
  { action: 'stop', name: 'Stop', icon: Square },
  { action: 'archive', name: 'Archive', icon: Archive },
  { action: 'recover', name: 'Recover', icon: LifeBuoy },
]

/** Drawn anew only with its sandbox: a menu for each row is most of what a table costs. */
export const RowMenu = memo(function RowMenu({
  sandbox,
  onDelete,
}: {
  sandbox: SandboxItem
  onDelete: (sandboxes: readonly SandboxItem[]) => void
}): ReactNode {
  const act = useAct()
  const copy = useCopy()
  const [, go] = useLocation()
  const { id, name } = sandbox

  return (
    <Menu.Root>
      <Menu.Trigger className="icon-button" aria-label={`Actions of ${name}`}>
        <Ellipsis />
      </Menu.Trigger>
      <Menu.Portal>
        <Menu.Positioner align="end" sideOffset={4}>
          <Menu.Popup className="menu">
            {sandbox.state === 'started' && (
              <Menu.Item className="menu-item" onClick={() => go(`/sandboxes/${id}/terminal`)}>
                <SquareTerminal aria-hidden /> Terminal
              </Menu.Item>
            )}
            {entries
              .filter(({ action }) => canDo(action, sandbox))
              .map(({ action, name: word, icon: Icon }) => (
                <Menu.Item key={action} className="menu-item" onClick={() => void act(action, [sandbox])}>
                  <Icon aria-hidden /> {word}
                </Menu.Item>
              ))}
            <Menu.Item className="menu-item" onClick={() => copy(id, 'The id')}>
              <Copy aria-hidden /> Copy id
            </Menu.Item>
            <Menu.Separator className="menu-line" />
            <Menu.Item
              className="menu-item"
              data-kind="danger"
              disabled={!canDo('delete', sandbox)}
              onClick={() => onDelete([sandbox])}
            >
              <Trash2 aria-hidden /> Delete…
            </Menu.Item>
          </Menu.Popup>
        </Menu.Positioner>
      </Menu.Portal>
    </Menu.Root>
  )
})
