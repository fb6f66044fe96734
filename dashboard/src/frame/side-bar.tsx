import type { EventsStatus } from '@sandyard/sdk'
import { Search } from 'lucide-react'
import type { ReactNode } from 'react'
import { Link, useLocation } from 'wouter'
import icon from '../design/icon.svg'
import { modifier } from '../design/keys.ts'
import { useEventsStatus } from '../platform/platform.tsx'
import { isAt, placeGroups } from './places.ts'
import { UserMenu } from './user-menu.tsx'

const connectionWords: Readonly<Record<EventsStatus, string>> = {
  connecting: 'Connecting…',
  live: 'Live',
  lost: 'Connecting…',
  refused: 'Not live',
  closed: 'Not live',
}

/** All places beside the page; icons alone where there is little room. */
export function SideBar({ onCommands }: { onCommands: () => void }): ReactNode {
  const [location] = useLocation()
  const status = useEventsStatus()
  return (
    <header className="side">
      <Link className="brand" href="/sandboxes" aria-label="Sandyard: to your sandboxes">
        <img src={icon} alt="" /> <span className="name">Sandyard</span>
      </Link>
      <nav aria-label="Pages">
        {placeGroups.map((group) => (
          <div key={group.name} className="place-group">
            {group.name !== null && <h2>{group.name}</h2>}
            {group.places.map((place) => {
              const { path, name, icon: Icon, key } = place
              return (
                <Link
                  key={path}
                  href={path}
                  className="place"
                  title={`${name} (g ${key})`}
                  aria-label={name}
                  aria-current={isAt(place, location) ? 'page' : undefined}
                >
                  <Icon aria-hidden /> <span className="name">{name}</span>
                </Link>
              )
            })}
          </div>
        ))}
      </nav>
      <div className="foot">
        <div className="connection" data-status={status} role="status">
          <span className="name">{connectionWords[status]}</span>
        </div>
        <button type="button" className="place" title={`Commands (${modifier}K)`} onClick={onCommands}>
          <Search aria-hidden /> <span className="name">Commands</span>
          <kbd className="key" aria-hidden>
            {modifier}K
          </kbd>
        </button>
        <UserMenu />
      </div>
    </header>
  )
}
