import { Dialog } from '@base-ui/react/dialog'
import { Box, LogOut, type LucideIcon, Moon, Plus, Sun } from 'lucide-react'
import { type KeyboardEvent, type ReactNode, useDeferredValue, useEffect, useRef, useState } from 'react'
import { useLocation } from 'wouter'
import { applyTheme } from '../design/theme.ts'
import { useSandboxes } from '../sandboxes/live.ts'
import { places } from './places.ts'
import { useSignOut } from './use-sign-out.ts'

/** Something that can be done from anywhere. */
interface Command {
  readonly id: string
  readonly name: string
  readonly group: string
  readonly icon: LucideIcon
  readonly run: () => void
}

/** entries that are shown at a time */
const mostShown = 50

/** A field in which everything that can be done is found by its name. */
export function CommandPalette({ onClose }: { onClose: () => void }): ReactNode {
  const commands = useCommands()
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
              const { id, name, group, icon: Icon } = command
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
                  <Icon aria-hidden /> {name} <span className="group">{group}</span>
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

function useCommands(): readonly Command[] {
  const [, go] = useLocation()
  const signOut = useSignOut()
  const { data: sandboxes = [] } = useSandboxes()
  return [
    ...places.map(({ path, name, icon }) => ({ id: path, name, group: 'Page', icon, run: () => go(path) })),
    { id: 'create', name: 'Create a sandbox', group: 'Command', icon: Plus, run: () => go('/sandboxes?create') },
    { id: 'light', name: 'Light theme', group: 'Command', icon: Sun, run: () => applyTheme('light') },
    { id: 'dark', name: 'Dark theme', group: 'Command', icon: Moon, run: () => applyTheme('dark') },
    { id: 'out', name: 'Sign out', group: 'Command', icon: LogOut, run: signOut },
    ...sandboxes.map(({ id, name }) => ({ id, name, group: 'Sandbox', icon: Box, run: () => go(`/sandboxes/${id}`) })),
  ]
}

/** Those with all words of the text in their name or id; where a name begins with it, first. */
function search(commands: readonly Command[], text: string): readonly Command[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean)
  const fits = ({ name, id }: Command): boolean => {
    const all = `${name} ${id}`.toLowerCase()
    return words.every((word) => all.includes(word))
  }
  const rank = ({ name }: Command): number => (name.toLowerCase().startsWith(words[0] ?? '') ? 0 : 1)
  return commands
    .filter(fits)
    .toSorted((a, b) => rank(a) - rank(b))
    .slice(0, mostShown)
}
