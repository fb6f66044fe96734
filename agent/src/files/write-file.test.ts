import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import {
  chmod,
  chown,
  link,
  mkdir,
  open,
  readdir,
  readFile,
  readlink,
  rename,
  stat,
  symlink,
  unlink,
  writeFile,
} from 'node:fs/promises'
import { request as httpRequest } from 'node:http'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { asNobody, startTestServer, type TestServer } from './test-server.ts'

const large = randomBytes(3 * 1024 * 1024)
const isRoot = process.getuid?.() === 0

async function upload(server: TestServer, path: string, body: string | Buffer, ifMatch?: string): Promise<Response> {
  const headers = {
    'content-type': 'application/octet-stream',
    ...(ifMatch === undefined ? {} : { 'if-match': ifMatch }),
  }
  return await server.call('POST', '/files/upload-v2', { path }, { body: Buffer.from(body), headers })
}

async function json(response: Response): Promise<Record<string, unknown>> {
  return (await response.json()) as Record<string, unknown>
}

async function tagOf(server: TestServer, path: string): Promise<string> {
  const response = await server.call('GET', '/files/download', { path })
  await response.arrayBuffer()
  return response.headers.get('etag') ?? ''
}

/** An upload that waits in its middle for `go`, when the file beside is there. */
async function uploadSlowly(server: TestServer, path: string): Promise<{ go(): Promise<number | undefined> }> {
  const target = `/files/upload-v2?${new URLSearchParams({ path })}`
  const headers = { 'content-type': 'application/octet-stream' }
  const request = httpRequest({ port: server.port, method: 'POST', path: target, headers })
  const status = new Promise<number | undefined>((resolve, reject) => {
    request.on('error', reject).on('response', (response) => resolve(response.resume().statusCode))
  })
  const half = large.length / 2
  request.write(large.subarray(0, half))
  const isBegun = async (): Promise<boolean> =>
    (await readdir(server.dir, { recursive: true })).join().includes('.upload-')
  for (let tries = 0; tries < 300 && !(await isBegun()); tries += 1) await setTimeout(10)
  assert.equal(await isBegun(), true)
  return {
    go: async () => {
      request.end(large.subarray(half))
      return await status
    },
  }
}

test('a file is replaced as a whole: owner and mode stay, programs that have it open read the old one', async () => {
  await using server = await startTestServer()
  const file = join(server.dir, 'f')
  for (const content of ['small', large]) {
    await writeFile(file, 'what was there')
    if (isRoot) await chown(file, 1234, 4321)
    await chmod(file, 0o4751)
    const before = await stat(file)
    const reader = await open(file)
    assert.equal((await upload(server, 'f', content)).status, 200)
    assert.equal(await reader.readFile('utf8'), 'what was there')
    await reader.close()
    const after = await stat(file)
    assert.deepEqual([after.mode, after.uid, after.gid], [before.mode, before.uid, before.gid])
    assert.ok((await readFile(file)).equals(Buffer.from(content)))
  }
  assert.deepEqual(await readdir(server.dir), ['f'])
})

test('new files have the usual mode, made at once or beside their place', async () => {
  await using server = await startTestServer()
  for (const [name, content] of [
    ['small', 'x'],
    ['large', large],
  ] as const) {
    assert.equal((await upload(server, `a/${name}/f`, content)).status, 200)
    const file = join(server.dir, 'a', name, 'f')
    assert.equal((await stat(file)).mode & 0o7777, 0o666 & ~process.umask() & 0o644)
    assert.ok((await readFile(file)).equals(Buffer.from(content)))
    assert.deepEqual(await readdir(join(server.dir, 'a', name)), ['f'])
  }
  await symlink('led', join(server.dir, 'dangling'))
  assert.equal((await upload(server, 'dangling', large)).status, 200)
  assert.ok((await readFile(join(server.dir, 'led'))).equals(large))
  assert.equal(await readlink(join(server.dir, 'dangling')), 'led')
  for (const path of ['slash/', 'slash/.', 'slash/..'])
    assert.equal((await upload(server, path, large)).status, 400, path)
})

test('what has more names, or cannot have a successor, is written in place', async (context) => {
  await using server = await startTestServer()
  await writeFile(join(server.dir, 'one'), 'old')
  await link(join(server.dir, 'one'), join(server.dir, 'two'))
  for (const content of ['small', large]) {
    assert.equal((await upload(server, 'one', content)).status, 200)
    assert.ok((await readFile(join(server.dir, 'two'))).equals(Buffer.from(content)))
  }
  const long = 'n'.repeat(255)
  assert.equal((await upload(server, long, large)).status, 200)
  assert.equal((await upload(server, long, 'again')).status, 200)
  assert.equal(await readFile(join(server.dir, long), 'utf8'), 'again')
  if (!isRoot) return context.skip('the rest needs a file of somebody else')

  await chmod(server.dir, 0o755)
  const shared = join(server.dir, 'shared')
  await writeFile(shared, 'old')
  await chmod(shared, 0o666)
  const open = join(server.dir, 'open')
  await mkdir(open)
  await chmod(open, 0o777)
  await writeFile(join(open, 'theirs'), 'old')
  await chmod(join(open, 'theirs'), 0o666)
  for (const path of ['shared', 'open/theirs']) {
    assert.equal((await asNobody(() => upload(server, path, large))).status, 200, path)
    assert.ok((await readFile(join(server.dir, path))).equals(large))
    assert.equal((await stat(join(server.dir, path))).uid, 0)
  }
  await chmod(shared, 0o644)
  assert.equal((await asNobody(() => upload(server, 'shared', 'x'))).status, 403)
  assert.deepEqual(await readdir(open), ['theirs'])
})

test('a file that is mounted keeps its place', async (context) => {
  await using server = await startTestServer()
  const [source, place] = [join(server.dir, 'source'), join(server.dir, 'place')]
  await writeFile(source, 'old, and longer than what comes')
  await writeFile(place, '')
  try {
    execFileSync('mount', ['--bind', source, place], { stdio: 'ignore' })
  } catch {
    return context.skip('mounting is not allowed here')
  }
  try {
    for (const content of [large, 'short']) {
      assert.equal((await upload(server, 'place', content)).status, 200)
      assert.ok((await readFile(source)).equals(Buffer.from(content)))
    }
    const tag = await tagOf(server, 'place')
    const response = await upload(server, 'place', 'next', tag)
    assert.equal((await json(response)).etag, await tagOf(server, 'place'))
    assert.deepEqual((await readdir(server.dir)).sort(), ['place', 'source'])
  } finally {
    execFileSync('umount', [place])
  }
})

test('a program that swaps the folder, the file or the file beside it leads nothing elsewhere', async () => {
  await using server = await startTestServer()
  const at = (path: string): string => join(server.dir, path)
  await mkdir(at('victim'))
  await writeFile(at('victim/f'), 'victim')
  await mkdir(at('work'))
  await writeFile(at('work/f'), 'old')

  const slow = await uploadSlowly(server, 'work/f')
  await rename(at('work'), at('moved'))
  await symlink('victim', at('work'))
  assert.equal(await slow.go(), 200)
  assert.equal(await readFile(at('victim/f'), 'utf8'), 'victim')
  assert.ok((await readFile(at('moved/f'))).equals(large))
  assert.deepEqual(await readdir(at('victim')), ['f'])

  const second = await uploadSlowly(server, 'moved/f')
  await unlink(at('moved/f'))
  await symlink('../victim/f', at('moved/f'))
  assert.equal(await second.go(), 200)
  assert.equal(await readFile(at('victim/f'), 'utf8'), 'victim')
  assert.ok((await readFile(at('moved/f'))).equals(large))

  const third = await uploadSlowly(server, 'moved/f')
  for (const name of await readdir(at('moved'))) if (name.startsWith('.upload-')) await unlink(at(`moved/${name}`))
  assert.equal(await third.go(), 404)
  assert.ok((await readFile(at('moved/f'))).equals(large))

  const fourth = await uploadSlowly(server, 'moved/f')
  await unlink(at('moved/f'))
  await mkdir(at('moved/f'))
  assert.equal(await fourth.go(), 400)
  assert.deepEqual(await readdir(at('moved')), ['f'])
})

test('If-Match writes only over the version that was read, and answers the new one', async () => {
  await using server = await startTestServer()
  await writeFile(join(server.dir, 'f'), 'one')
  assert.deepEqual(Object.keys(await json(await upload(server, 'f', 'plain'))), ['name', 'path', 'type'])
  const first = await tagOf(server, 'f')
  const written = await upload(server, 'f', 'two', first)
  const etag = await tagOf(server, 'f')
  assert.deepEqual(await json(written), { name: 'f', path: join(server.dir, 'f'), type: 'file', etag })

  for (const tag of [first, '"other"', `W/${await tagOf(server, 'f')}`, '', 'nonsense']) {
    for (const content of ['lost', large]) {
      const refused = await upload(server, 'f', content, tag)
      assert.equal(refused.status, 412, tag)
      assert.equal((await json(refused)).code, 'PRECONDITION_FAILED')
    }
  }
  assert.equal(await readFile(join(server.dir, 'f'), 'utf8'), 'two')
  assert.equal((await upload(server, 'gone', 'x', '*')).status, 412)
  assert.equal((await upload(server, 'f', 'three', `"other", ${await tagOf(server, 'f')}`)).status, 200)
  assert.equal((await upload(server, 'f', 'four', '*')).status, 200)
  assert.deepEqual(await readdir(server.dir), ['f'])

  const form = new FormData()
  form.append('file', new Blob(['five']), 'f')
  const headers = { 'if-match': await tagOf(server, 'f') }
  for (const path of ['/files/upload', '/files/upload-v2']) {
    const { status } = await server.call('POST', path, { path: 'f' }, { body: form, headers })
    assert.equal(status, path.endsWith('v2') ? 412 : 200)
  }
  const many = await server.call('POST', '/files/bulk-upload', {}, { body: form, headers })
  assert.equal(many.status, 400)
})

test('of many who write over one version at once, one does', async () => {
  await using server = await startTestServer()
  for (const names of [['f'], ['g', 'second name of g']]) {
    const [name = '', second] = names
    await writeFile(join(server.dir, name), 'start')
    if (second !== undefined) await link(join(server.dir, name), join(server.dir, second))
    for (let round = 0; round < 5; round += 1) {
      const tag = await tagOf(server, name)
      const writers = Array.from({ length: 12 }, (_, index) => `round ${round} of ${index}`)
      const statuses = await Promise.all(writers.map(async (text) => (await upload(server, name, text, tag)).status))
      assert.equal(statuses.filter((status) => status === 200).length, 1, `${name} ${statuses}`)
      assert.equal(statuses.filter((status) => status === 412).length, 11)
      assert.equal(await readFile(join(server.dir, name), 'utf8'), writers[statuses.indexOf(200)])
    }
  }
})

test('a file that changes while a conditional upload is on its way stays as it is then', async () => {
  await using server = await startTestServer()
  const file = join(server.dir, 'f')
  await writeFile(file, 'read')
  const headers = { 'content-type': 'application/octet-stream', 'if-match': await tagOf(server, 'f') }
  const request = httpRequest({ port: server.port, method: 'POST', path: '/files/upload-v2?path=f', headers })
  const status = new Promise((resolve) => request.on('response', (response) => resolve(response.resume().statusCode)))
  request.write(large)
  for (let tries = 0; tries < 300 && (await readdir(server.dir)).length < 2; tries += 1) await setTimeout(10)
  await writeFile(file, 'theirs')
  request.end()
  assert.equal(await status, 412)
  assert.equal(await readFile(file, 'utf8'), 'theirs')
  assert.deepEqual(await readdir(server.dir), ['f'])
})
