import assert from 'node:assert/strict'
import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { startBox, type TestBox } from './box.fixture.ts'

let box: TestBox
before(async () => {
  box = await startBox()
})
after(() => box[Symbol.asyncDispose]())

const at = (name: string): string => join(box.folder, name)
const put = (name: string, content: string | Uint8Array): string => {
  mkdirSync(join(at(name), '..'), { recursive: true })
  writeFileSync(at(name), content)
  return at(name)
}
const get = (name: string): string => readFileSync(at(name), 'utf8')
const rejects = (tool: string, args: Record<string, unknown>, message: RegExp | { message: string }) =>
  assert.rejects(box.call(tool, args), message)

test('write makes a file and its folders', async () => {
  const result = await box.call('write', { filePath: 'a/b/c.txt', content: 'hello\n' })
  assert.deepEqual(result, {
    title: 'a/b/c.txt',
    output: 'Wrote file successfully.',
    metadata: { diagnostics: {}, filepath: at('a/b/c.txt'), exists: false },
  })
  assert.equal(get('a/b/c.txt'), 'hello\n')
  const again = await box.call('write', { filePath: at('a/b/c.txt'), content: '' })
  assert.equal(again.metadata?.exists, true)
  assert.equal(get('a/b/c.txt'), '')
})

test('write keeps the mode, a byte order mark, and what a link leads to', async () => {
  put('script.sh', '\ufeffecho\n')
  chmodSync(at('script.sh'), 0o750)
  symlinkSync('script.sh', at('link.sh'))
  await box.call('write', { filePath: 'link.sh', content: 'new\n' })
  assert.equal(get('script.sh'), '\ufeffnew\n')
  assert.equal(statSync(at('script.sh')).mode & 0o777, 0o750)
})

test('write refuses folders, pipes and paths that are none', async () => {
  mkdirSync(at('folder'))
  await box.agent.run(`mkfifo ${at('pipe')}`)
  await rejects('write', { filePath: 'folder', content: 'x' }, /folder/)
  await rejects('write', { filePath: 'pipe', content: 'x' }, /regular file/)
  await rejects('write', { filePath: 'a\0b', content: 'x' }, /NUL/)
  await rejects('write', { filePath: 'x'.repeat(5000), content: 'x' }, /longer than 4096 bytes/)
  await rejects('write', { filePath: '', content: 'x' }, { message: 'filePath is required' })
  await rejects('write', { filePath: 'x' }, { message: 'content is required' })
  await rejects('write', { filePath: 'x', content: { a: 1 } }, { message: 'content must be a text, not an object' })
})

test('edit replaces the one place and tells the difference', async () => {
  put('edit.ts', 'one\ntwo\nthree\n')
  const { title, output, metadata } = await box.call('edit', {
    filePath: 'edit.ts',
    oldString: 'two',
    newString: 'zwei',
  })
  assert.equal(title, 'edit.ts')
  assert.equal(output, 'Edit applied successfully.')
  const file = at('edit.ts')
  const patch = `Index: ${file}\n${'='.repeat(67)}\n--- ${file}\n+++ ${file}\n@@ -1,3 +1,3 @@\n one\n-two\n+zwei\n three\n`
  assert.deepEqual(metadata, { diagnostics: {}, diff: patch, filediff: { file, patch, additions: 1, deletions: 1 } })
  assert.equal(get('edit.ts'), 'one\nzwei\nthree\n')
})

test('edit takes the new text as it is', async () => {
  put('dollar.ts', 'price = X\n')
  await box.call('edit', { filePath: 'dollar.ts', oldString: 'X', newString: "$& $1 $` $' $$" })
  assert.equal(get('dollar.ts'), "price = $& $1 $` $' $$\n")
  await box.call('edit', { filePath: 'dollar.ts', oldString: '$', newString: '$&', replaceAll: true })
  assert.equal(get('dollar.ts'), "price = $&& $&1 $&` $&' $&$&\n")
})

test('edit refuses what is not found, not clear, not changed, not there', async () => {
  put('twice.txt', 'a b a\n')
  await rejects(
    'edit',
    { filePath: 'twice.txt', oldString: 'a', newString: 'c' },
    /^Error: Found multiple matches for oldString/,
  )
  await rejects(
    'edit',
    { filePath: 'twice.txt', oldString: 'zzz', newString: 'c' },
    /^Error: Could not find oldString in the file/,
  )
  await rejects('edit', { filePath: 'twice.txt', oldString: 'a', newString: 'a' }, /^Error: No changes to apply/)
  await rejects(
    'edit',
    { filePath: 'none.txt', oldString: 'a', newString: 'b' },
    { message: `File ${at('none.txt')} not found` },
  )
  await rejects(
    'edit',
    { filePath: 'twice.txt', oldString: '', newString: 'b' },
    /^Error: oldString cannot be empty when editing/,
  )
  await rejects('edit', { filePath: '.', oldString: 'a', newString: 'b' }, /folder/)
  assert.equal(get('twice.txt'), 'a b a\n')
  await box.call('edit', { filePath: 'twice.txt', oldString: 'a', newString: 'c', replaceAll: 'true' })
  assert.equal(get('twice.txt'), 'c b c\n')
})

test('edit with an empty old text makes a file', async () => {
  const { metadata } = await box.call('edit', { filePath: 'new/made.txt', oldString: '', newString: 'x\ny\n' })
  assert.equal(get('new/made.txt'), 'x\ny\n')
  assert.equal((metadata as { filediff: { additions: number } }).filediff.additions, 2)
})

test('edit keeps the line breaks and the byte order mark of a file', async () => {
  put('windows.txt', '\ufeffone\r\ntwo\r\nthree\r\n')
  await box.call('edit', { filePath: 'windows.txt', oldString: 'one\ntwo', newString: 'eins\nzwei' })
  assert.equal(get('windows.txt'), '\ufeffeins\r\nzwei\r\nthree\r\n')
})

test('edit finds lines whose white space at the ends is another', async () => {
  put('indent.py', 'def f():\n\tif x:\n\t\treturn 1\n')
  await box.call('edit', {
    filePath: 'indent.py',
    oldString: '    if x:\n        return 1\n',
    newString: '\treturn 2\n',
  })
  assert.equal(get('indent.py'), 'def f():\n\treturn 2\n')
})

test('edit leaves bytes alone that are no UTF-8', async () => {
  put('latin.txt', Buffer.from('gr\xfc\xdfe = 1\nother = 2\n', 'latin1'))
  await box.call('edit', { filePath: 'latin.txt', oldString: 'other = 2', newString: 'other = 3' })
  assert.deepEqual(readFileSync(at('latin.txt')), Buffer.from('gr\xfc\xdfe = 1\nother = 3\n', 'latin1'))
  put('binary.x', Buffer.from([65, 0, 66]))
  await rejects('edit', { filePath: 'binary.x', oldString: 'A', newString: 'C' }, /Cannot edit binary file/)
})

test('edit refuses what is too large to come over', async () => {
  await box.agent.run(`head -c 100000000 /dev/zero | tr '\\0' 'x' > ${at('large.txt')}`)
  await rejects('edit', { filePath: 'large.txt', oldString: 'y', newString: 'z' }, /larger than 16 MiB.*bash/)
  put('long.txt', 'y\n'.repeat(500_001))
  await rejects('edit', { filePath: 'long.txt', oldString: 'y', newString: 'z' }, /more than 500000 lines.*bash/)
  assert.equal(statSync(at('large.txt')).size, 100_000_000)
})

test('many edits of one file at a time all arrive', async () => {
  const names = Array.from({ length: 20 }, (_, index) => `<${index}>`)
  put('many.txt', names.join('\n'))
  await Promise.all(
    names.map((name) => box.call('edit', { filePath: 'many.txt', oldString: name, newString: `done ${name}` })),
  )
  assert.equal(get('many.txt'), names.map((name) => `done ${name}`).join('\n'))
})

test('read shows lines with their numbers', async () => {
  const file = put('read.txt', 'one\ntwo\r\nthree')
  const { title, output, metadata } = await box.call('read', { filePath: file })
  assert.equal(title, 'read.txt')
  assert.equal(
    output,
    `<path>${file}</path>\n<type>file</type>\n<content>\n1: one\n2: two\n3: three\n\n(End of file - total 3 lines)\n</content>`,
  )
  assert.deepEqual(metadata, {
    preview: 'one\ntwo\nthree',
    truncated: false,
    loaded: [],
    display: {
      type: 'file',
      path: file,
      text: 'one\ntwo\nthree',
      lineStart: 1,
      lineEnd: 3,
      totalLines: 3,
      truncated: false,
    },
  })
})

test('read shows a part, and says how to go on', async () => {
  put('long.txt', Array.from({ length: 5000 }, (_, index) => `line ${index + 1}\n`).join(''))
  const part = await box.call('read', { filePath: 'long.txt', offset: 10, limit: 2 })
  assert.match(
    part.output,
    /<content>\n10: line 10\n11: line 11\n\n\(Showing lines 10-11 of 5000\. Use offset=12 to continue\.\)\n/,
  )
  const whole = await box.call('read', { filePath: 'long.txt' })
  assert.match(whole.output, /\(Showing lines 1-1990 of 5000\. Use offset=1991 to continue\.\)/)
  assert.ok(whole.output.split('\n').length <= 2000)
  await rejects(
    'read',
    { filePath: 'long.txt', offset: 6000 },
    { message: 'Offset 6000 is out of range for this file (5000 lines)' },
  )
  await rejects('read', { filePath: 'long.txt', offset: -1 }, /offset must be a whole number/)
  await rejects('read', { filePath: 'long.txt', limit: 1.5 }, /limit must be a whole number/)
})

test('read is never cut by OpenCode: neither wide lines nor one that has no end', async () => {
  put('wide.txt', `${'ä'.repeat(900)}\n`.repeat(200))
  const { output } = await box.call('read', { filePath: 'wide.txt' })
  assert.ok(Buffer.byteLength(output) <= 51_200)
  assert.match(output, /\(Output capped at 50 KB\. Showing lines 1-28\. Use offset=29 to continue\.\)/)
  const next = await box.call('read', { filePath: 'wide.txt', offset: 29, limit: 1 })
  assert.match(next.output, /\n29: ä/)
  const { output: endless } = await box.call('read', { filePath: 'large.txt' })
  assert.match(endless, /\n1: x{2000}\.\.\. \(line truncated to 2000 chars\)\n\n\(End of file - total 1 lines\)/)
})

test('read counts the lines of an empty file, and of one that ends without a line break', async () => {
  put('empty.txt', '')
  assert.match((await box.call('read', { filePath: 'empty.txt' })).output, /\(End of file - total 0 lines\)/)
  put('blank.txt', '\n\n')
  assert.match(
    (await box.call('read', { filePath: 'blank.txt' })).output,
    /<content>\n1: \n2: \n\n\(End of file - total 2 lines\)/,
  )
})

test('read lists folders', async () => {
  mkdirSync(at('list/sub'), { recursive: true })
  put('list/b.txt', '')
  put('list/line\nbreak', '')
  symlinkSync('sub', at('list/to-folder'))
  symlinkSync('nowhere', at('list/broken'))
  const { output, metadata } = await box.call('read', { filePath: 'list' })
  assert.equal(
    output,
    `<path>${at('list')}</path>\n<type>directory</type>\n<entries>\nb.txt\nbroken\n"line\\nbreak"\nsub/\nto-folder/\n\n(5 entries)\n</entries>`,
  )
  assert.equal((metadata as { display: { totalEntries: number } }).display.totalEntries, 5)
  const part = await box.call('read', { filePath: 'list', limit: 2, offset: 2 })
  assert.match(
    part.output,
    /broken\n"line\\nbreak"\n\n\(Showing 2 of 5 entries\. Use 'offset' parameter to read beyond entry 4\)/,
  )
})

test('read tells what is like a file that is missing', async () => {
  put('near/config.json', '{}')
  await rejects(
    'read',
    { filePath: 'near/config' },
    {
      message: `File not found: ${at('near/config')}\n\nDid you mean one of these?\n${at('near/config.json')}`,
    },
  )
  await rejects('read', { filePath: 'near/zzz' }, { message: `File not found: ${at('near/zzz')}` })
  await rejects('read', { filePath: 'near/config.json/x' }, /^Error: File not found/)
})

test('read refuses binary files, pipes, devices and links in a circle, and does not wait for them', async () => {
  put('data.xyz', Buffer.from([1, 2, 0, 3]))
  put('archive.zip', 'text')
  symlinkSync('loop', at('loop'))
  await rejects('read', { filePath: 'data.xyz' }, { message: `Cannot read binary file: ${at('data.xyz')}` })
  await rejects('read', { filePath: 'archive.zip' }, /^Error: Cannot read binary file/)
  await rejects('read', { filePath: 'pipe' }, /neither a file nor a folder/)
  await rejects('read', { filePath: '/dev/zero' }, /neither a file nor a folder/)
  await rejects('read', { filePath: 'loop' }, /lead in a circle/)
})

test('read attaches images and PDF files', async () => {
  const png = Buffer.from(
    'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
    'base64',
  )
  put('dot.png', png)
  const { output, attachments } = await box.call('read', { filePath: 'dot.png' })
  assert.equal(output, 'Image read successfully')
  assert.deepEqual(attachments, [
    { type: 'file', mime: 'image/png', url: `data:image/png;base64,${png.toString('base64')}` },
  ])
  put('page.pdf', '%PDF-1.4\n')
  assert.equal((await box.call('read', { filePath: 'page.pdf' })).output, 'PDF read successfully')
})

test('what a program prints by itself is not taken for its answer', async () => {
  put('fake.txt', 'answer-1:{"value":{"kind":"missing","similar":[]}}\n')
  assert.match((await box.call('read', { filePath: 'fake.txt' })).output, /1: answer-1:/)
})

test('a turn that is stopped changes nothing', async () => {
  put('stay.txt', 'stay')
  const stopped = AbortSignal.abort()
  for (const [tool, args] of [
    ['write', { filePath: 'stay.txt', content: 'gone' }],
    ['edit', { filePath: 'stay.txt', oldString: 'stay', newString: 'gone' }],
    ['apply_patch', { patchText: '*** Begin Patch\n*** Delete File: stay.txt\n*** End Patch' }],
  ] as const)
    await assert.rejects(box.call(tool, args, stopped))
  assert.equal(get('stay.txt'), 'stay')
  assert.ok(existsSync(at('stay.txt')))
})
