import { Menu } from '@base-ui/react/menu'
import { Building2, Check, ChevronsUpDown, Footprints, LogOut, Moon, Sun, SunMoon, UserRound } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import { useLocation } from 'wouter'
import { useInvitationsTold } from '../account/my-invitations.ts'
import { applyTheme, readTheme, type Theme } from '../design/theme.ts'
import { usePlatform } from '../platform/platform.tsx'
import { useSignOut } from './use-sign-out.ts'

const themes: readonly { theme: Theme; name: string; icon: typeof Sun }[] = [
  { theme: 'system', name: 'As the machine is', icon: SunMoon },
  { theme: 'light', name: 'Light', icon: Sun },
  { theme: 'dark', name: 'Dark', icon: Moon },
]

/** Who is signed in, and where; what they can choose. `onGone`: it has led to another page. */
export function UserMenu({ onGone = () => {} }: { onGone?: () => void }): ReactNode {
  const { user, organization } = usePlatform()
  const [, go] = useLocation()
  const signOut = useSignOut()
  const invitations = useInvitationsTold()
  const open = (path: string): void => {
    go(path)
    onGone()
  }
  return (
    <Menu.Root>
      <Menu.Trigger
        className="place user"
        aria-label={`${user.name} ${organization.name}: you and your organization${invitations === null ? '' : `, ${invitations}`}`}
      >
        <UserRound aria-hidden />
        <span className="name">
          <span className="cut">{user.name}</span> <span className="cut small">{organization.name}</span>
        </span>
        {invitations !== null && <span className="mark" aria-hidden />}
        <ChevronsUpDown aria-hidden className="opens" />
      </Menu.Trigger>
      <Menu.Portal>
        <Menu.Positioner side="top" align="start" sideOffset={6} className="over-sheet">
          <Menu.Popup className="menu user-choices">
            <Organizations />
            <Menu.Separator className="menu-line" />
            <Menu.Item className="menu-item" onClick={() => open('/account')}>
              <UserRound aria-hidden /> Your account
              {invitations !== null && <span className="told small">{invitations}</span>}
            </Menu.Item>
            <Menu.Item className="menu-item" onClick={() => open('/onboarding')}>
              <Footprints aria-hidden /> First steps
            </Menu.Item>
            <Menu.Separator className="menu-line" />
            <Themes />
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

function Organizations(): ReactNode {
  const { organization, organizations, chooseOrganization } = usePlatform()
  return (
    <Menu.RadioGroup
      className="organizations"
      aria-label="Organization"
      value={organization.id}
      onValueChange={chooseOrganization}
    >
      {organizations.map(({ id, name }) => (
        <Menu.RadioItem key={id} value={id} className="menu-item" title={name} closeOnClick>
          <Building2 aria-hidden /> <span className="cut">{name}</span>
          <Menu.RadioItemIndicator>
            <Check aria-hidden />
          </Menu.RadioItemIndicator>
        </Menu.RadioItem>
      ))}
    </Menu.RadioGroup>
  )
}

function Themes(): ReactNode {
  const [theme, setTheme] = useState(readTheme)
  return (
    <Menu.RadioGroup
      aria-label="Theme"
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
  )
}
