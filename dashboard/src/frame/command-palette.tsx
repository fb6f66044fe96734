import { Dialog } from '@base-ui/react/dialog'
import { Box, Footprints, Keyboard, LogOut, type LucideIcon, Moon, Plus, Sun, SunMoon, UserRound } from 'lucide-react'
import { type KeyboardEvent, type ReactNode, useDeferredValue, useEffect, useRef, useState } from 'react'
import { useLocation } from 'wouter'
import { pressOnPage } from '../design/keys.ts'
import { applyTheme } from '../design/theme.ts'
import { useMay } from '../platform/permissions.ts'
import { useSandboxes } from '../sandboxes/live.ts'
import { places } from './places.ts'
import { useSignOut } from './use-sign-out.ts'

/** Something that can be done from anywhere. */
interface Command {
  readonly id: string
  readonly name: string
  readonly group: string
  readonly icon: LucideIcon
  /** that do the same */
  readonly keys?: readonly string[]
  readonly run: () => void
}

/** entries that are shown at a time */
const mostShown = 50

/** A field in which everything that can be done is found by its name. */
export function CommandPalette({ onClose, onKeys }: { onClose: () => void; onKeys: () => void }): ReactNode {
  const commands = useCommands(onKeys)
  const [text, setText] = useState('')
  const [at, setAt] = useState(0)
  const list = useRef<HTMLUListElement>(null)
  const found = search(commands, useDeferredValue(text))
  const chosen = Math.min(at, found.length - 1)

  useEffect(() => {
    list.current?.children[chosen]?.scrollIntoView({ block: 'nearest' })
  }, [chosen])

  function run(command: Command | undefined): void {
    if (command === undefined) return
    onClose()
    command.run()
  }

  function onKey(event: KeyboardEvent): void {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
    if (step !== undefined && found.length > 0) setAt((chosen + step + found.length) % found.length)
    else if (event.key === 'Enter') run(found[chosen])
    else return
    event.preventDefault()
  }

  return (
    <Dialog.Root open onOpenChange={(open) => !open && onClose()}>
      <Dialog.Portal>
        <Dialog.Backdrop className="backdrop" />
        <Dialog.Popup className="dialog palette">
          <Dialog.Title className="visually-hidden">Commands</Dialog.Title>
          <input
            role="combobox"
            aria-expanded
            aria-controls="commands"
            aria-activedescendant={found[chosen] === undefined ? undefined : `command-${chosen}`}
            aria-label="Find a page, a sandbox or a command"
            placeholder="Find a page, a sandbox or a command"
            value={text}
            onChange={(event) => {
              setText(event.target.value)
              setAt(0)
            }}
            onKeyDown={onKey}
          />
          <ul id="commands" role="listbox" aria-label="Commands" ref={list}>
            {found.map((command, index) => {
              const { id, name, group, icon: Icon, keys = [] } = command
              return (
                // biome-ignore lint/a11y/useKeyWithClickEvents: the field above takes the keys
                <li
                  key={id}
                  id={`command-${index}`}
                  role="option"
                  aria-selected={index === chosen}
                  onClick={() => run(command)}
                  onPointerMove={() => setAt(index)}
                >
                  <Icon aria-hidden /> <span className="cut">{name}</span> <span className="group">{group}</span>
                  <span className="keys" aria-hidden>
                    {keys.map((key) => (
                      <kbd key={key} className="key">
                        {key}
                      </kbd>
                    ))}
                  </span>
                </li>
              )
            })}
          </ul>
          {found.length === 0 && <p className="none">Nothing has this name</p>}
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  )
}

function useCommands(onKeys: () => void): readonly Command[] {
  const [location, go] = useLocation()
  const signOut = useSignOut()
  const may = useMay()
  const { data: sandboxes = [] } = useSandboxes()
  const command = (id: string, name: string, icon: LucideIcon, run: () => void): Command => {
    return { id, name, group: 'Command', icon, run }
  }
  return [
    ...places.map(({ path, name, icon, key }) => {
      return { id: path, name, group: 'Page', icon, keys: ['g', key], run: () => go(path) }
    }),
    ...places.flatMap(({ path, create }) => {
      if (create === undefined || !may(create.needs)) return []
      const run = (): void => {
        pressOnPage('c', location !== path)
        if (location !== path) go(path)
      }
      return [command(`create ${path}`, create.name, Plus, run)]
    }),
    command('onboarding', 'First steps', Footprints, () => go('/onboarding')),
    command('account', 'Your account', UserRound, () => go('/account')),
    { ...command('keys', 'All keys', Keyboard, onKeys), keys: ['?'] },
    command('system', 'Theme as the machine is', SunMoon, () => applyTheme('system')),
    command('light', 'Light theme', Sun, () => applyTheme('light')),
    command('dark', 'Dark theme', Moon, () => applyTheme('dark')),
    command('out', 'Sign out', LogOut, signOut),
    ...sandboxes.map(({ id, name }) => ({ id, name, group: 'Sandbox', icon: Box, run: () => go(`/sandboxes/${id}`) })),
  ]
}

/** Those with all words of the text in their name or id; the best first: the very name, its beginning, that of a word. */
function search(commands: readonly Command[], text: string): readonly Command[] {
  const wanted = text.toLowerCase().trim()
  const words = wanted.split(/\s+/).filter(Boolean)
  const fits = ({ name, id }: Command): boolean => {
    const all = `${name} ${id}`.toLowerCase()
    return words.every((word) => all.includes(word))
  }
  const rank = ({ name }: Command): number => {
    const lower = name.toLowerCase()
    if (lower === wanted) return 0
    if (lower.startsWith(wanted)) return 1
    return lower.includes(` ${wanted}`) ? 2 : 3
  }
  return commands
    .filter(fits)
    .toSorted((a, b) => rank(a) - rank(b))
    .slice(0, mostShown)
}
