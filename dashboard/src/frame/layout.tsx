import { lazy, type ReactNode, Suspense, useEffect, useState } from 'react'
import { useLocation } from 'wouter'
import { useSandboxEvents } from '../sandboxes/live.ts'
import { Banners } from './banners.tsx'
import { BottomBar } from './bottom-bar.tsx'
import './frame.css'
import { useKeys } from '../design/keys.ts'
import { places } from './places.ts'
import { SideBar } from './side-bar.tsx'

const loadPalette = () => import('./command-palette.tsx')
const CommandPalette = lazy(() => loadPalette().then((file) => ({ default: file.CommandPalette })))
const KeysSheet = lazy(() => import('./keys-sheet.tsx').then((file) => ({ default: file.KeysSheet })))
const MoreSheet = lazy(() => import('./more-sheet.tsx').then((file) => ({ default: file.MoreSheet })))

/** What lies over the page. */
type Over = 'palette' | 'keys' | 'more' | null

/** ms after which the palette is loaded, so that it is there when it is asked for */
const idleMs = 2000

/** Navigation beside the page; below it on a phone. */
export function Layout({ children }: { children: ReactNode }): ReactNode {
  const [over, setOver] = useState<Over>(null)
  const [, go] = useLocation()
  useSandboxEvents()
  useKeys({
    'mod+k': () => setOver((now) => (now === 'palette' ? null : 'palette')),
    '?': () => setOver('keys'),
    ...Object.fromEntries(places.map(({ key, path }) => [`g ${key}`, () => go(path)])),
  })
  useEffect(() => {
    // Where it cannot be loaded now, it is tried again when it is asked for.
    const timer = setTimeout(() => void loadPalette().catch(() => {}), idleMs)
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
      <Suspense>
        {over === 'palette' && <CommandPalette onClose={close} onKeys={() => setOver('keys')} />}
        {over === 'keys' && <KeysSheet onClose={close} />}
        {over === 'more' && <MoreSheet onClose={close} onCommands={() => setOver('palette')} />}
      </Suspense>
    </div>
  )
}
