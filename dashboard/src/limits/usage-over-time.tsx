import { type ReactNode, useMemo, useState } from 'react'
import { Card } from '../design/cards.tsx'
import type { ChartLine } from '../design/chart-drawing.ts'
import { later } from '../design/later.tsx'
import { Note } from '../design/notes.tsx'
import { Segments } from '../design/segments.tsx'
import { type DayUse, useDays } from './usage.ts'

const TimeChart = later(async () => (await import('../design/time-chart.tsx')).TimeChart)

const spans = [
  { value: '7', name: '7 days' },
  { value: '30', name: '30 days' },
] as const

const kinds = [
  { title: 'CPU', unit: 'core-hours', of: ({ cpuHours }: DayUse) => cpuHours },
  { title: 'Memory', unit: 'GiB-hours', of: ({ memoryGiBHours }: DayUse) => memoryGiBHours },
  { title: 'Disk', unit: 'GiB-hours', of: ({ diskGiBHours }: DayUse) => diskGiBHours },
] as const

/** What all sandboxes took, day by day. */
export function UsageOverTime(): ReactNode {
  const [span, setSpan] = useState<'7' | '30'>('7')
  const [isTable, setTable] = useState(false)
  const { days, left, error } = useDays(Number(span))
  return (
    <Card
      title="Over time"
      description="How much was held, for how long. One core for a whole day is 24 core-hours."
      actions={
        <>
          <Segments label="Days" options={spans} value={span} onChange={setSpan} />
          <Segments
            label="Shown as"
            options={[
              { value: 'charts', name: 'Charts' },
              { value: 'table', name: 'Table' },
            ]}
            value={isTable ? 'table' : 'charts'}
            onChange={(way) => setTable(way === 'table')}
          />
        </>
      }
    >
      {error !== null && <Note kind="bad">Some days could not be read: {error.message}</Note>}
      {isTable ? <Days days={days} /> : <Charts days={days} isComplete={left === 0} />}
    </Card>
  )
}

function Charts({ days, isComplete }: { days: readonly DayUse[]; isComplete: boolean }): ReactNode {
  const times = useMemo(() => days.map(({ startMs, endMs }) => (startMs + endMs) / 2000), [days])
  const charts = useMemo(
    () =>
      kinds.map(({ title, unit, of }) => {
        const values = days.map(of)
        const lines: readonly ChartLine[] = [{ name: 'On the day', color: 'first', values }]
        return { title, unit, lines, sum: values.reduce((all, one) => all + one, 0) }
      }),
    [days],
  )
  const [first, last] = [days[0], days.at(-1)]
  if (first === undefined || last === undefined) return <div className="usage-charts" aria-busy />
  return (
    <div className="usage-charts" aria-busy={!isComplete}>
      {charts.map(({ title, unit, lines, sum }) => (
        <TimeChart
          key={title}
          title={title}
          note={isComplete ? `${amount(sum)} ${unit} in all` : 'is being read'}
          times={times}
          lines={lines}
          from={first.startMs / 1000}
          to={last.endMs / 1000}
          least={0.01}
          format={amount}
          timeText={dayText}
          group="usage"
          shape="bars"
        />
      ))}
    </div>
  )
}

function Days({ days }: { days: readonly DayUse[] }): ReactNode {
  return (
    <table className="usage-days">
      <thead>
        <tr>
          <th>Day</th>
          {kinds.map(({ title, unit }) => (
            <th key={title}>
              {title}, {unit}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {days.toReversed().map((day) => (
          <tr key={day.startMs}>
            <td>{dayText(day.startMs / 1000)}</td>
            {kinds.map(({ title, of }) => (
              <td key={title} className="numbers">
                {amount(of(day))}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  )
}

function amount(value: number): string {
  return value.toLocaleString(undefined, { maximumSignificantDigits: value < 10 ? 2 : 4 })
}

function dayText(seconds: number): string {
  return new Date(seconds * 1000).toLocaleDateString(undefined, { weekday: 'short', day: 'numeric', month: 'short' })
}
