import { Menu as MenuIcon } from 'lucide-react'
import type { ReactNode } from 'react'
import { Link, useLocation } from 'wouter'
import { useInvitationsTold } from '../account/my-invitations.ts'
import { isAt, places } from './places.ts'

const mainPlaces = places.filter(({ isMain }) => isMain === true)

/** The few places that a thumb reaches on a phone, and a way to the others. */
export function BottomBar({ isMoreOpen, onMore }: { isMoreOpen: boolean; onMore: () => void }): ReactNode {
  const [location] = useLocation()
  const invitations = useInvitationsTold()
  const isElsewhere = !mainPlaces.some((place) => isAt(place, location))
  return (
    <nav className="bottom-bar" aria-label="Pages">
      {mainPlaces.map((place) => {
        const { path, name, icon: Icon } = place
        return (
          <Link key={path} href={path} aria-current={isAt(place, location) ? 'page' : undefined}>
            <Icon aria-hidden /> {name}
          </Link>
        )
      })}
      <button
        type="button"
        aria-haspopup="dialog"
        aria-expanded={isMoreOpen}
        data-current={isElsewhere || undefined}
        onClick={onMore}
      >
        <MenuIcon aria-hidden /> More
        {invitations !== null && <span className="mark" role="img" aria-label={invitations} />}
      </button>
    </nav>
  )
}
