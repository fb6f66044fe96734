import { Dialog } from '@base-ui/react/dialog'
import { Footprints, Search, X } from 'lucide-react'
import type { ReactNode } from 'react'
import { Link, useLocation } from 'wouter'
import { isAt, placeGroups } from './places.ts'
import { UserMenu } from './user-menu.tsx'

/** On a phone: every place, the commands and the user, from below. */
export function MoreSheet({ onClose, onCommands }: { onClose: () => void; onCommands: () => void }): ReactNode {
  const [location] = useLocation()
  return (
    <Dialog.Root open onOpenChange={(open) => !open && onClose()}>
      <Dialog.Portal>
        <Dialog.Backdrop className="backdrop" />
        <Dialog.Popup className="dialog sheet">
          <header>
            <Dialog.Title>All pages</Dialog.Title>
            <Dialog.Close className="icon-button" aria-label="Close">
              <X />
            </Dialog.Close>
          </header>
          <div className="body">
            {placeGroups.map((group) => (
              <nav key={group.name} aria-label={group.name ?? 'Work'} className="place-group">
                {group.name !== null && <h3>{group.name}</h3>}
                <div className="sheet-places">
                  {group.places.map((place) => {
                    const { path, name, icon: Icon } = place
                    return (
                      <Link
                        key={path}
                        href={path}
                        className="place"
                        aria-current={isAt(place, location) ? 'page' : undefined}
                        onClick={onClose}
                      >
                        <Icon aria-hidden /> <span className="cut">{name}</span>
                      </Link>
                    )
                  })}
                </div>
              </nav>
            ))}
            <div className="place-group">
              <h3>You</h3>
              <div className="sheet-places">
                <button type="button" className="place" onClick={onCommands}>
                  <Search aria-hidden /> <span>Commands</span>
                </button>
                <Link href="/onboarding" className="place" onClick={onClose}>
                  <Footprints aria-hidden /> <span>First steps</span>
                </Link>
              </div>
              <UserMenu onGone={onClose} />
            </div>
          </div>
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  )
}
