import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { normalizeUri, resolveUri, toUri } from './file-uri.ts'

const folder = mkdtempSync(join(tmpdir(), 'file-uri-'))
after(() => rmSync(folder, { recursive: true }))
writeFileSync(join(folder, 'a%20b.py'), '')
writeFileSync(join(folder, 'c d.py'), '')

for (const [uri, path] of [
  ['file:///etc/x.py', '/etc/x.py'],
  ['/etc/x.py', '/etc/x.py'],
  ['file://proj/x.py', `${folder}/proj/x.py`],
  ['proj/./x.py', `${folder}/proj/x.py`],
  ['file://c d.py', `${folder}/c d.py`],
  ['file://c%20d.py', `${folder}/c d.py`],
  ['file://a%20b.py', `${folder}/a%20b.py`],
  ['file://a%2520b.py', `${folder}/a%20b.py`],
  ['file:///%C3%A4%F0%9F%98%80.py', '/ä😀.py'],
  ['file:///ä😀.py', '/ä😀.py'],
  ['file:///100%.py', '/100%.py'],
  ['file:///a#b?c.py', '/a#b?c.py'],
  ['file:///a%0Ab.py', '/a\nb.py'],
] as const) {
  test(`${JSON.stringify(uri)} is ${JSON.stringify(path)}`, async () => {
    assert.equal(await resolveUri(folder, uri), path)
  })
}

for (const [uri, message] of [
  ['https://example.com/x.py', /only files/],
  ['file://http://x', /only files/],
  ['file://', /empty/],
  ['file:///%00', /NUL/],
  [`file:///${'x'.repeat(5000)}`, /4096/],
] as const) {
  test(`${uri.slice(0, 40)} is refused`, async () => {
    await assert.rejects(resolveUri(folder, uri), message)
  })
}

test('names go to a server and come back', () => {
  for (const path of ['/a b.py', '/100%25.py', '/a\nb\t.py', '/ä😀.py', '/a#b?c[d].py', '/back\\slash.py']) {
    assert.equal(normalizeUri(toUri(path)), toUri(path))
    assert.equal(decodeURIComponent(toUri(path).slice('file://'.length)), path)
  }
  assert.equal(normalizeUri('file:///a%28b%29%40.py'), 'file:///a(b)@.py')
  assert.equal(normalizeUri('bundled:///libs/lib.d.ts'), null)
})
