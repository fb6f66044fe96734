import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Telling } from './telling.ts'

test('a command that writes without end keeps the store busy a hundred times a second at the most', async () => {
  let kept = 0
  let told = 0
  const telling = new Telling(0, {
    async keep() {
      kept += 1
    },
    tell(text) {
      told += text.length
    },
  })
  const chunk = Buffer.alloc(64 * 1024, 'x')
  const startMs = performance.now()
  let size = 0
  while (performance.now() - startMs < 300) {
    await telling.take(chunk)
    size += chunk.length
  }
  await telling.flush()
  assert.ok(kept <= 31, `${kept} times`)
  assert.equal(told, size, 'and nothing is lost')
  assert.equal(telling.offset, size)
})

test('small pieces are kept together', async () => {
  let kept = 0
  const telling = new Telling(7, {
    async keep() {
      kept += 1
    },
    tell: () => undefined,
  })
  for (let count = 0; count < 10_000; count++) await telling.take(Buffer.from('x'))
  await telling.flush()
  assert.equal(telling.offset, 10_007)
  assert.ok(kept <= 3, `${kept} times`)
})
