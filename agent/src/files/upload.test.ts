import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { join } from 'node:path'
import { test } from 'node:test'
import { startTestServer } from './test-server.ts'

function form(fields: Record<string, string>): FormData {
  const data = new FormData()
  for (const [name, text] of Object.entries(fields)) data.append(name, new Blob([text]), 'name')
  return data
}

test('one file is uploaded as a form or as the body itself', async () => {
  await using server = await startTestServer()
  const bodies: [string, RequestInit][] = [
    ['new/form', { body: form({ note: 'x', file: 'hello', late: 'y' }) }],
    ['raw', { body: Buffer.from('hello'), headers: { 'content-type': 'application/octet-stream' } }],
    ['text', { body: 'hello' }],
  ]
  for (const [path, init] of bodies) {
    const response = await server.call('POST', '/files/upload-v2', { path }, init)
    assert.equal(response.status, 200, path)
    const full = join(server.dir, path)
    assert.deepEqual(await response.json(), { name: path.replace('new/', ''), path: full, type: 'file' })
    assert.equal(await readFile(full, 'utf8'), 'hello')
  }
  assert.equal((await server.call('POST', '/files/upload-v2', { path: 'raw' })).status, 200)
  assert.equal(await readFile(join(server.dir, 'raw'), 'utf8'), '')
})

test('the older upload takes a form and answers with nothing', async () => {
  await using server = await startTestServer()
  const response = await server.call('POST', '/files/upload', { path: 'a/b' }, { body: form({ file: 'old' }) })
  assert.deepEqual([response.status, await response.text()], [200, ''])
  assert.equal(await readFile(join(server.dir, 'a/b'), 'utf8'), 'old')
  for (const body of [form({ other: 'x' }), 'text']) {
    assert.equal((await server.call('POST', '/files/upload', { path: 'c' }, { body })).status, 400)
  }
})

test('a refused upload is answered after the whole body', async () => {
  await using server = await startTestServer()
  await mkdir(join(server.dir, 'folder'))
  const body = Buffer.alloc(20_000_000)
  const response = await server.call('POST', '/files/upload-v2', { path: 'folder' }, { body })
  assert.equal(response.status, 400)
  assert.equal(((await response.json()) as { code: string }).code, 'INVALID_FILE_PATH')
})

test('300 MB go up and down while the memory of the server stays small', { timeout: 60_000 }, async () => {
  await using server = await startServerProcess()
  const size = 300_000_000
  assert.equal(await send(server.port, 1000, Buffer.alloc(100)), 200)
  const before = await server.memory('VmRSS')
  assert.equal(await send(server.port, size, Buffer.alloc(100_000, 'sandyard')), 200)
  const body = JSON.stringify({ paths: ['big'] })
  const headers = { 'content-type': 'application/json' }
  const down = await open(server.port, '/files/bulk-download', headers, (request) => request.end(body))
  let received = 0
  for await (const chunk of down) received += (chunk as Buffer).length
  assert.ok(received > size && received < size + 1000)
  const grown = (await server.memory('VmHWM')) - before
  assert.ok(grown < 60_000, `grew by ${grown} KiB`)
})

/** The test server in a process of its own, so that only its memory is measured. */
async function startServerProcess(): Promise<
  AsyncDisposable & { readonly port: number; memory(field: 'VmRSS' | 'VmHWM'): Promise<number> }
> {
  const code = `
    import { startTestServer } from ${JSON.stringify(new URL('./test-server.ts', import.meta.url).href)}
    const server = await startTestServer()
    process.once('message', () => server[Symbol.asyncDispose]().then(() => process.disconnect()))
    process.send(server.port)
  `
  // A small young generation, as the agent runs with: Node's default is to let 48 MB of garbage gather first.
  const args = ['--max-semi-space-size=2', '--input-type=module', '--eval', code]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  const [port] = (await once(child, 'message')) as [number]
  // The peak while the sources were loaded does not count.
  await writeFile(`/proc/${child.pid}/clear_refs`, '5')
  return {
    port,
    async memory(field) {
      const status = await readFile(`/proc/${child.pid}/status`, 'utf8')
      return Number(new RegExp(`^${field}:\\s*(\\d+) kB`, 'm').exec(status)?.[1])
    },
    async [Symbol.asyncDispose]() {
      const exit = once(child, 'exit')
      child.send('stop')
      assert.deepEqual(await exit, [0, null])
    },
  }
}

type Client = ReturnType<typeof httpRequest>

function open(
  port: number,
  path: string,
  headers: Record<string, string>,
  write: (request: Client) => void,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({ port, method: 'POST', path, headers, agent: false }, resolve)
    request.on('error', reject)
    write(request)
  })
}

async function send(port: number, size: number, block: Buffer): Promise<number | undefined> {
  const headers = { 'content-type': 'multipart/form-data; boundary=BB' }
  const response = await open(port, '/files/bulk-upload', headers, (request) => {
    request.write('--BB\r\nContent-Disposition: form-data; name="files[0].path"\r\n\r\nbig\r\n')
    request.write('--BB\r\nContent-Disposition: form-data; name="files[0].file"; filename="big"\r\n\r\n')
    let left = size
    const more = (): void => {
      while (left > 0) {
        left -= block.length
        if (!request.write(block)) {
          request.once('drain', more)
          return
        }
      }
      request.end('\r\n--BB--\r\n')
    }
    more()
  })
  response.resume()
  return response.statusCode
}
