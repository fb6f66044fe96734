import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createLogLines, type LogState, textOfLog } from './log-lines.ts'

const esc = String.fromCharCode(27)
const bell = String.fromCharCode(7)

function looks({ blocks }: LogState): string[][] {
  return blocks.flatMap(({ lines }) => lines.map(({ runs }) => runs.map(({ text, look }) => `${text}|${look}`)))
}

test('colours, titles and lines written over are read, however the pieces fall', () => {
  const text = `${esc}]0;a title${bell}a${esc}[1;31mred${esc}[0m end\r\n10 %\r20 %\n${esc}[38;5;12mx${esc}[38;2;1;2;3my${esc}[2K\n`
  for (let length = 1; length <= text.length; length++) {
    const lines = createLogLines()
    for (let at = 0; at < text.length; at += length) lines.push('stdout', text.slice(at, at + length))
    assert.deepEqual(looks(lines.state()), [['a|', 'red|ansi-1 ansi-bold', ' end|'], ['20 %|'], ['x|ansi-12', 'y|']])
  }
})

test('a stream begins a line of its own, and keeps its look', () => {
  const lines = createLogLines()
  lines.push('stdout', `${esc}[32mhalf`)
  lines.push('stderr', 'wrong\n')
  lines.push('stdout', ' more')
  const { blocks } = lines.state()
  const all = blocks.flatMap((block) => block.lines)
  assert.deepEqual(
    all.map(({ stream, runs }) => [stream, runs[0]?.look]),
    [
      ['stdout', 'ansi-2'],
      ['stderr', ''],
      ['stdout', 'ansi-2'],
    ],
  )
})

test('what is held is bounded: many lines, one long line, a sequence without end', () => {
  const lines = createLogLines()
  for (let at = 0; at < 200; at++) lines.push('stdout', 'line\n'.repeat(1000))
  lines.push('stdout', `${esc}]${'t'.repeat(20_000)}`)
  lines.push('stdout', 'z'.repeat(50_000))
  const state = lines.state()
  assert.equal(state.isCut, true)
  const count = state.blocks.reduce((sum, block) => sum + block.lines.length, 0)
  assert.ok(count <= 5100, `${count} lines`)
  assert.ok(textOfLog(state).endsWith('z'.repeat(100)))
  const before = state.blocks.slice(0, -1)
  lines.push('stdout', '\nmore')
  const after = lines.state().blocks
  assert.ok(
    before.every((block, at) => after[at] === block || after[at - 1] === block),
    'what is full is drawn once',
  )
})

test('no sequences make reading slow, and many looks are drawn in few pieces', () => {
  const lines = createLogLines()
  const beganMs = performance.now()
  lines.push('stdout', `${esc}]`.repeat(250_000))
  lines.state()
  assert.ok(performance.now() - beganMs < 2000)
  for (let at = 0; at < 20; at++) {
    lines.push('stdout', `${esc}[1ma${esc}[mb`.repeat(40_000))
    lines.state()
  }
  const { blocks, isCut } = lines.state()
  const pieces = blocks.flatMap((block) => block.lines.flatMap(({ runs }) => runs)).length
  assert.deepEqual([isCut, pieces < 40_000], [true, true], `${pieces} pieces`)
})
