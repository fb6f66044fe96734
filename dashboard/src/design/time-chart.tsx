import { type KeyboardEvent, type ReactNode, useEffect, useRef, useState } from 'react'
import type uPlot from 'uplot'
import { type ChartShape, drawChart, type Plotted } from './chart-drawing.ts'
import { onThemeChange } from './theme.ts'
import './time-chart.css'

/** What a chart shows. */
export interface TimeChartProps extends Plotted {
  readonly title: string
  /** a few words beside the title */
  readonly note?: ReactNode
  readonly timeText: (seconds: number) => string
  /** charts of one group show the same moment; absent: it stands alone */
  readonly group?: string
  readonly shape?: ChartShape
}

/**
 * Values over time, with those of one moment above: of the last one, or of the one that the pointer or the arrow keys point
 * to. Nothing in it moves by itself. Load it lazily: its library is large.
 */
export function TimeChart(props: TimeChartProps): ReactNode {
  const { title, note, times, lines, format, timeText, group, shape = 'line' } = props
  const place = useRef<HTMLDivElement>(null)
  const chart = useRef<uPlot | null>(null)
  const latest = useRef(props)
  latest.current = props
  const [pointed, setPointed] = useState<number | null>(null)
  const [theme, setTheme] = useState(0)
  useEffect(() => onThemeChange(() => setTheme((count) => count + 1)), [])

  const drawn = `${lines.map(({ name, color }) => `${color} ${name}`).join(',')} ${theme}`
  // biome-ignore lint/correctness/useExhaustiveDependencies: a chart of other lines, or in other colours, is another one
  useEffect(() => {
    if (place.current === null) return
    const plot = drawChart(place.current, { read: () => latest.current, shape, group, onPoint: setPointed })
    chart.current = plot.chart
    return () => {
      chart.current = null
      plot.remove()
    }
  }, [drawn, shape, group])

  useEffect(() => {
    chart.current?.setData([[...times], ...lines.map(({ values }) => [...values])])
    // Labels of bars follow the times, which may be others between the same ends.
    if (shape === 'bars') chart.current?.redraw(false, true)
  }, [times, lines, shape])

  const filled = times.flatMap((_, at) => (lines.some(({ values }) => typeof values[at] === 'number') ? [at] : []))
  const shown = pointed !== null && pointed < times.length ? pointed : (filled.at(-1) ?? 0)
  const values = lines.map(({ name, color, values: all }) => ({ name, color, text: textOf(all[shown], format) }))
  const when = times[shown] === undefined ? '' : timeText(times[shown])

  function point(event: KeyboardEvent): void {
    const next = moved(event, filled, pointed)
    const plot = chart.current
    if (next === undefined || plot === null) return
    event.preventDefault()
    const x = next === null ? undefined : times[next]
    plot.setCursor({ left: x === undefined ? -10 : plot.valToPos(x, 'x'), top: x === undefined ? -10 : 1 })
  }

  return (
    <figure className="time-chart">
      <figcaption>
        <b>{title}</b>
        {note !== undefined && <span className="quiet small">{note}</span>}
        <span className="when quiet small numbers">{when}</span>
      </figcaption>
      <ul>
        {values.map(({ name, color, text }) => (
          <li key={name}>
            <i data-color={color} aria-hidden />
            {name} <b className="numbers">{text}</b>
          </li>
        ))}
      </ul>
      <div
        className="plot"
        ref={place}
        role="slider"
        tabIndex={0}
        aria-label={`${title} over time`}
        aria-valuemin={0}
        aria-valuemax={Math.max(0, times.length - 1)}
        aria-valuenow={shown}
        aria-valuetext={`${when}: ${values.map(({ name, text }) => `${name} ${text}`).join(', ')}`}
        onKeyDown={point}
        onBlur={() => chart.current?.setCursor({ left: -10, top: -10 })}
      />
    </figure>
  )
}

function textOf(value: number | null | undefined, format: (value: number) => string): string {
  return typeof value === 'number' ? format(value) : '–'
}

/** Where a key leads among the places that have values: null is back to the last one, undefined is a key of others. */
function moved(
  { key, shiftKey }: KeyboardEvent,
  filled: readonly number[],
  at: number | null,
): number | null | undefined {
  const now = at === null ? filled.length - 1 : filled.findLastIndex((one) => one <= at)
  const go = (to: number): number | undefined => filled[Math.max(0, Math.min(filled.length - 1, to))]
  switch (key) {
    case 'ArrowLeft':
      return go(now - (shiftKey ? 10 : 1))
    case 'ArrowRight':
      return go(now + (shiftKey ? 10 : 1))
    case 'PageDown':
      return go(now - 10)
    case 'PageUp':
      return go(now + 10)
    case 'Home':
      return go(0)
    case 'End':
      return go(filled.length - 1)
    case 'Escape':
      return null
    default:
      return undefined
  }
}
