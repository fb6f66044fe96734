import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'

/** A line of a chart. */
export interface ChartLine {
  readonly name: string
  /** one for each time; null where there is none, which leaves a gap */
  readonly values: readonly (number | null)[]
  /** `first` has its area filled, `limit` is dashed */
  readonly color: 'first' | 'second' | 'limit'
}

/** Lines, or a bar for each time. */
export type ChartShape = 'line' | 'bars'

/** What is drawn. */
export interface Plotted {
  /** epoch seconds, rising */
  readonly times: readonly number[]
  readonly lines: readonly ChartLine[]
  /** both ends of the time that is shown, epoch seconds */
  readonly from: number
  readonly to: number
  /** the scale goes to this at least; absent: to 1, or to 1 KiB */
  readonly least?: number
  /** true for bytes, whose steps are powers of two */
  readonly isBinary?: boolean
  readonly format: (value: number) => string
}

interface Drawing {
  /** what to draw now */
  readonly read: () => Plotted
  readonly shape: ChartShape
  readonly group: string | undefined
  /** told which of the times is pointed to */
  readonly onPoint: (at: number | null) => void
}

const powersOfTwo = Array.from({ length: 50 }, (_, power) => 2 ** power)
const dayS = 86_400

/** Draws a chart that fills an element and follows its size. `remove` takes it away. */
export function drawChart(
  place: HTMLElement,
  drawing: Drawing,
): { readonly chart: uPlot; readonly remove: () => void } {
  const { times, lines } = drawing.read()
  const chart = new uPlot(
    { width: place.clientWidth, height: place.clientHeight, ...optionsOf(place, drawing) },
    [[...times], ...lines.map(({ values }) => [...values])],
    place,
  )
  const watch = new ResizeObserver(() => {
    const [width, height] = [place.clientWidth, place.clientHeight]
    if (width > 0 && (width !== chart.width || height !== chart.height)) chart.setSize({ width, height })
  })
  watch.observe(place)
  return {
    chart,
    remove() {
      watch.disconnect()
      chart.destroy()
    },
  }
}

function optionsOf(
  place: HTMLElement,
  { read, shape, group, onPoint }: Drawing,
): Omit<uPlot.Options, 'width' | 'height'> {
  const color = colorsOf(place)
  const { isBinary = false, lines } = read()
  const axis = {
    stroke: color('--text-quiet'),
    font: `12px ${getComputedStyle(place).fontFamily}`,
    grid: { stroke: color('--chart-grid'), width: 1 },
    ticks: { show: false },
    border: { show: false },
  }
  return {
    legend: { show: false },
    // The last label of the time stands over the end.
    padding: [8, shape === 'bars' ? 22 : 34, 0, 0],
    cursor: {
      y: false,
      drag: { x: false, y: false },
      points: { size: 8, width: 0 },
      ...(group === undefined ? {} : { sync: { key: group, setSeries: false, scales: ['x', null] } }),
    },
    scales: {
      x: { time: true, range: () => [read().from, read().to] },
      y: { range: () => [0, topOf(read())] },
    },
    axes: [
      {
        ...axis,
        grid: { show: false },
        size: 30,
        gap: 8,
        ...(shape === 'bars'
          ? {
              incrs: [dayS],
              space: 1,
              splits: () => thinned(read().times, chartLabels(place)),
              values: (_, splits) => splits.map(dayText),
            }
          : { space: 80, values: (_, splits, _axis, _space, step) => splits.map((at) => clockText(at, step)) }),
      },
      {
        ...axis,
        size: 64,
        space: 34,
        ...(isBinary ? { incrs: powersOfTwo } : {}),
        values: (_, splits) => splits.map((value) => read().format(value)),
      },
    ],
    series: [
      {},
      ...lines.map(
        ({ color: name }): uPlot.Series => ({
          stroke: color(`--chart-${name}`),
          width: name === 'limit' ? 1 : 1.5,
          ...(name === 'first' ? { fill: color(shape === 'bars' ? '--chart-first' : '--chart-first-fill') } : {}),
          ...(name === 'limit' ? { dash: [5, 4], points: { show: false } } : { points: { size: 4 } }),
          ...(shape === 'bars' && uPlot.paths.bars !== undefined
            ? { paths: uPlot.paths.bars({ size: [0.6, 40], radius: 0.15 }), points: { show: false } }
            : {}),
        }),
      ),
    ],
    hooks: { setCursor: [(chart) => onPoint(chart.cursor.idx ?? null)] },
  }
}

/** The highest that is drawn, with some room above it. */
function topOf({ lines, isBinary = false, least = isBinary ? 1024 : 1 }: Plotted): number {
  let top = least
  for (const { values } of lines) for (const value of values) if (value !== null && value > top) top = value
  return 1.06 * top
}

/** Values of tokens as a canvas takes them: as they are in the theme of now. */
function colorsOf(place: HTMLElement): (token: string) => string {
  return (token) => {
    const probe = document.createElement('span')
    probe.style.color = `var(${token})`
    place.append(probe)
    const { color } = getComputedStyle(probe)
    probe.remove()
    return color
  }
}

function clockText(seconds: number, step: number): string {
  const date = new Date(seconds * 1000)
  if (step >= dayS || (date.getHours() === 0 && date.getMinutes() === 0 && date.getSeconds() === 0)) {
    return dayText(seconds)
  }
  return date.toLocaleTimeString(undefined, {
    hour: 'numeric',
    minute: '2-digit',
    ...(step < 60 ? { second: '2-digit' } : {}),
  })
}

function dayText(seconds: number): string {
  return new Date(seconds * 1000).toLocaleDateString(undefined, { day: 'numeric', month: 'short' })
}

/** As many labels as have room. */
function chartLabels(place: HTMLElement): number {
  return Math.max(2, Math.floor((place.clientWidth - 64) / 64))
}

/** At most so many of them, evenly, with the last one. */
function thinned(times: readonly number[], most: number): number[] {
  const step = Math.ceil(times.length / most)
  return times.filter((_, at) => (times.length - 1 - at) % step === 0)
}
