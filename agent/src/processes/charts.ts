import type { Chart } from '@sandyard/protocol'
import { isObject } from '../is-object.ts'

type ChartElement = Chart['elements'][number]

const kinds = ['line', 'scatter', 'bar', 'pie', 'box_and_whisker', 'composite_chart', 'unknown'] as const
const texts = ['x_label', 'x_scale', 'y_label', 'y_scale'] as const
const elementTexts = ['label', 'group', 'value'] as const
const elementNumbers = ['angle', 'radius', 'min', 'first_quartile', 'median', 'third_quartile', 'max'] as const

/** Charts that a program reported, and how many it had no room for. */
export interface Report {
  readonly charts: Chart[]
  readonly dropped: number
}

/**
 * Reads what `agent/python/charts.py` wrote: a chart or `{"dropped":true}` per line. The program can write there, too:
 * what has not the form of a chart is passed over, field by field, and a last line without its end is no line.
 */
export function readCharts(chunks: Iterable<Buffer>): Report {
  const charts: Chart[] = []
  let dropped = 0
  const room = { lists: mostLists, objects: mostObjects }
  for (const line of lines(chunks)) {
    if (!takeRoom(line, room)) {
      dropped++
      continue
    }
    const value = parse(line.toString('utf8'))
    if (!isObject(value)) continue
    if (value.dropped === true) dropped++
    else if (kinds.some((kind) => kind === value.type)) charts.push(readChart(value, true))
  }
  return { charts, dropped }
}

/** A note for the end of the output, when charts are missing. */
export function noteOfDropped(dropped: number, limitBytes: number): string {
  return `\n[charts dropped: ${dropped} of those shown are missing, as charts together may have ${limitBytes} bytes, ${mostObjects} elements and ${mostLists} points]\n`
}

function* lines(chunks: Iterable<Buffer>): Generator<Buffer> {
  let rest: Buffer[] = []
  for (const chunk of chunks) {
    let from = 0
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, from)) {
      yield Buffer.concat([...rest, chunk.subarray(from, end)])
      rest = []
      from = end + 1
    }
    rest.push(chunk.subarray(from))
  }
}

/** More than all charts of a report may have, and deeper ones, would cost the agent seconds and much memory to read. */
const mostLists = 1_000_000
const mostObjects = 100_000
const deepest = 16

interface Room {
  lists: number
  objects: number
}

/** False for a line that is too deep, or that there is no room for. */
function takeRoom(line: Buffer, room: Room): boolean {
  let depth = 0
  let { lists, objects } = room
  for (let at = 0; at < line.length; at++) {
    const byte = line[at]
    if (byte === quote) at = endOfString(line, at)
    else if (byte === closeList || byte === closeObject) depth--
    else if (byte === openList || byte === openObject) {
      if (byte === openList) lists--
      else objects--
      depth++
      if (depth > deepest || lists < 0 || objects < 0) return false
    }
  }
  room.lists = lists
  room.objects = objects
  return true
}

const [quote, backslash, openList, closeList, openObject, closeObject] = Buffer.from('"\\[]{}')

function endOfString(line: Buffer, start: number): number {
  let end = line.indexOf('"', start + 1)
  while (end >= 0) {
    let before = end - 1
    while (line[before] === backslash) before--
    if ((end - before) % 2 === 1) return end
    end = line.indexOf('"', end + 1)
  }
  return line.length
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null // the program wrote it, not we
  }
}

/** Only a composite chart has charts as elements, and those have none: the depth is bounded. */
function readChart(value: Readonly<Record<string, unknown>>, isWhole: boolean): Chart {
  const kind = kinds.find((name) => name === value.type && (isWhole || name !== 'composite_chart')) ?? 'unknown'
  const readElement = kind === 'composite_chart' ? readNested : readPlain
  return {
    type: kind,
    title: textOf(value.title) ?? '',
    ...only({ png: textOf(value.png) }),
    ...only(Object.fromEntries(texts.map((name) => [name, textOf(value[name])]))),
    ...only({
      x_ticks: listOf(value.x_ticks, numberOf),
      x_tick_labels: listOf(value.x_tick_labels, textOf),
      y_ticks: listOf(value.y_ticks, numberOf),
      y_tick_labels: listOf(value.y_tick_labels, textOf),
    }),
    elements: listOf(value.elements, (one) => (isObject(one) ? readElement(one) : undefined)) ?? [],
  }
}

function readNested(value: Readonly<Record<string, unknown>>): ChartElement {
  return readChart(value, false) as ChartElement
}

function readPlain(value: Readonly<Record<string, unknown>>): ChartElement {
  return {
    ...only(Object.fromEntries(elementTexts.map((name) => [name, textOf(value[name])]))),
    ...only(Object.fromEntries(elementNumbers.map((name) => [name, numberOf(value[name])]))),
    ...only({ outliers: listOf(value.outliers, numberOf), points: listOf(value.points, pointOf) }),
  }
}

/** Not copied: there can be a million of them. */
function pointOf(value: unknown): number[] | undefined {
  if (!Array.isArray(value) || value.length !== 2) return undefined
  return numberOf(value[0]) === undefined || numberOf(value[1]) === undefined ? undefined : value
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined
}

/** The entries that could be read; undefined for what is no list. */
function listOf<T>(value: unknown, read: (entry: unknown) => T | undefined): T[] | undefined {
  return Array.isArray(value) ? value.map(read).filter((entry) => entry !== undefined) : undefined
}

/** The fields that are there. */
function only<T extends object>(fields: T): { [Name in keyof T]?: Exclude<T[Name], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [Name in keyof T]?: Exclude<T[Name], undefined>
  }
}
