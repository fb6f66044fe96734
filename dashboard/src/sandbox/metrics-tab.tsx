import { Activity, ChartLine as ChartIcon, Table2, ZoomIn } from 'lucide-react'
import { type ReactNode, useMemo, useState } from 'react'
import type { ChartLine } from '../design/chart-drawing.ts'
import { type Column, DataTable } from '../design/data-table.tsx'
import { Loaded } from '../design/page.tsx'
import { Segments } from '../design/segments.tsx'
import { size } from '../design/sizes.ts'
import { TimeChart } from '../design/time-chart.tsx'
import { span } from '../design/times.ts'
import type { SandboxDetail } from '../sandboxes/live.ts'
import type { Sample } from './metrics/samples.ts'
import { type Measured, type RangeName, ranges, useMetrics } from './metrics/use-metrics.ts'
import './metrics/metrics.css'

/** What a sandbox has used over time. */
export function MetricsTab({ sandbox }: { sandbox: SandboxDetail }): ReactNode {
  const [range, setRange] = useState<RangeName>('15m')
  const [isTable, setTable] = useState(false)
  const [isZoomed, setZoomed] = useState(false)
  const query = useMetrics(sandbox, range)
  return (
    <>
      <div className="metrics-bar">
        <Segments
          label="Time"
          options={Object.entries(ranges).map(([value, { name }]) => ({ value: value as RangeName, name }))}
          value={range}
          onChange={setRange}
        />
        <Rhythm measured={query.data} isRunning={sandbox.state === 'started'} />
        <div className="actions">
          {!isTable && (
            <button type="button" className="button" aria-pressed={isZoomed} onClick={() => setZoomed(!isZoomed)}>
              <ZoomIn aria-hidden /> {isZoomed ? 'Show limits' : 'Zoom in'}
            </button>
          )}
          <button type="button" className="button" onClick={() => setTable(!isTable)}>
            {isTable ? <ChartIcon aria-hidden /> : <Table2 aria-hidden />} {isTable ? 'As charts' : 'As a table'}
          </button>
        </div>
      </div>
      <Loaded query={query} what="What the sandbox has used could not be read">
        {(measured) => {
          if (measured.samples.length === 0) {
            return <Nothing sandbox={sandbox} range={range} onAll={() => setRange('all')} />
          }
          return isTable ? <Values measured={measured} /> : <Charts measured={measured} isZoomed={isZoomed} />
        }}
      </Loaded>
    </>
  )
}

function Rhythm({ measured, isRunning }: { measured: Measured | undefined; isRunning: boolean }): ReactNode {
  if (measured === undefined || measured.everyS === null) return null
  return (
    <span className="quiet small">
      {isRunning ? 'Live, one value each ' : 'One value each '}
      {span(measured.everyS * 1000)}
    </span>
  )
}

function Nothing({
  sandbox,
  range,
  onAll,
}: {
  sandbox: SandboxDetail
  range: RangeName
  onAll: () => void
}): ReactNode {
  return (
    <div className="empty">
      <Activity aria-hidden />
      <h2>Nothing was measured in this time</h2>
      <p>
        {sandbox.state === 'started'
          ? 'The first value comes within a minute after the start, and shows here by itself.'
          : 'Only a sandbox that runs is measured.'}
      </p>
      {range !== 'all' && (
        <button type="button" className="button" onClick={onAll}>
          Show all there is
        </button>
      )}
    </div>
  )
}

/** A chart: which values it shows, and how. */
interface Kind {
  readonly title: string
  readonly lines: readonly { name: string; color: ChartLine['color']; of: (sample: Sample) => number | null }[]
  readonly isBinary: boolean
  readonly format: (value: number) => string
  readonly note: (last: Sample) => string
}

const kinds: readonly Kind[] = [
  {
    title: 'CPU',
    lines: [
      { name: 'Used', color: 'first', of: ({ cpu }) => cpu },
      { name: 'Limit', color: 'limit', of: ({ cores }) => (cores === null ? null : 100) },
    ],
    isBinary: false,
    format: percent,
    note: ({ cores }) => (cores === null ? '' : `of ${cores} ${cores === 1 ? 'core' : 'cores'}`),
  },
  {
    title: 'Memory',
    lines: [
      { name: 'Programs', color: 'first', of: ({ memory }) => memory },
      { name: 'File cache', color: 'second', of: ({ cache }) => cache },
      { name: 'Limit', color: 'limit', of: ({ memoryLimit }) => memoryLimit },
    ],
    isBinary: true,
    format: size,
    note: () => 'the cache is given up when programs need it',
  },
  {
    title: 'Disk',
    lines: [
      { name: 'Written', color: 'first', of: ({ disk }) => disk },
      { name: 'Limit', color: 'limit', of: ({ diskLimit }) => diskLimit },
    ],
    isBinary: true,
    format: size,
    note: () => 'beyond what its snapshot has',
  },
  {
    title: 'Network',
    lines: [
      { name: 'Received', color: 'first', of: ({ received }) => received },
      { name: 'Sent', color: 'second', of: ({ sent }) => sent },
    ],
    isBinary: true,
    format: rate,
    note: () => '',
  },
]

const emptyLast: Pick<Sample, 'cores'> = { cores: null }

function Charts({ measured, isZoomed }: { measured: Measured; isZoomed: boolean }): ReactNode {
  const { samples, from, to } = measured
  const times = useMemo(() => samples.map(({ at }) => at), [samples])
  const charts = useMemo(
    () =>
      kinds.map((kind) => ({
        ...kind,
        lines: kind.lines
          .filter(({ color }) => !isZoomed || color !== 'limit')
          .map(({ name, color, of }): ChartLine => ({ name, color, values: samples.map(of) })),
      })),
    [samples, isZoomed],
  )
  const last = samples.at(-1)
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys
    <section className="metrics" tabIndex={0} aria-label="Charts">
      <div>
        {charts.map(({ title, lines, isBinary, format, note }) => (
          <TimeChart
            key={title}
            title={title}
            note={note({ ...emptyLast, ...last } as Sample)}
            times={times}
            lines={lines}
            from={from}
            to={to}
            isBinary={isBinary}
            format={format}
            timeText={momentText}
            group="metrics"
          />
        ))}
      </div>
    </section>
  )
}

const columns: readonly Column<Sample>[] = [
  { name: 'Time', cell: ({ at }) => <span className="numbers">{momentText(at)}</span>, sortBy: ({ at }) => at },
  column('CPU', ({ cpu }) => cpu, percent),
  column('Memory', ({ memory }) => memory, size),
  column('File cache', ({ cache }) => cache, size),
  column('Disk', ({ disk }) => disk, size),
  column('Received', ({ received }) => received, rate),
  column('Sent', ({ sent }) => sent, rate),
]

function column(
  name: string,
  of: (sample: Sample) => number | null,
  format: (value: number) => string,
): Column<Sample> {
  return {
    name,
    isNumber: true,
    sortBy: (sample) => of(sample) ?? -1,
    cell: (sample) => {
      const value = of(sample)
      return value === null ? '–' : format(value)
    },
  }
}

/** The same in numbers, the newest first. */
function Values({ measured: { samples } }: { measured: Measured }): ReactNode {
  const rows = useMemo(() => samples.filter(({ cores }) => cores !== null).toReversed(), [samples])
  return <DataTable label="What was measured" rows={rows} columns={columns} keyOf={({ at }) => `${at}`} />
}

function percent(value: number): string {
  return `${value.toLocaleString(undefined, { maximumFractionDigits: value < 10 ? 1 : 0 })} %`
}

function rate(bytes: number): string {
  return `${size(bytes)}/s`
}

/** The time, with its day where that is not today. */
function momentText(seconds: number): string {
  const date = new Date(seconds * 1000)
  const isToday = date.toDateString() === new Date().toDateString()
  return date.toLocaleString(undefined, {
    ...(isToday ? {} : { day: 'numeric', month: 'short' }),
    hour: 'numeric',
    minute: '2-digit',
    second: '2-digit',
  })
}
