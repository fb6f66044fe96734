import type { Process } from '@sandyard/sdk'
import { FitAddon } from '@xterm/addon-fit'
import { type ITheme, Terminal } from '@xterm/xterm'
import '@xterm/xterm/css/xterm.css'
import { RotateCw } from 'lucide-react'
import { type ReactNode, useEffect, useRef, useState } from 'react'
import { onThemeChange } from '../../design/theme.ts'
import { guardTerminal } from './terminal-guard.ts'
import { type LinkStatus, openTerminalLink } from './terminal-link.ts'

/** The screen of one terminal. */
export function Screen({
  process,
  id,
  isNew,
  onRestart,
}: {
  process: Process
  id: string
  isNew: boolean
  onRestart: () => void
}): ReactNode {
  const place = useRef<HTMLDivElement>(null)
  const [status, setStatus] = useState<LinkStatus>({ kind: 'connecting' })
  const wasNew = useRef(isNew)

  useEffect(() => {
    if (place.current === null) return
    const terminal = new Terminal({
      fontFamily: getComputedStyle(document.documentElement).getPropertyValue('--mono'),
      fontSize: 13,
      lineHeight: 1.25,
      scrollback: 10_000,
      minimumContrastRatio: 4.5,
      cursorBlink: !matchMedia('(prefers-reduced-motion: reduce)').matches,
      theme: colours(),
    })
    const fit = new FitAddon()
    terminal.loadAddon(fit)
    terminal.open(place.current)
    fit.fit()
    const guarded = guardTerminal(terminal)
    const link = openTerminalLink({
      process,
      id,
      isNew: wasNew.current,
      size: { cols: terminal.cols, rows: terminal.rows },
      onData: guarded.write,
      onReplay: guarded.clear,
      onStatus: setStatus,
    })
    // A component that is mounted twice finds the terminal that it made.
    wasNew.current = false
    terminal.onData((text) => link.send(text))
    terminal.onBinary((text) => link.send(text))
    terminal.onResize(({ cols, rows }) => link.resize(cols, rows))
    const resizing = new ResizeObserver(() => fit.fit())
    resizing.observe(place.current)
    const stopTheme = onThemeChange(() => {
      terminal.options.theme = colours()
    })
    terminal.focus()
    return () => {
      stopTheme()
      resizing.disconnect()
      link.close()
      terminal.dispose()
    }
  }, [process, id])

  return (
    <div className="screen">
      <div className="screen-place" ref={place} />
      {status.kind !== 'open' && (
        <div className="screen-note" role="status">
          <StatusText status={status} />
          {status.kind === 'ended' && (
            <button type="button" className="button" onClick={onRestart}>
              <RotateCw aria-hidden /> New terminal
            </button>
          )}
        </div>
      )}
    </div>
  )
}

function StatusText({ status }: { status: LinkStatus }): ReactNode {
  switch (status.kind) {
    case 'connecting':
      return 'Connecting…'
    case 'lost':
      return 'The connection is lost; what runs goes on. Connecting again…'
    case 'ended':
      return status.exitCode === null ? status.reason : `The shell has ended with ${status.exitCode}.`
    case 'open':
      return null
  }
}

/** Colours of the page as it is now. The sixteen of programs are readable on both. */
function colours(): ITheme {
  const probe = document.createElement('span')
  document.body.append(probe)
  const read = (token: string): string => {
    probe.style.color = `var(${token})`
    return getComputedStyle(probe).color
  }
  const [background, foreground, cursor] = [read('--sunken'), read('--text'), read('--accent')]
  const isDark = getComputedStyle(document.documentElement).colorScheme.includes('dark') && isDarkColour(background)
  probe.remove()
  const selectionBackground = isDark ? '#5b4a3a' : '#e8d5c0'
  return { background, foreground, cursor, selectionBackground, ...(isDark ? onDark : onLight) }
}

function isDarkColour(rgb: string): boolean {
  const [red = 255, green = 255, blue = 255] = (rgb.match(/\d+/g) ?? []).map(Number)
  return red + green + blue < 384
}

const onDark = {
  black: '#3b3632',
  red: '#f28b82',
  green: '#81c995',
  yellow: '#f5c26b',
  blue: '#8ab4f8',
  magenta: '#d7a3f0',
  cyan: '#78d2dc',
  white: '#d9d3cd',
  brightBlack: '#9a928a',
  brightRed: '#ffaba3',
  brightGreen: '#a4dfb3',
  brightYellow: '#ffd894',
  brightBlue: '#aecbfa',
  brightMagenta: '#e6c3f7',
  brightCyan: '#a2e4ec',
  brightWhite: '#ffffff',
}

const onLight = {
  black: '#1f1c1a',
  red: '#b3261e',
  green: '#19703a',
  yellow: '#855400',
  blue: '#1c5cb3',
  magenta: '#8a2fa8',
  cyan: '#0a6b78',
  white: '#635c56',
  brightBlack: '#6f6760',
  brightRed: '#c5362d',
  brightGreen: '#227f46',
  brightYellow: '#925f08',
  brightBlue: '#2b6cc4',
  brightMagenta: '#9c43ba',
  brightCyan: '#177a88',
  brightWhite: '#1f1c1a',
}
