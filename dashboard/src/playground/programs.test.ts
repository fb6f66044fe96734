import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { test } from 'node:test'
import { runInNewContext } from 'node:vm'
import { shellWord } from '../design/shell-word.ts'
import { literal } from './call.ts'
import { callGroups } from './calls.ts'
import { program } from './programs.ts'

// what ends texts, begins expressions, or is no character of its own
const hostile = [
  "it's",
  '"',
  '\\',
  // biome-ignore lint/suspicious/noTemplateCurlyInString: it is to stay as it is
  '`${process.exit(1)}`',
  '$(exit 1)',
  'a\nb',
  '\r\t\u0000\u2028',
  '🙂\ud800',
  '{x}%s',
]
const at = { api: 'http://h/api', toolbox: 'http://h/toolbox/1', sandboxId: '1' }

test('a text is the same text in every language', () => {
  for (const text of hostile) {
    assert.equal(runInNewContext(literal(text)), text)
    const asked = `import json,sys; sys.stdout.write(json.dumps(${literal(text)}))`
    if (!text.includes('\u0000')) {
      assert.equal(JSON.parse(execFileSync('python3', ['-c', asked], { encoding: 'utf8' })), text)
      if (text.isWellFormed()) {
        assert.equal(execFileSync('bash', ['-c', `printf %s ${shellWord(text)}`], { encoding: 'utf8' }), text)
      }
    }
  }
})

test('each call has a name of its own, and code in each language for whatever is typed', () => {
  const calls = callGroups.flatMap((group) => group.calls)
  assert.equal(new Set(calls.map(({ name }) => name)).size, calls.length)
  for (const call of calls) {
    for (const typed of [undefined, ...hostile]) {
      const values = Object.fromEntries(
        Object.entries(call.fields).map(([key, { initial }]) => [key, typed ?? initial]),
      )
      assert.ok(program('TypeScript', [{ call, values }], at))
      assert.ok(program('Python', [{ call, values }], at))
      assert.equal(program('curl', [{ call, values }], at) === null, call.curl === null)
    }
  }
})
