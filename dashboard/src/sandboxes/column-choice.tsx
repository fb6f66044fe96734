import { Menu } from '@base-ui/react/menu'
import { Check, Columns3 } from 'lucide-react'
import { type CSSProperties, memo, type ReactNode, useCallback, useState } from 'react'
import { columns } from './columns.tsx'

/** Columns that can be left out, in their order, with the narrowest and the widest they get. */
const choices = {
  state: { name: 'State', least: 120, share: '1.3fr', isUsual: true },
  resources: { name: 'Resources', least: 210, share: '1.2fr', isUsual: true },
  activity: { name: 'Last used', least: 140, share: '0.8fr', isUsual: true },
  snapshot: { name: 'Made from', least: 110, share: '1fr', isUsual: true },
  region: { name: 'Region', least: 80, share: '0.6fr', isUsual: false },
  previews: { name: 'Previews', least: 80, share: '0.5fr', isUsual: false },
  created: { name: 'Created', least: 90, share: '0.5fr', isUsual: true },
} as const

/** A column that can be left out. */
export type ColumnId = keyof typeof choices

const ids = Object.keys(choices) as ColumnId[]
const key = 'sandyard.columns'

/** The columns that this browser shows, and a way to choose others. */
export function useColumnChoice(): [readonly ColumnId[], (shown: readonly ColumnId[]) => void] {
  const [shown, setShown] = useState<readonly ColumnId[]>(readChoice)
  const choose = useCallback((next: readonly ColumnId[]) => {
    localStorage.setItem(key, next.join(' '))
    setShown(next)
  }, [])
  return [shown, choose]
}

function readChoice(): readonly ColumnId[] {
  const stored = localStorage.getItem(key)?.split(' ')
  return ids.filter((id) => (stored === undefined ? choices[id].isUsual : stored.includes(id)))
}

/** What the table draws: the name, and what was chosen. */
export function chosenColumns(shown: readonly ColumnId[]) {
  return columns.filter((one) => {
    const { id } = one
    return id === 'name' || shown.some((chosen) => chosen === id)
  })
}

/** Widths of the columns, for the grid of each row. */
export function gridOf(shown: readonly ColumnId[]): CSSProperties {
  const widths = shown.map((id) => `minmax(${choices[id].least}px, ${choices[id].share})`)
  const least = shown.reduce((sum, id) => sum + choices[id].least + 12, 44 + 180 + 48 + 48)
  return {
    '--columns': `44px minmax(180px, 2fr) ${widths.join(' ')} 48px`,
    '--least-width': `${least}px`,
  } as CSSProperties
}

/** A menu of the columns. */
export const ColumnMenu = memo(function ColumnMenu({
  shown,
  onChange,
}: {
  shown: readonly ColumnId[]
  onChange: (shown: readonly ColumnId[]) => void
}): ReactNode {
  return (
    <Menu.Root>
      <Menu.Trigger className="button column-menu">
        <Columns3 aria-hidden /> Columns
      </Menu.Trigger>
      <Menu.Portal>
        <Menu.Positioner align="end" sideOffset={6}>
          <Menu.Popup className="menu">
            {ids.map((id) => (
              <Menu.CheckboxItem
                key={id}
                className="menu-item"
                checked={shown.includes(id)}
                onCheckedChange={(isShown) =>
                  onChange(ids.filter((one) => (one === id ? isShown : shown.includes(one))))
                }
              >
                <span className="menu-check">
                  <Menu.CheckboxItemIndicator>
                    <Check aria-hidden />
                  </Menu.CheckboxItemIndicator>
                </span>
                {choices[id].name}
              </Menu.CheckboxItem>
            ))}
          </Menu.Popup>
        </Menu.Positioner>
      </Menu.Portal>
    </Menu.Root>
  )
})
