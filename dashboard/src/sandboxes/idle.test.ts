import assert from 'node:assert/strict'
import { test } from 'node:test'
import { idleCost, nextSteps, nextText, stepText } from './idle.ts'

const nowMs = Date.parse('2026-01-02T12:00:00Z')
const ago = (minutes: number): string => new Date(nowMs - minutes * 60_000).toISOString()
const sandbox = {
  state: 'started',
  memory: 2,
  disk: 10,
  lastActivityAt: ago(5),
  autoStopInterval: 15,
  autoPauseInterval: 0,
  autoArchiveInterval: 10_080,
  autoDeleteInterval: -1,
} as const

test('what is held by one that nobody uses', () => {
  assert.equal(idleCost(sandbox, nowMs), null, 'it is in use')
  assert.deepEqual(idleCost({ ...sandbox, lastActivityAt: ago(30) }, nowMs), {
    text: 'idle 30 min, holds 2 GiB memory',
    isWaste: false,
  })
  assert.equal(idleCost({ ...sandbox, lastActivityAt: ago(180) }, nowMs)?.isWaste, true)
  assert.equal(idleCost({ ...sandbox, state: 'stopped' }, nowMs)?.text, 'holds its disk, up to 10 GiB')
  assert.equal(idleCost({ ...sandbox, state: 'starting' }, nowMs), null)
})

test('what it does by itself, the soonest first', () => {
  assert.equal(nextText(sandbox, nowMs), 'stops in 10 min')
  assert.equal(nextText({ ...sandbox, lastActivityAt: ago(20) }, nowMs), 'stops soon')
  assert.equal(nextText({ ...sandbox, autoDeleteInterval: 0 }, nowMs), 'is deleted in 10 min')
  assert.equal(nextText({ ...sandbox, autoStopInterval: 0 }, nowMs), 'never stops by itself')
  assert.equal(nextText({ ...sandbox, autoStopInterval: 0, autoPauseInterval: 60 }, nowMs), 'is paused in 55 min')
  const rests = { ...sandbox, state: 'stopped', autoDeleteInterval: 1440, autoDestroyAt: ago(-30) } as const
  assert.deepEqual(
    nextSteps(rests).map((step) => stepText(step, nowMs)),
    ['is deleted in 30 min', 'is deleted in 23 h', 'is archived in 6 d'],
  )
  assert.equal(
    nextText({ ...rests, autoDeleteInterval: 0, autoDestroyAt: undefined } as never, nowMs),
    'is deleted soon',
  )
})
