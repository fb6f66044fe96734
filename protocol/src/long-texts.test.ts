import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ZodMiniType } from 'zod/mini'
import * as protocol from './index.ts'

/** Texts that make a careless pattern begin anew at each of their places. */
const texts = {
  letters: 'a'.repeat(30_000),
  dots: `${'a.'.repeat(15_000)}!`,
  dashes: `${'a-'.repeat(15_000)}!`,
  slashes: `${'/a'.repeat(15_000)}\n`,
  spaces: `x${' '.repeat(30_000)}x`,
  ats: `${'a@'.repeat(15_000)}`,
  digits: '1'.repeat(30_000),
  commas: '1.1.1.1/32,'.repeat(3000),
}
/** A careful look takes a millisecond of a processor, a careless one half a second and more. */
const mostMs = 200

/** The fields of a shape that has some, whatever it is wrapped in. */
function fieldsOf(shape: unknown): Readonly<Record<string, unknown>> {
  const def = (shape as { def?: Record<string, unknown> } | undefined)?.def
  if (def === undefined) return {}
  if (typeof def.shape === 'object' && def.shape !== null) return def.shape as Record<string, unknown>
  return fieldsOf(def.innerType ?? def.in ?? def.element)
}

/** Every value in which the text stands at a place that the shape has. */
function* holding(shape: unknown, text: string, depth = 0): Generator<unknown> {
  yield text
  yield [text]
  yield { [text]: text }
  if (depth > 3) return
  for (const [name, inner] of Object.entries(fieldsOf(shape))) {
    for (const value of holding(inner, text, depth + 1)) {
      yield { [name]: value }
      yield [{ [name]: value }]
    }
  }
}

const rows = Object.values(protocol).flatMap((value) =>
  typeof value === 'object' && value !== null && !protocol.isShape(value) ? Object.entries(value) : [],
)

test('no text of a caller, however long, keeps the one thread busy that all calls share', () => {
  let looks = 0
  for (const [id, row] of rows as [string, { body?: ZodMiniType; query?: ZodMiniType } | null][]) {
    for (const shape of [row?.body, row?.query]) {
      if (!protocol.isShape(shape)) continue
      for (const [kind, text] of Object.entries(texts)) {
        for (const value of holding(shape, text)) {
          const began = process.threadCpuUsage()
          shape.safeParse(value)
          const { user, system } = process.threadCpuUsage(began)
          const ms = (user + system) / 1000
          looks += 1
          assert.ok(ms < mostMs, `${id}: ${Math.round(ms)} ms for ${kind} in ${JSON.stringify(value).slice(0, 60)}`)
        }
      }
    }
  }
  assert.ok(looks > 1000, `${looks} looks`)
})
