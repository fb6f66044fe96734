import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { readCharts } from './charts.ts'

const read = (text: string) => readCharts([Buffer.from(text)])

describe('reported charts', () => {
  it('come whole from pieces that end anywhere', () => {
    const text =
      '{"type":"line","title":"ä € 😀 \\"[{\\\\","elements":[{"label":"a","points":[[1,2.5]]}]}\n{"dropped":true}\n'
    const whole = read(text)
    assert.equal(whole.charts[0]?.title, 'ä € 😀 "[{\\')
    assert.equal(whole.dropped, 1)
    const bytes = Buffer.from(text)
    for (const size of [1, 2, 7, 64]) {
      const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
        bytes.subarray(i * size, (i + 1) * size),
      )
      assert.deepEqual(readCharts(pieces), whole)
    }
  })

  it('may have brackets and backslashes in their texts, as many as they like', () => {
    const labels = Array.from({ length: 2000 }, (_, i) => `[[{ \\\\"${i}\\`)
    const chart = { type: 'line', title: '', x_tick_labels: labels, elements: [] }
    assert.deepEqual(read(`${JSON.stringify(chart)}\n`).charts, [chart])
  })

  it('that are made to be costly are passed over quickly', () => {
    const room = 16 * 1024 * 1024
    const before = process.resourceUsage().maxRSS
    const begin = process.threadCpuUsage()
    for (const unit of ['[', '{"a":', '{},', '[],', '"\\"', '\\', '"']) {
      const text = `{"type":"line","elements":[${unit.repeat(room / unit.length)}\n{"type":"pie","elements":[]}\n`
      assert.deepEqual(read(text).charts, [{ type: 'pie', title: '', elements: [] }])
    }
    // Of our own processor time: others may have the machine meanwhile.
    const { user, system } = process.threadCpuUsage(begin)
    assert.ok(user + system < 10_000_000, `${(user + system) / 1000} ms`)
    assert.ok(process.resourceUsage().maxRSS - before < 400 * 1024, 'KiB more')
  })

  it('that are many and costly together are counted as dropped, though each may be', () => {
    const elements = `{"type":"line","elements":[${'{"points":[]},'.repeat(60_000)}{}]}\n`
    const points = `{"type":"line","elements":[{"points":[${'[1,2],'.repeat(600_000)}[1,2]]}]}\n`
    for (const line of [elements, points]) {
      const { charts, dropped } = read(`${line.repeat(3)}{"type":"pie","elements":[]}\n`)
      assert.deepEqual([charts.map(({ type }) => type), dropped], [['line', 'pie'], 2])
    }
  })
})
