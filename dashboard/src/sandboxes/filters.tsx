import { X } from 'lucide-react'
import { type Dispatch, type ReactNode, type SetStateAction, useCallback, useMemo } from 'react'
import { SearchField } from '../design/search-field.tsx'
import { Segments } from '../design/segments.tsx'
import { type Filter, noFilter } from './filter.ts'
import { FilterMenu, type MoreFilter } from './filter-menu.tsx'
import type { SandboxItem } from './live.ts'
import { toneOf } from './states.tsx'

const groups = { all: 'All', good: 'Running', busy: 'Changing', rest: 'Resting', bad: 'Failed' } as const

/** The field and the buttons of the filter. */
export function Filters({
  filter,
  onChange,
  sandboxes,
  children,
}: {
  filter: Filter
  onChange: Dispatch<SetStateAction<Filter>>
  sandboxes: readonly SandboxItem[]
  /** what stands at the end */
  children?: ReactNode
}): ReactNode {
  const { snapshot, label, region, access } = filter
  const more = useMemo(() => ({ snapshot, label, region, access }), [snapshot, label, region, access])
  const change = useCallback((part: Partial<MoreFilter>) => onChange((all) => ({ ...all, ...part })), [onChange])
  const counts = Map.groupBy(sandboxes, ({ state }) => toneOf(state))
  return (
    <div className="filters">
      <SearchField
        label="Search by name, id, snapshot or label"
        placeholder="Search by name, id or label"
        value={filter.text}
        onChange={(text) => onChange({ ...filter, text })}
      />
      <div className="groups">
        <Segments
          label="State"
          options={(Object.keys(groups) as (keyof typeof groups)[]).map((value) => ({
            value,
            name: groups[value],
            count: value === 'all' ? sandboxes.length : (counts.get(value)?.length ?? 0),
          }))}
          value={filter.group}
          onChange={(group) => onChange({ ...filter, group })}
        />
      </div>
      <div className="filter-tools">
        <FilterMenu filter={more} onChange={change} />
        {children}
      </div>
      <Chips filter={more} onChange={change} onClear={() => onChange(noFilter)} />
    </div>
  )
}

const chipWords = { snapshot: 'Snapshot', label: 'Label', region: 'Region', access: 'Previews' } as const

/** What is filtered by besides text and state, each to be taken away. */
function Chips({
  filter,
  onChange,
  onClear,
}: {
  filter: MoreFilter
  onChange: (change: Partial<MoreFilter>) => void
  onClear: () => void
}): ReactNode {
  const active = (Object.keys(chipWords) as (keyof typeof chipWords)[]).filter((key) => filter[key] !== '')
  if (active.length === 0) return null
  return (
    <ul className="chips" aria-label="Filters in use">
      {active.map((key) => (
        <li key={key} className="chip">
          <span className="cut">
            {chipWords[key]}: <b>{filter[key]}</b>
          </span>
          <button
            type="button"
            aria-label={`Remove the filter ${chipWords[key]}`}
            onClick={() => onChange({ [key]: '' })}
          >
            <X />
          </button>
        </li>
      ))}
      {active.length > 1 && (
        <li>
          <button type="button" className="button" data-kind="plain" onClick={onClear}>
            Clear all
          </button>
        </li>
      )}
    </ul>
  )
}
