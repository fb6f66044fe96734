import { Menu } from '@base-ui/react/menu'
import { Building2, Check, LogOut, Moon, Search, Sun, SunMoon, UserRound, WifiOff } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import { Link, useLocation } from 'wouter'
import icon from '../design/icon.svg'
import { applyTheme, readTheme, type Theme } from '../design/theme.ts'
import { useEventsStatus, usePlatform } from '../platform/platform.tsx'
import { useSandboxEvents } from '../sandboxes/live.ts'
import { CommandPalette } from './command-palette.tsx'
import './frame.css'
import { modifier, useKeys } from './keys.ts'
import { placeGroups, places } from './places.ts'
import { useSignOut } from './use-sign-out.ts'

/** Navigation beside the page; below it on a phone. */
export function Layout({ children }: { children: ReactNode }): ReactNode {
  const [isPaletteOpen, setPaletteOpen] = useState(false)
  const [location, go] = useLocation()
  const status = useEventsStatus()
  useSandboxEvents()
  useKeys({
    'mod+k': () => setPaletteOpen((isOpen) => !isOpen),
    ...Object.fromEntries(places.map(({ key, path }) => [`g ${key}`, () => go(path)])),
  })

  return (
    <div className="frame">
      <a className="button skip" href="#page">
        To the content
      </a>
      <header className="side">
        <Link className="brand" href="/sandboxes">
          <img src={icon} alt="" /> Sandyard
        </Link>
        <nav aria-label="Pages">
          {placeGroups.map((group) => (
            <div key={group.name} className="place-group">
              {group.name !== null && <h2>{group.name}</h2>}
              {group.places.map(({ path, name, icon: Icon }) => (
                <Link
                  key={path}
                  href={path}
                  className="place"
                  aria-current={location.startsWith(path) ? 'page' : undefined}
                >
                  <Icon aria-hidden /> {name}
                </Link>
              ))}
            </div>
          ))}
        </nav>
        <div className="foot">
          <div className="connection" data-status={status} role="status">
            {status === 'live' ? 'Live' : 'Connecting…'}
          </div>
          <button type="button" className="place" onClick={() => setPaletteOpen(true)}>
            <Search aria-hidden /> <span>Commands</span>{' '}
            <kbd className="key" aria-hidden>
              {modifier}K
            </kbd>
          </button>
          <UserMenu />
        </div>
      </header>
      <main className="main" id="page" tabIndex={-1}>
        {status === 'lost' && (
          <div className="offline" role="alert">
            <WifiOff aria-hidden /> The platform cannot be reached. What you see may be old; it is tried again by
            itself.
          </div>
        )}
        {children}
      </main>
      {isPaletteOpen && <CommandPalette onClose={() => setPaletteOpen(false)} />}
    </div>
  )
}

const themes: readonly { theme: Theme; name: string; icon: typeof Sun }[] = [
  { theme: 'system', name: 'As the machine is', icon: SunMoon },
  { theme: 'light', name: 'Light', icon: Sun },
  { theme: 'dark', name: 'Dark', icon: Moon },
]

function UserMenu(): ReactNode {
  const { user, organization, organizations, chooseOrganization } = usePlatform()
  const signOut = useSignOut()
  const [theme, setTheme] = useState(readTheme)
  return (
    <Menu.Root>
      <Menu.Trigger className="place" aria-label={`${user.name}: you and your organization`}>
        <UserRound aria-hidden /> <span className="cut">{user.name}</span>
      </Menu.Trigger>
      <Menu.Portal>
        <Menu.Positioner side="top" align="start" sideOffset={6}>
          <Menu.Popup className="menu">
            {organizations.map(({ id, name }) => (
              <Menu.Item key={id} className="menu-item" onClick={() => chooseOrganization(id)}>
                <Building2 aria-hidden /> {name} {id === organization.id && <Check aria-label="chosen" />}
              </Menu.Item>
            ))}
            <Menu.Separator className="menu-line" />
            <Menu.RadioGroup
              value={theme}
              onValueChange={(chosen: Theme) => {
                applyTheme(chosen)
                setTheme(chosen)
              }}
            >
              {themes.map(({ theme: one, name, icon: Icon }) => (
                <Menu.RadioItem key={one} value={one} className="menu-item">
                  <Icon aria-hidden /> {name}
                  <Menu.RadioItemIndicator>
                    <Check aria-hidden />
                  </Menu.RadioItemIndicator>
                </Menu.RadioItem>
              ))}
            </Menu.RadioGroup>
            <Menu.Separator className="menu-line" />
            <Menu.Item className="menu-item" onClick={signOut}>
              <LogOut aria-hidden /> Sign out
            </Menu.Item>
          </Menu.Popup>
        </Menu.Positioner>
      </Menu.Portal>
    </Menu.Root>
  )
}
