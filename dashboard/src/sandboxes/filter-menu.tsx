import { Popover } from '@base-ui/react/popover'
import { ListFilter } from 'lucide-react'
import { memo, type ReactNode, useMemo } from 'react'
import { SelectField } from '../design/fields.tsx'
import type { Filter } from './filter.ts'
import { ownLabels } from './labels.ts'
import { useSandboxes } from './live.ts'

/** values that one field offers */
const mostValues = 200

/** What is filtered by besides text and state. */
export type MoreFilter = Pick<Filter, 'snapshot' | 'label' | 'region' | 'access'>

interface FilterMenuProps {
  readonly filter: MoreFilter
  readonly onChange: (change: Partial<MoreFilter>) => void
}

/** More to filter by, from what the sandboxes have. Not drawn anew for each letter and each event. */
export const FilterMenu = memo(function FilterMenu(props: FilterMenuProps): ReactNode {
  return (
    <Popover.Root>
      <Popover.Trigger className="button">
        <ListFilter aria-hidden /> Filter
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Positioner align="end" sideOffset={6}>
          <Popover.Popup className="menu filter-menu">
            <Popover.Title className="visually-hidden">Filter by more</Popover.Title>
            <Fields {...props} />
          </Popover.Popup>
        </Popover.Positioner>
      </Popover.Portal>
    </Popover.Root>
  )
})

function Fields({ filter, onChange }: FilterMenuProps): ReactNode {
  const { data: sandboxes = [] } = useSandboxes()
  const values = useMemo(
    () => ({
      snapshot: countsOf(sandboxes.map(({ snapshot }) => snapshot ?? '').filter(Boolean)),
      label: countsOf(sandboxes.flatMap(ownLabels)),
      region: countsOf(sandboxes.map(({ target }) => target)),
    }),
    [sandboxes],
  )
  const select = (key: 'snapshot' | 'label' | 'region', label: string, any: string): ReactNode => (
    <SelectField label={label} value={filter[key]} onChange={({ target }) => onChange({ [key]: target.value })}>
      <option value="">{any}</option>
      {filter[key] !== '' && !values[key].some(([value]) => value === filter[key]) && (
        <option value={filter[key]}>{filter[key]} (0)</option>
      )}
      {values[key].map(([value, count]) => (
        <option key={value} value={value}>
          {value} ({count})
        </option>
      ))}
    </SelectField>
  )
  return (
    <>
      {select('snapshot', 'Snapshot', 'Any')}
      {select('label', 'Label', 'Any')}
      {values.region.length > 1 && select('region', 'Region', 'Any')}
      <SelectField label="Previews" value={filter.access} onChange={({ target }) => onChange({ access: target.value })}>
        <option value="">Any</option>
        <option value="public">Open to everybody</option>
        <option value="private">Need a token or a sign-in</option>
      </SelectField>
    </>
  )
}

/** Values and how often they are there, the most frequent ones, by their names. */
function countsOf(values: readonly string[]): readonly (readonly [string, number])[] {
  const counts = [...Map.groupBy(values, (value) => value)].map(([value, all]) => [value, all.length] as const)
  return counts
    .toSorted((one, other) => other[1] - one[1])
    .slice(0, mostValues)
    .toSorted((one, other) => one[0].localeCompare(other[0], undefined, { numeric: true }))
}
