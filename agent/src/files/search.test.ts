import assert from 'node:assert/strict'
import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { startTestServer } from './test-server.ts'

test('search matches base names of files, folders and the root, joined on the path that was given', async () => {
  await using server = await startTestServer()
  await mkdir(join(server.dir, 'tree/sub.txt'), { recursive: true })
  await writeFile(join(server.dir, 'tree/sub.txt/a.txt'), '')
  await writeFile(join(server.dir, 'tree/.txt'), '')
  await writeFile(join(server.dir, 'tree/b.md'), '')
  await symlink('..', join(server.dir, 'tree/loop.txt'))
  await writeFile(Buffer.concat([Buffer.from(`${server.dir}/tree/`), Buffer.from([0xff]), Buffer.from('.txt')]), '')
  const search = async (path: string, pattern: string): Promise<string[]> =>
    (await server.json('GET', '/files/search', { path, pattern })).body.files
  const texts = ['.txt', 'loop.txt', 'sub.txt', 'sub.txt/a.txt', '\ufffd.txt']
  assert.deepEqual(
    await search('tree', '*.txt'),
    texts.map((name) => `tree/${name}`),
  )
  assert.deepEqual(await search('.', 'b.*'), ['tree/b.md'])
  assert.deepEqual(await search('./tree/', 'tr?e'), ['./tree/'])
  assert.deepEqual(await search(server.dir, 'a.txt'), [join(server.dir, 'tree/sub.txt/a.txt')])
  assert.deepEqual(await search('tree/b.md', '*'), ['tree/b.md'])
  assert.deepEqual(await search('tree', 'sub.txt/*'), [])
  assert.deepEqual(await search('tree', '['), [])
  assert.equal((await server.json('GET', '/files/search', { path: 'nope', pattern: '*' })).status, 404)
})
