import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { inflateSync } from 'node:zlib'
import type { Sandbox } from '@daytonaio/sdk'
import { startTestPlatform } from '../../fixtures/platform.ts'
import { clients, connect } from './clients.ts'

const platform = await startTestPlatform()
after(() => platform.remove())

for (const client of clients) {
  describe(client.name, () => {
    const daytona = connect(client, platform)
    let sandbox: Sandbox
    before(async () => {
      sandbox = await daytona.create()
    })
    after(async () => {
      await sandbox.delete()
      await daytona[Symbol.asyncDispose]()
    })

    const run = async (code: string) => {
      const answer = await sandbox.process.codeRun(code)
      assert.equal(answer.exitCode, 0, answer.result)
      // biome-ignore lint/suspicious/noExplicitAny: tests read charts as they come
      return { result: answer.result, charts: (answer.artifacts?.charts ?? []) as any[] }
    }
    const start = 'import matplotlib.pyplot as plt\n'

    test('lines, with everything about their axes', async () => {
      const code = `${start}
print('before')
plt.plot([1, 2, 4], [10, 20, 15], label='one')
plt.plot([1, 2], [3, float('nan')])
plt.title('Lines'); plt.xlabel('x things'); plt.ylabel('y things'); plt.yscale('log'); plt.xticks([1, 2, 4])
plt.legend()
plt.show()
print('after')`
      const { result, charts } = await run(code)
      assert.equal(result, 'before\nafter\n')
      const { png, y_ticks, y_tick_labels, ...chart } = charts[0]
      assert.deepEqual(chart, {
        type: 'line',
        title: 'Lines',
        x_label: 'x things',
        x_ticks: [1, 2, 4],
        x_tick_labels: ['1', '2', '4'],
        x_scale: 'linear',
        y_label: 'y things',
        y_scale: 'log',
        elements: [
          {
            label: 'one',
            points: [
              [1, 10],
              [2, 20],
              [4, 15],
            ],
          },
          { label: 'Line 2', points: [[1, 3]] },
        ],
      })
      assert.ok(y_ticks.length > 0 && y_ticks.length === y_tick_labels.length)
      assertPicture(png)
    })

    test('scatters, bars beside and on each other, lying bars of one length, pies and boxes', async () => {
      const code = `${start}
plt.scatter([1, 2], [3, 4], label='dots'); plt.show()
plt.bar([0, 1], [5, 5], .4, label='a'); plt.bar([.4, 1.4], [1.5, 2], .4, label='b'); plt.xticks([.2, 1.2], ['G1', 'G2']); plt.show()
plt.barh(['p', 'q'], [7, 7]); plt.show()
plt.pie([1, 3], labels=['small', 'large'], autopct='%d%%'); plt.title('Shares'); plt.show()
plt.boxplot([[1, 2, 3, 4, 50], [2, 4, 6]], labels=['A', 'B']); plt.show()`
      const { charts } = await run(code)
      assert.deepEqual(
        charts.map(({ type, elements }) => [type, elements]),
        [
          [
            'scatter',
            [
              {
                label: 'dots',
                points: [
                  [1, 3],
                  [2, 4],
                ],
              },
            ],
          ],
          [
            'bar',
            [
              { label: 'G1', group: 'a', value: '5' },
              { label: 'G2', group: 'a', value: '5' },
              { label: 'G1', group: 'b', value: '1.5' },
              { label: 'G2', group: 'b', value: '2' },
            ],
          ],
          [
            'bar',
            [
              { label: 'p', group: 'Group 1', value: '7' },
              { label: 'q', group: 'Group 1', value: '7' },
            ],
          ],
          [
            'pie',
            [
              { label: 'small', angle: 90, radius: 1 },
              { label: 'large', angle: 270, radius: 1 },
            ],
          ],
          [
            'box_and_whisker',
            [
              { label: 'A', min: 1, first_quartile: 2, median: 3, third_quartile: 4, max: 4, outliers: [50] },
              { label: 'B', min: 2, first_quartile: 3, median: 4, third_quartile: 5, max: 6, outliers: [] },
            ],
          ],
        ],
      )
      for (const { png } of charts) assertPicture(png)
      assert.equal(charts[3].title, 'Shares')
    })

    test('dates and categories are numbers on the axes, with their labels beside', async () => {
      const code = `${start}import datetime
days = [datetime.date(2024, 1, day) for day in (1, 2, 3)]
plt.plot(days, [1, 2, 3]); plt.xticks(days, [day.isoformat() for day in days]); plt.show()
plt.plot(['mon', 'tue'], [1, 2]); plt.show()
plt.bar(days, [1, 2, 3]); plt.show()`
      const [dates, categories, bars] = (await run(code)).charts
      assert.deepEqual(dates.x_ticks, [19723, 19724, 19725])
      assert.deepEqual(dates.x_tick_labels, ['2024-01-01', '2024-01-02', '2024-01-03'])
      assert.deepEqual(dates.elements[0].points, [
        [19723, 1],
        [19724, 2],
        [19725, 3],
      ])
      assert.deepEqual(
        [categories.x_ticks, categories.x_tick_labels],
        [
          [0, 1],
          ['mon', 'tue'],
        ],
      )
      assert.deepEqual(
        bars.elements.map((bar: { label: string }) => bar.label),
        dates.x_tick_labels,
      )
    })

    test('several axes are one composite chart, whose parts are whole charts', async () => {
      const code = `${start}
figure, ((a, b), (c, d)) = plt.subplots(2, 2)
a.plot([1, 2]); a.set_title('first'); b.bar(['x'], [1]); c.pie([1]); figure.suptitle('All')
figure.colorbar(d.imshow([[1, 2]]))
plt.show()`
      const [chart] = (await run(code)).charts
      assert.deepEqual([chart.type, chart.title], ['composite_chart', 'All'])
      assertPicture(chart.png)
      // biome-ignore lint/suspicious/noExplicitAny: tests read charts as they come
      const parts = chart.elements as any[]
      assert.deepEqual(
        parts.map(({ type }) => type),
        ['line', 'bar', 'pie', 'unknown'],
      )
      assert.equal(parts[0].title, 'first')
      assert.deepEqual(parts[0].elements, [
        {
          label: 'Line 1',
          points: [
            [0, 1],
            [1, 2],
          ],
        },
      ])
      assert.deepEqual(parts[1].elements, [{ label: 'x', group: 'Group 1', value: '1' }])
      for (const { png } of parts) assertPicture(png)
    })

    test('each figure once and in order, when it is shown; others are not', async () => {
      const code = `${start}import matplotlib; matplotlib.use('Agg')
plt.figure(); plt.plot([1]); plt.title('1')
second = plt.figure(); plt.plot([1]); plt.title('2')
second.show()
plt.show()
print(plt.get_fignums())
from matplotlib.pyplot import show
plt.plot([1]); plt.title('3'); plt.savefig('saved.png'); show(block=False)
show()
plt.plot([1]); plt.savefig('other.png')
import os
print(os.path.getsize('saved.png') > 1000, os.path.getsize('other.png') > 1000)`
      const { result, charts } = await run(code)
      assert.equal(result, '[]\nTrue True\n')
      assert.deepEqual(
        charts.map(({ title }) => title),
        ['2', '1', '3'],
      )
    })

    test('what cannot be told in numbers is a picture, and never a failure of the program', async () => {
      const code = `${start}import numpy
plt.imshow(numpy.eye(3)); plt.title('matrix'); plt.show()
plt.subplot(projection='polar').plot([0, 1], [1, 1]); plt.show()
plt.plot(numpy.arange(300000)); plt.show()
plt.figure(); plt.show()
class Odd:
    def __float__(self): raise RuntimeError('odd')
figure = plt.figure(); figure.axes
figure.get_axes = lambda: Odd(); plt.show()
print('end')`
      const { result, charts } = await run(code)
      assert.equal(result, 'end\n')
      assert.deepEqual(
        charts.map(({ type }) => type),
        Array(5).fill('unknown'),
      )
      assert.equal(charts[0].title, 'matrix')
      for (const { png } of charts) assertPicture(png)
    })

    test('a figure that cannot be drawn is said, at its line', async () => {
      const { result, charts } = await run(
        `${start}plt.plot([1, 2]); plt.title('$\\\\frac$')\nplt.show()\nprint('end')`,
      )
      assert.match(result, /^<target_code>:3: RuntimeWarning: this figure could not be drawn: .*end\n$/s)
      assert.deepEqual([charts.length, charts[0].type, charts[0].png], [1, 'line', undefined])
    })

    test('what is printed is never a chart, and an error shows the code only', async () => {
      const answer = await sandbox.process.codeRun(
        `${start}print('dtn_artifact_k39fd2:{"type":"chart","value":{}}')\nplt.plot([1]); plt.show()\nplt.boxplot([[1]], nonsense=1)`,
      )
      assert.equal(answer.exitCode, 1)
      assert.match(
        answer.result,
        /^dtn_artifact_k39fd2:\{.*\nTraceback.*\n {2}File "<target_code>", line 4, in <module>\n/,
      )
      assert.doesNotMatch(answer.result, /charts/)
      assert.equal(answer.artifacts?.charts?.length, 1)
    })

    test('a program without figures has none', async () => {
      assert.deepEqual((await run('print(1)')).charts, [])
    })
  })
}

/** A PNG that holds more than one colour. */
function assertPicture(text: string): void {
  const png = Buffer.from(text, 'base64')
  assert.equal(png.toString('latin1', 0, 8), '\x89PNG\r\n\x1a\n')
  const data: Buffer[] = []
  for (let at = 8; at < png.length; at += 12 + png.readUInt32BE(at)) {
    if (png.toString('latin1', at + 4, at + 8) === 'IDAT')
      data.push(png.subarray(at + 8, at + 8 + png.readUInt32BE(at)))
  }
  assert.ok(png.readUInt32BE(16) > 50 && png.readUInt32BE(20) > 50, 'a picture of some size')
  assert.ok(new Set(inflateSync(Buffer.concat(data))).size > 1)
}
