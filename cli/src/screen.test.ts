import assert from 'node:assert/strict'
import { Writable } from 'node:stream'
import { test } from 'node:test'
import { stringify } from 'yaml'
import { clean, type OutputForm, openScreen, table } from './screen.ts'

const columns = [
  { title: 'Name', text: (row: { name: string; size: number }) => row.name },
  { title: 'Size', text: (row: { name: string; size: number }) => String(row.size), isNumber: true },
]

test('a table is as wide as its texts, numbers at the right', () => {
  const rows = [
    { name: 'a', size: 5 },
    { name: 'longer', size: 12345 },
  ]
  assert.equal(table(rows, columns), ['NAME     SIZE', 'a           5', 'longer  12345'].join('\n'))
})

test('on a narrow terminal the widest column is cut', () => {
  const drawn = table([{ name: 'a-very-long-name-indeed', size: 1 }], columns, 20)
  assert.deepEqual(drawn.split('\n'), ['NAME            SIZE', 'a-very-long-n…     1'])
})

test('names cannot move the cursor', () => {
  assert.equal(clean('a\x1b[2Jb\r\n\u009bc'), 'a?[2Jb???c')
})

/** What is written when a hostile name is shown in every way. */
function shownHostile(form: OutputForm, name: string): string {
  let text = ''
  const stream = new Writable({
    write(chunk, _, done) {
      text += String(chunk)
      done()
    },
  }) as unknown as NodeJS.WriteStream
  const screen = openScreen({ out: stream, err: stream, form, colour: false, quiet: false, yaml: stringify })
  const shown = { columns: [{ title: 'Name', text: () => name }], name: () => name }
  screen.list([{ name }], shown, '')
  screen.one({ name }, shown)
  screen.tell(`made ${name}`, { name }, name)
  screen.tellEach([{ name, sentence: `made ${name}`, value: { name } }])
  screen.note(`there was ${name}`)
  const progress = screen.progress(`making ${name}`)
  progress.change(`starting ${name}`)
  progress.end(`made ${name}`)
  return text
}

test('in no form, and not by the way, does a name of a sandbox reach the terminal as more than a name', () => {
  const name = 'a\x1b]0;title\x07\u009b2J\u202eb\rc\x7f'
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
  const moving = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/
  for (const form of ['table', 'name', 'json', 'yaml'] as const) {
    assert.doesNotMatch(shownHostile(form, name), moving, form)
    if (form !== 'yaml') assert.ok(!shownHostile(form, name).includes('\u202e'), form)
  }
  assert.match(shownHostile('json', name), /"a\\u001b\]0;title\\u0007\\u009b2J\\u202eb\\rc\\u007f"/, 'JSON says it all')
  assert.ok(
    shownHostile('yaml', name).startsWith(
      stringify([{ name }]).replace('\u009b', '\\u009b').replace('\x7f', '\\u007f'),
    ),
  )
  assert.equal(shownHostile('name', 'a\nb').split('\n')[0], 'a?b', 'a name is one line')
})
