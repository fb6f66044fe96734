import { type ReactNode, useEffect, useState } from 'react'
import { useLocation } from 'wouter'
import { useSandboxEvents } from '../sandboxes/live.ts'
import { Banners } from './banners.tsx'
import { BottomBar } from './bottom-bar.tsx'
import './frame.css'
import { useKeys } from '../design/keys.ts'
import { later } from '../design/later.tsx'
import { places } from './places.ts'
import { SideBar } from './side-bar.tsx'
import { useAccessTold } from './use-access-told.ts'

const CommandPalette = later(async () => (await import('./command-palette.tsx')).CommandPalette)
const KeysSheet = later(async () => (await import('./keys-sheet.tsx')).KeysSheet)
const MoreSheet = later(async () => (await import('./more-sheet.tsx')).MoreSheet)

/** What lies over the page. */
type Over = 'palette' | 'keys' | 'more' | null

/** ms after which the palette is loaded, so that it is there when it is asked for */
const idleMs = 2000

/** Navigation beside the page; below it on a phone. */
export function Layout({ children }: { children: ReactNode }): ReactNode {
  const [over, setOver] = useState<Over>(null)
  const [, go] = useLocation()
  useSandboxEvents()
  useAccessTold()
  useKeys({
    'mod+k': () => setOver((now) => (now === 'palette' ? null : 'palette')),
    '?': () => setOver('keys'),
    ...Object.fromEntries(places.map(({ key, path }) => [`g ${key}`, () => go(path)])),
  })
  useEffect(() => {
    // Where it cannot be loaded now, it is tried again when it is asked for.
    const timer = setTimeout(() => void CommandPalette.load().catch(() => {}), idleMs)
    return () => clearTimeout(timer)
  }, [])
  const close = (): void => setOver(null)

  return (
    <div className="frame">
      <a className="button skip" href="#page">
        To the content
      </a>
      <SideBar onCommands={() => setOver('palette')} />
      <main className="main" id="page" tabIndex={-1}>
        <Banners />
        {children}
      </main>
      <BottomBar isMoreOpen={over === 'more'} onMore={() => setOver('more')} />
      {over === 'palette' && <CommandPalette onClose={close} onKeys={() => setOver('keys')} />}
      {over === 'keys' && <KeysSheet onClose={close} />}
      {over === 'more' && <MoreSheet onClose={close} onCommands={() => setOver('palette')} />}
    </div>
  )
}
