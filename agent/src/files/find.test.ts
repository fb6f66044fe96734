import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { chmod, mkdir, symlink, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { limits } from '@sandyard/protocol'
import { asNobody, openPaths, startTestServer } from './test-server.ts'

const find = '/files/find'

test('find tells file, line and content of literal matches, with paths as they were asked', async () => {
  await using server = await startTestServer()
  await mkdir(join(server.dir, 'tree/b'), { recursive: true })
  await writeFile(join(server.dir, 'tree/z.txt'), 'one\r\na.*b and a.*b\n\nlast a.*b')
  await writeFile(join(server.dir, 'tree/b/c.txt'), 'a.*b')
  await writeFile(join(server.dir, 'tree/other'), 'axxb')
  const expected = (prefix: string): unknown => [
    { file: `${prefix}b/c.txt`, line: 1, content: 'a.*b' },
    { file: `${prefix}z.txt`, line: 2, content: 'a.*b and a.*b' },
    { file: `${prefix}z.txt`, line: 4, content: 'last a.*b' },
  ]
  for (const [path, prefix] of [
    ['tree', 'tree/'],
    ['./tree/', 'tree/'],
    [join(server.dir, 'tree'), join(server.dir, 'tree/')],
  ] as const) {
    assert.deepEqual((await server.json('GET', find, { path, pattern: 'a.*b' })).body, expected(prefix), path)
  }
  const one = await server.json('GET', find, { path: './tree/z.txt', pattern: 'one' })
  assert.deepEqual(one.body, [{ file: './tree/z.txt', line: 1, content: 'one' }])
  assert.deepEqual((await server.json('GET', find, { path: '.', pattern: 'one\r\na' })).body, [])
  assert.equal((await server.json('GET', find, { path: 'nope', pattern: 'x' })).status, 404)
  assert.equal((await server.json('GET', find, { path: '.', pattern: '' })).status, 400)
})

test('binary files, links, pipes and what may not be read are left out', async () => {
  await using server = await startTestServer()
  await writeFile(join(server.dir, 'binary'), `\0 needle`)
  await writeFile(join(server.dir, 'late'), `${' '.repeat(600)}\n\0 needle`)
  await writeFile(join(server.dir, 'locked'), 'needle', { mode: 0o600 })
  await mkdir(join(server.dir, 'closed'), { mode: 0o700 })
  await writeFile(join(server.dir, 'closed/in'), 'needle')
  await writeFile(join(server.dir, 'open'), 'needle')
  await symlink('open', join(server.dir, 'link'))
  await symlink('.', join(server.dir, 'loop'))
  execFileSync('mkfifo', [join(server.dir, 'pipe')])
  await chmod(server.dir, 0o755)
  const { body } = await asNobody(() => server.json('GET', find, { path: '.', pattern: 'needle' }))
  assert.deepEqual(body, [
    { file: 'late', line: 2, content: '\0 needle' },
    { file: 'open', line: 1, content: 'needle' },
  ])
  const pipe = await server.json('GET', find, { path: 'pipe', pattern: 'x' })
  assert.deepEqual([pipe.status, pipe.body], [200, []])
})

test('line numbers and matches hold over the borders of what is read at once', async () => {
  await using server = await startTestServer()
  const lines: string[] = []
  for (let line = 1; line <= 60_000; line += 1) lines.push(line % 1000 === 0 ? `${line} needle` : 'some text here')
  await writeFile(join(server.dir, 'long'), lines.join('\n'))
  const { body } = await server.json('GET', find, { path: 'long', pattern: 'needle' })
  assert.equal(body.length, 60)
  for (const match of body) assert.equal(match.content, `${match.line} needle`)
})

test('a line without end is searched, reported once and cut around the match', async () => {
  await using server = await startTestServer()
  for (const at of [0, 262_140, limits.findLineBytes - 3, 2 * limits.findLineBytes + 5, 3_500_000]) {
    const bytes = Buffer.alloc(4_000_000, 'é')
    bytes.write('needle', at)
    bytes.write('needle', 3_900_000)
    await writeFile(join(server.dir, 'wide'), Buffer.concat([Buffer.from('first\n'), bytes, Buffer.from('\nneedle\n')]))
    const { body } = await server.json('GET', find, { path: 'wide', pattern: 'needle' })
    assert.deepEqual([body.length, body[0].line, body[1].line], [2, 2, 3], `at ${at}`)
    assert.match(body[0].content, /needle/)
    assert.ok(Buffer.byteLength(body[0].content) <= 4100)
  }
})

test('the answer is bounded', async () => {
  await using server = await startTestServer()
  await writeFile(join(server.dir, 'many'), 'x\n'.repeat(limits.matchCount + 10))
  const many = await server.json('GET', find, { path: '.', pattern: 'x' })
  assert.equal(many.body.length, limits.matchCount)
  await writeFile(join(server.dir, 'many'), `${'x'.repeat(4000)}\n`.repeat(10_000))
  const wide = await server.call('GET', find, { path: '.', pattern: 'x' })
  assert.ok((await wide.text()).length < 2 * limits.toolboxBodyBytes)
})

test('other calls go on during a long find, and it stops when its caller leaves', async () => {
  await using server = await startTestServer()
  const file = join(server.dir, 'huge')
  await writeFile(file, 'x'.repeat(512))
  await truncate(file, 200_000_000_000)
  await writeFile(join(server.dir, 'other'), '')
  const leave = new AbortController()
  const long = server.call('GET', find, { path: 'huge', pattern: 'needle' }, { signal: leave.signal })
  await setTimeout(50)
  const started = performance.now()
  assert.equal((await server.json('GET', '/files/info', { path: 'other' })).status, 200)
  assert.ok(performance.now() - started < 1000)
  assert.ok((await openPaths()).includes(file))
  leave.abort()
  await assert.rejects(long)
  for (let tries = 0; tries < 100 && (await openPaths()).includes(file); tries += 1) await setTimeout(10)
  assert.equal((await openPaths()).includes(file), false)
})
