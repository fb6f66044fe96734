import { Search, X } from 'lucide-react'
import type { ReactNode, RefObject } from 'react'
import type { SandboxItem } from './live.ts'
import { toneOf } from './states.tsx'

/** What of the list is shown. */
export interface Filter {
  /** words that name, id, snapshot or labels must all have */
  readonly text: string
  readonly group: Group
}

const groups = { all: 'All', good: 'Running', busy: 'Changing', rest: 'Resting', bad: 'Failed' } as const
type Group = keyof typeof groups

/** The sandboxes that a filter lets through. */
export function applyFilter(sandboxes: readonly SandboxItem[], { text, group }: Filter): readonly SandboxItem[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean)
  return sandboxes.filter((sandbox) => {
    if (group !== 'all' && toneOf(sandbox.state) !== group) return false
    if (words.length === 0) return true
    const labels = Object.entries(sandbox.labels).map(([name, value]) => `${name}=${value}`)
    const all = [sandbox.name, sandbox.id, sandbox.snapshot, sandbox.state, ...labels].join(' ').toLowerCase()
    return words.every((word) => all.includes(word))
  })
}

/** The field and the buttons of the filter. */
export function Filters({
  filter,
  onChange,
  sandboxes,
  field,
}: {
  filter: Filter
  onChange: (filter: Filter) => void
  sandboxes: readonly SandboxItem[]
  field: RefObject<HTMLInputElement | null>
}): ReactNode {
  const counts = Map.groupBy(sandboxes, ({ state }) => toneOf(state))
  return (
    <div className="filters">
      <div className="search">
        <Search aria-hidden />
        <input
          ref={field}
          className="input"
          type="search"
          aria-label="Search by name, id, snapshot or label"
          placeholder="Name, id, snapshot or label"
          value={filter.text}
          onChange={(event) => onChange({ ...filter, text: event.target.value })}
          onKeyDown={(event) => event.key === 'Escape' && event.currentTarget.blur()}
        />
        {filter.text === '' ? (
          <kbd className="key">/</kbd>
        ) : (
          <button
            type="button"
            className="icon-button"
            aria-label="Clear the search"
            onClick={() => onChange({ ...filter, text: '' })}
          >
            <X />
          </button>
        )}
      </div>
      <div className="groups" role="group" aria-label="State">
        {(Object.keys(groups) as Group[]).map((group) => (
          <button
            key={group}
            type="button"
            aria-pressed={filter.group === group}
            onClick={() => onChange({ ...filter, group })}
          >
            {groups[group]}
            <span className="numbers">{group === 'all' ? sandboxes.length : (counts.get(group)?.length ?? 0)}</span>
          </button>
        ))}
      </div>
    </div>
  )
}
