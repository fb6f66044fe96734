import assert from 'node:assert/strict'
import { test } from 'node:test'
import { metricNames, toSamples } from './samples.ts'

const start = Date.parse('2030-01-01T00:00:00Z')

/** A series with a point at each of the seconds. */
function series(metricName: string, points: Readonly<Record<number, number>>) {
  const dataPoints = Object.entries(points).map(([second, value]) => ({
    timestamp: new Date(start + Number(second) * 1000).toISOString(),
    value,
  }))
  return { metricName, dataPoints }
}

test('counters become rates, and none where there is nothing to compare with', () => {
  const { samples, everyS } = toSamples([
    series(metricNames.received, { 0: 1000, 15: 16_000, 30: 16_000, 45: 500, 60: 2000 }),
    series(metricNames.cores, { 0: 2, 15: 2, 30: 2, 45: 2, 60: 2 }),
  ])
  assert.equal(everyS, 15)
  assert.deepEqual(
    samples.map(({ received }) => received),
    [null, 1000, 0, null, 100],
    'after a start it counts from 0',
  )
})

test('a time without samples is a gap, in which no line is drawn', () => {
  const points = { 0: 5, 15: 5, 30: 5, 45: 5, 600: 7, 615: 7 }
  const { samples } = toSamples([series(metricNames.memory, points), series(metricNames.sent, points)])
  assert.deepEqual(
    samples.map(({ at, memory, sent }) => [at - start / 1000, memory, sent]),
    [
      [0, 5, null],
      [15, 5, 0],
      [30, 5, 0],
      [45, 5, 0],
      [60, null, null],
      [600, 7, null],
      [615, 7, 0],
    ],
  )
})

test('series that lack some times are put beside the others; none at all is no sample', () => {
  const { samples } = toSamples([series(metricNames.cpu, { 15: 40 }), series(metricNames.memory, { 0: 1, 15: 2 })])
  assert.deepEqual(
    samples.map(({ cpu, memory }) => [cpu, memory]),
    [
      [null, 1],
      [40, 2],
    ],
  )
  assert.deepEqual(toSamples([]), { samples: [], everyS: null })
})
