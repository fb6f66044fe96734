import { ArrowDown, ArrowUp } from 'lucide-react'
import { type ReactNode, useMemo, useState } from 'react'
import './data-table.css'

/** A column of a table. */
export interface Column<Row> {
  readonly name: string
  readonly cell: (row: Row) => ReactNode
  /** what rows are sorted by when its head is pressed; without it they are not */
  readonly sortBy?: (row: Row) => string | number
  /** true for what is first to go where there is little room */
  readonly isExtra?: boolean
  /** true for numbers, which stand to the right */
  readonly isNumber?: boolean
}

/** Rows that are chosen, to do something to all of them. */
export interface Choice<Row> {
  readonly nameOf: (row: Row) => string
  /** true for rows that nothing can be done to; without it all can be chosen */
  readonly isOff?: (row: Row) => boolean
  /** by their keys */
  readonly keys: ReadonlySet<string>
  readonly onChange: (keys: ReadonlySet<string>) => void
}

/** drawn before `Show more` is pressed, and more by each press */
const atOnce = 200

/**
 * A table of some hundred rows; the first column names the row. On a phone each row is a card. For what has thousands of
 * rows see the table of sandboxes.
 */
export function DataTable<Row>({
  label,
  rows,
  columns,
  keyOf,
  menu,
  choice,
}: {
  label: string
  rows: readonly Row[]
  columns: readonly Column<Row>[]
  keyOf: (row: Row) => string
  /** what is at the end of a row, such as an `ActionMenu` */
  menu?: ((row: Row) => ReactNode) | undefined
  /** with it each row has a box to check */
  choice?: Choice<Row>
}): ReactNode {
  const [sort, setSort] = useState<{ name: string; isDown: boolean } | null>(null)
  const [most, setMost] = useState(atOnce)
  const sorted = useMemo(() => {
    const by = columns.find(({ name }) => name === sort?.name)?.sortBy
    if (by === undefined || sort === null) return rows
    const up = rows.toSorted((one, other) => compare(by(one), by(other)))
    return sort.isDown ? up.toReversed() : up
  }, [rows, columns, sort])
  const able = choice?.isOff === undefined ? rows : rows.filter((row) => choice.isOff?.(row) !== true)

  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys
    <section className="data-table" tabIndex={0} aria-label={label}>
      <table>
        <thead>
          <tr>
            {choice !== undefined && (
              <th className="box-cell">
                <Box
                  label="Choose all"
                  isOff={able.length === 0}
                  isChecked={able.length > 0 && able.every((row) => choice.keys.has(keyOf(row)))}
                  onChange={(isChosen) => choice.onChange(new Set(isChosen ? able.map(keyOf) : []))}
                />
              </th>
            )}
            {columns.map((column) => (
              <Head key={column.name} column={column} sort={sort} onSort={setSort} />
            ))}
            {menu !== undefined && (
              <th>
                <span className="visually-hidden">Actions</span>
              </th>
            )}
          </tr>
        </thead>
        <tbody>
          {sorted.slice(0, most).map((row) => (
            <tr key={keyOf(row)} data-chosen={choice?.keys.has(keyOf(row))}>
              {choice !== undefined && (
                <td className="box-cell">
                  <Box
                    label={`Choose ${choice.nameOf(row)}`}
                    isOff={choice.isOff?.(row) === true}
                    isChecked={choice.keys.has(keyOf(row))}
                    onChange={(isChosen) => choice.onChange(withKey(choice.keys, keyOf(row), isChosen))}
                  />
                </td>
              )}
              {columns.map(({ name, cell, isExtra, isNumber }, at) => (
                <td
                  key={name}
                  data-name={at === 0 ? undefined : name}
                  data-extra={isExtra}
                  className={isNumber === true ? 'numbers to-right' : undefined}
                >
                  {cell(row)}
                </td>
              ))}
              {menu !== undefined && <td className="menu-cell">{menu(row)}</td>}
            </tr>
          ))}
        </tbody>
      </table>
      {sorted.length > most && (
        <button type="button" className="button" onClick={() => setMost(most + atOnce)}>
          Show more: {sorted.length - most} are left
        </button>
      )}
    </section>
  )
}

function Head<Row>({
  column: { name, sortBy, isExtra, isNumber },
  sort,
  onSort,
}: {
  column: Column<Row>
  sort: { name: string; isDown: boolean } | null
  onSort: (sort: { name: string; isDown: boolean }) => void
}): ReactNode {
  const className = isNumber === true ? 'to-right' : undefined
  if (sortBy === undefined) {
    return (
      <th data-extra={isExtra} className={className}>
        {name}
      </th>
    )
  }
  const isSorted = sort?.name === name
  const Icon = isSorted && sort.isDown ? ArrowDown : ArrowUp
  return (
    <th
      data-extra={isExtra}
      className={className}
      aria-sort={isSorted ? (sort.isDown ? 'descending' : 'ascending') : 'none'}
    >
      <button type="button" onClick={() => onSort({ name, isDown: isSorted && !sort.isDown })}>
        {name} {isSorted && <Icon aria-hidden />}
      </button>
    </th>
  )
}

function Box({
  label,
  isOff,
  isChecked,
  onChange,
}: {
  label: string
  isOff: boolean
  isChecked: boolean
  onChange: (isChosen: boolean) => void
}): ReactNode {
  return (
    <input
      type="checkbox"
      className="check"
      aria-label={label}
      disabled={isOff}
      checked={isChecked}
      onChange={(event) => onChange(event.target.checked)}
    />
  )
}

function withKey(keys: ReadonlySet<string>, key: string, isThere: boolean): ReadonlySet<string> {
  const next = new Set(keys)
  if (isThere) next.add(key)
  else next.delete(key)
  return next
}

function compare(one: string | number, other: string | number): number {
  if (typeof one === 'number' && typeof other === 'number') return one - other
  return String(one).localeCompare(String(other), undefined, { numeric: true })
}
