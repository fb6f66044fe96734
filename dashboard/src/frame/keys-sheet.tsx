import type { ReactNode } from 'react'
import { modifier } from '../design/keys.ts'
import { Modal } from '../design/modal.tsx'
import { places } from './places.ts'

/** A key, or several one after the other, and what they do. */
interface Line {
  readonly keys: readonly string[]
  readonly does: string
}

const groups: readonly { readonly name: string; readonly lines: readonly Line[] }[] = [
  {
    name: 'Anywhere',
    lines: [
      { keys: [`${modifier}K`], does: 'Find a page, a sandbox or a command' },
      { keys: ['c'], does: 'Create, on a page where something is created' },
      { keys: ['/'], does: 'Search, on a page with a search field' },
      { keys: ['?'], does: 'This list' },
      { keys: ['Esc'], does: 'Close what is open, choose nothing' },
    ],
  },
  {
    name: 'In the list of sandboxes',
    lines: [
      { keys: ['↑', '↓'], does: 'To the next row; so do j and k' },
      { keys: ['Enter'], does: 'Open' },
      { keys: ['x'], does: 'Choose; so does the space bar' },
      { keys: ['Del'], does: 'Delete, after a question' },
    ],
  },
  { name: 'Go to', lines: places.map(({ key, name }) => ({ keys: ['g', key], does: name })) },
]

/** All keys that do something. */
export function KeysSheet({ onClose }: { onClose: () => void }): ReactNode {
  return (
    <Modal title="Keys" description="They count where nothing is being typed, and no dialog is open." onClose={onClose}>
      {groups.map(({ name, lines }) => (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys
        <section key={name} className="keys-group" tabIndex={0} aria-label={name}>
          <h3>{name}</h3>
          <dl data-many={lines.length > 6 || undefined}>
            {lines.map(({ keys, does }) => (
              <div key={does}>
                <dt>
                  {keys.map((key) => (
                    <kbd key={key} className="key">
                      {key}
                    </kbd>
                  ))}
                </dt>
                <dd>{does}</dd>
              </div>
            ))}
          </dl>
        </section>
      ))}
    </Modal>
  )
}
