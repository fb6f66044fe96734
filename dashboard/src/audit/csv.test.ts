import assert from 'node:assert/strict'
import { test } from 'node:test'
import { csvOf } from './csv.ts'
import type { AuditEntry } from './entries.ts'

/** The cell of the only entry that has this as its user agent. */
function cellOf(userAgent: string): string {
  const [, line = ''] = csvOf([{ userAgent } as AuditEntry]).split(/\r\n(.*)/s)
  return line.replace(/^,{11}|,{3}$/g, '')
}

test('no text of a stranger becomes a formula, also where a semicolon parts cells', () => {
  assert.equal(cellOf('curl/8.5'), 'curl/8.5')
  assert.equal(cellOf('a "quote", a line\n'), '"a ""quote"", a line\n"')
  assert.equal(cellOf('=1+1'), "'=1+1")
  assert.equal(cellOf(' @SUM(A1)'), "' @SUM(A1)")
  assert.equal(cellOf('＝1+1'), "'＝1+1")
  assert.equal(cellOf("x;=cmd|' /C calc'!A0"), `"x;'=cmd|' /C calc'!A0"`)
  assert.equal(cellOf('x\n+1'), `"x\n'+1"`)
})
