import assert from 'node:assert/strict'
import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { after, before, test } from 'node:test'
import { startBox, type TestBox } from './box.fixture.ts'

let box: TestBox
before(async () => {
  box = await startBox()
})
after(() => box[Symbol.asyncDispose]())

const at = (name: string): string => join(box.folder, name)
const put = (name: string, content: string | Uint8Array): void => {
  mkdirSync(dirname(at(name)), { recursive: true })
  writeFileSync(at(name), content)
}
const get = (name: string): string => readFileSync(at(name), 'utf8')
const patch = (...lines: string[]) =>
  box.call('apply_patch', { patchText: ['*** Begin Patch', ...lines, '*** End Patch'].join('\n') })

test('adds, changes, moves and deletes, and tells it as screens want it', async () => {
  put('app.py', 'import os\n\ndef greet():\n    print("Hi")\n\ndef other():\n    pass\n')
  put('old.txt', 'gone\nsoon\n')
  put('run.sh', '#!/bin/sh\necho 1\n')
  chmodSync(at('run.sh'), 0o755)
  const { title, output, metadata } = await patch(
    '*** Add File: docs/new.txt',
    '+hello',
    '+',
    '+world',
    '*** Update File: app.py',
    '@@ def greet():',
    '-    print("Hi")',
    '+    print("Hello")',
    '*** Update File: run.sh',
    '*** Move to: bin/run.sh',
    '@@',
    ' #!/bin/sh',
    '-echo 1',
    '+echo 2',
    '*** Delete File: old.txt',
  )
  assert.equal(output, 'Success. Updated the following files:\nA docs/new.txt\nM app.py\nM bin/run.sh\nD old.txt')
  assert.equal(title, output)
  assert.equal(get('docs/new.txt'), 'hello\n\nworld\n')
  assert.equal(get('app.py'), 'import os\n\ndef greet():\n    print("Hello")\n\ndef other():\n    pass\n')
  assert.equal(get('bin/run.sh'), '#!/bin/sh\necho 2\n')
  assert.equal(statSync(at('bin/run.sh')).mode & 0o777, 0o755)
  assert.ok(!existsSync(at('old.txt')) && !existsSync(at('run.sh')))
  const { files, diff } = metadata as { files: Record<string, unknown>[]; diff: string }
  assert.deepEqual(
    files.map(({ patch: _, ...rest }) => rest),
    [
      { filePath: at('docs/new.txt'), relativePath: 'docs/new.txt', type: 'add', additions: 3, deletions: 0 },
      { filePath: at('app.py'), relativePath: 'app.py', type: 'update', additions: 1, deletions: 1 },
      {
        filePath: at('run.sh'),
        relativePath: 'bin/run.sh',
        type: 'move',
        additions: 1,
        deletions: 1,
        movePath: at('bin/run.sh'),
      },
      { filePath: at('old.txt'), relativePath: 'old.txt', type: 'delete', additions: 0, deletions: 2 },
    ],
  )
  assert.equal(diff, files.map((file) => `${file.patch}\n`).join(''))
})

test('places are found although white space and punctuation differ, and lines that stay are those of the file', async () => {
  put('loose.txt', 'head\n\tsaid “yes” – he  \n\tlast\n')
  await patch('*** Update File: loose.txt', '@@', '   said "yes" - he', '-last', '+end')
  assert.equal(get('loose.txt'), 'head\n\tsaid “yes” – he  \nend\n')
})

test('files with other line breaks keep them', async () => {
  put('windows.txt', '\ufeffone\r\ntwo\r\nthree\r\n')
  await patch('*** Update File: windows.txt', '@@', ' one', '-two', '+zwei', '+drei', ' three')
  assert.equal(get('windows.txt'), '\ufeffone\r\nzwei\r\ndrei\r\nthree\r\n')
})

test('several chunks, contexts one in the other, the end of the file, and lines alone', async () => {
  put('deep.py', 'class A:\n  def f():\n    x\nclass B:\n  def f():\n    x\nend\nx\n')
  await patch(
    '*** Update File: deep.py',
    '@@ class B:',
    '@@ def f():',
    '-    x',
    '+    y',
    '@@',
    '-x',
    '+z',
    '*** End of File',
  )
  assert.equal(get('deep.py'), 'class A:\n  def f():\n    x\nclass B:\n  def f():\n    y\nend\nz\n')
  await patch('*** Update File: deep.py', '@@ class A:', '+  # first', '@@ class B:', ' class B:', '+  # second')
    .then(() => assert.fail('the second context is behind the first'))
    .catch((error: Error) => assert.match(error.message, /Failed to find/))
  await patch('*** Update File: deep.py', '@@ class A:', '+  # first')
  await patch('*** Update File: deep.py', '+last')
  assert.equal(get('deep.py'), 'class A:\n  # first\n  def f():\n    x\nclass B:\n  def f():\n    y\nend\nz\nlast\n')
})

test('empty lines without their blank stay', async () => {
  put('blank.txt', 'a\n\nb\nc\n')
  await patch('*** Update File: blank.txt', '@@', ' a', '', '-b', '+B', '', '*** Add File: more.txt', '+x', '')
  assert.equal(get('blank.txt'), 'a\n\nB\nc\n')
  assert.equal(get('more.txt'), 'x\n')
})

test('two sections of one file go on from each other', async () => {
  put('both.txt', 'a\nb\n')
  await patch('*** Update File: both.txt', '@@', '-a', '+A', '*** Update File: both.txt', '@@', ' A', '-b', '+B')
  assert.equal(get('both.txt'), 'A\nB\n')
})

test('where one place is not found, nothing is changed', async () => {
  put('first.txt', 'one\n')
  put('second.txt', 'two\n')
  await assert.rejects(
    patch(
      '*** Add File: made.txt',
      '+x',
      '*** Update File: first.txt',
      '@@',
      '-one',
      '+1',
      '*** Update File: second.txt',
      '@@',
      '-three',
      '+3',
    ),
    { message: `apply_patch verification failed: Failed to find expected lines in ${at('second.txt')}:\nthree` },
  )
  assert.equal(get('first.txt'), 'one\n')
  assert.ok(!existsSync(at('made.txt')))
})

test('where one file cannot be written, the others are as they were', async () => {
  put('kept.txt', 'one\n')
  put('here', 'a file\n')
  await assert.rejects(
    patch(
      '*** Update File: kept.txt',
      '@@',
      '-one',
      '+1',
      '*** Add File: fresh.txt',
      '+x',
      '*** Add File: /proc/no-such-place',
      '+x',
    ),
    /^Error: apply_patch failed: .* All files are as they were\.$/,
  )
  assert.equal(get('kept.txt'), 'one\n')
  assert.ok(!existsSync(at('fresh.txt')))
  assert.equal(get('here'), 'a file\n')
})

test('binary files can be deleted, but not changed', async () => {
  put('picture.bin', Buffer.from([1, 0, 2]))
  await assert.rejects(patch('*** Update File: picture.bin', '@@', '-a', '+b'), /Cannot edit binary/)
  await patch('*** Delete File: picture.bin')
  assert.ok(!existsSync(at('picture.bin')))
  mkdirSync(at('a-folder'))
  await assert.rejects(patch('*** Delete File: a-folder'), /apply_patch verification failed/)
  assert.ok(existsSync(at('a-folder')))
})

test('what is no patch is refused with the line that is wrong, before there is a sandbox', async () => {
  const opened = box.opened()
  const refuses = (patchText: unknown, message: RegExp) =>
    assert.rejects(box.call('apply_patch', { patchText }), message)
  await refuses(undefined, /patchText is required/)
  await refuses('hello', /apply_patch verification failed: Invalid patch format: missing Begin\/End markers/)
  await refuses('*** Begin Patch\n*** End Patch', /patch rejected: empty patch/)
  await refuses(
    '*** Begin Patch\n*** Update File: a\nhello\n*** End Patch',
    /begin with " ", "-" or "\+", but not "hello"/,
  )
  await refuses('*** Begin Patch\n*** Add File: a\n-x\n*** End Patch', /but not "-x"/)
  await refuses('*** Begin Patch\n*** Add File:\n+x\n*** End Patch', /no path in/)
  await refuses('*** Begin Patch\n*** Rename File: a\n*** End Patch', /expected "\*\*\* Add File: "/)
  await refuses('*** Begin Patch\n*** Update File: a\n*** End Patch', /no changes for a/)
  await refuses('*** Begin Patch\n*** Delete File: a\n-x\n*** End Patch', /nothing may follow/)
  assert.equal(box.opened(), opened)
})

test('a patch in a here document is taken out of it', async () => {
  await box.call('apply_patch', {
    patchText: "cat <<'EOF'\n*** Begin Patch\n*** Add File: here-doc.txt\n+x\n*** End Patch\nEOF",
  })
  assert.equal(get('here-doc.txt'), 'x\n')
})
