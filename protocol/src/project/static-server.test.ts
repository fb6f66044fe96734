import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { serveFolders } from './static-server.ts'

const folder = mkdtempSync(join(tmpdir(), 'sandyard-static-'))
const site = join(folder, 'it is a site')
const texts = {
  'it is a site/index.html': '<h1>home</h1>',
  'it is a site/a.js': 'export {}',
  'it is a site/empty.css': '',
  'it is a site/about.html': 'about',
  'it is a site/docs/index.html': 'docs',
  'it is a site/.git/config': 'secret',
  'it is a site/.well-known/x.txt': 'known',
  'it is a site/ü.txt': 'umlaut',
  'outside.txt': 'secret',
}
for (const [name, text] of Object.entries(texts)) {
  mkdirSync(dirname(join(folder, name)), { recursive: true })
  writeFileSync(join(folder, name), text)
}
symlinkSync('../outside.txt', join(site, 'out.txt'))
symlinkSync('a.js', join(site, 'in.js'))
const children: ChildProcess[] = []
after(() => {
  for (const child of children) process.kill(-(child.pid ?? 0), 'SIGKILL')
  rmSync(folder, { recursive: true })
})

/** Starts the command as a sandbox does. */
async function start(isApp: boolean, folders: readonly string[] = ['none', 'it is a site']): Promise<number> {
  const free = createServer().listen(0)
  await once(free, 'listening')
  const { port } = free.address() as AddressInfo
  free.close()
  const command = serveFolders({ folders, isApp, port })
  const child = spawn('sh', ['-c', command], { cwd: folder, stdio: 'ignore', detached: true })
  children.push(child)
  for (let tries = 0; tries < 200; tries++) {
    if (await get(port, '/').catch(() => null)) return port
    await sleep(50)
  }
  throw new Error('It did not start.')
}

/** A request whose path is sent as it is. */
async function get(port: number, path: string, method = 'GET', headers: Record<string, string> = {}) {
  const sent = request({ port, path, method, headers, host: '127.0.0.1' }).end()
  const [answer] = (await once(sent, 'response')) as [import('node:http').IncomingMessage]
  let text = ''
  for await (const chunk of answer) text += chunk
  return { status: answer.statusCode, text, type: answer.headers['content-type'], headers: answer.headers }
}

test('files as they lie', async () => {
  const port = await start(false)
  const seen = async (path: string): Promise<unknown> => {
    const { status, text } = await get(port, path)
    return status === 200 ? text : status
  }
  assert.equal(await seen('/'), '<h1>home</h1>')
  assert.equal(await seen('/?a=b'), '<h1>home</h1>')
  assert.equal(await seen('/a.js'), 'export {}')
  assert.equal(await seen('/in.js'), 'export {}')
  assert.equal(await seen('/empty.css'), '')
  assert.equal(await seen('/about'), 'about')
  assert.equal(await seen('/docs/'), 'docs')
  assert.equal(await seen('/.well-known/x.txt'), 'known')
  assert.equal(await seen('/%C3%BC.txt'), 'umlaut')
  for (const path of [
    '/no',
    '/out.txt',
    '/.git/config',
    '/../outside.txt',
    '/%2e%2e/outside.txt',
    '/%2e%2e%2foutside.txt',
    '/%00',
    '/a.js/b',
  ])
    assert.equal(await seen(path), 404, path)
  assert.equal(await seen('/%'), 400)
  assert.equal((await get(port, '/', 'POST')).status, 405)
  const head = await get(port, '/a.js', 'HEAD')
  assert.deepEqual([head.status, head.text, head.headers['content-length']], [200, '', '9'])
  assert.equal((await get(port, '/a.js')).type, 'text/javascript; charset=utf-8')
  const tag = head.headers.etag ?? ''
  assert.equal((await get(port, '/a.js', 'GET', { 'if-none-match': tag })).status, 304)
  const moved = await get(port, '//docs?x=1')
  assert.deepEqual([moved.status, moved.headers.location], [301, '/docs/?x=1'])
})

test('a single-page application has its page at every path, but no file that is not there', async () => {
  const port = await start(true)
  const deep = await get(port, '/users/7')
  assert.deepEqual([deep.status, deep.text, deep.type], [200, '<h1>home</h1>', 'text/html; charset=utf-8'])
  assert.equal((await get(port, '/assets/gone.js')).status, 404)
  assert.equal((await get(port, '/.git/config')).text, '<h1>home</h1>')
})
