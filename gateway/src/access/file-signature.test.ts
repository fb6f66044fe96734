import assert from 'node:assert/strict'
import { test } from 'node:test'
import { known, readAll, startGround } from '../testing/ground.ts'
import { readSignedUrl } from './file-signature.ts'

const base = `/toolbox/${known.id}`
const download = `${base}/files/download`
const upload = `${base}/files/upload-v2`

/** A signed query, each part encoded as clients do. */
function query(method: string, path: string, expires = '0'): string {
  return String(new URLSearchParams({ path, expires, signature: `v1-${method}-${path}-${expires}` }))
}

test('a signed URL passes alone, and the agent gets what was signed without the signature', async (t) => {
  const ground = await startGround(t)
  await ground.serve('agent', (request, response) => {
    request.resume()
    response.end(`${request.method} ${request.url}`)
  })
  for (const path of ['/a', 'relative file', 'a+b&c=d?e#f%2F', '漢字/😀', '../up', '/a//b/./c/', 'x;y']) {
    const [down, up] = [
      await ground.ask({ path: `${download}?${query('GET', path)}` }),
      await ground.ask({ method: 'POST', path: `${upload}?${query('POST', path)}`, body: 'content' }),
    ]
    assert.deepEqual([down.status, up.status], [200, 200], path)
    assert.equal(down.text, `GET /files/download?path=${encodeURIComponent(path)}`)
    assert.equal(up.text, `POST /files/upload-v2?path=${encodeURIComponent(path)}`)
  }
  const shuffled = `${download}?signature=v1-GET-/a%20b-5&expires=5&path=%2Fa+b`
  assert.equal((await ground.ask({ path: shuffled })).text, 'GET /files/download?path=%2Fa%20b')
})

test('every use is asked for anew', async (t) => {
  const ground = await startGround(t)
  await ground.serve('agent', (_, response) => void response.end())
  const path = `${download}?${query('GET', '/a')}`
  for (let use = 1; use <= 3; use += 1) {
    assert.equal((await ground.ask({ path })).status, 200)
    assert.equal(ground.asked.filter(({ credentials }) => credentials.fileSignature !== undefined).length, use)
  }
})

const good = query('GET', '/a')
const goodUpload = query('POST', '/a')
const value = encodeURIComponent('v1-GET-/a-0')

const refused: readonly [what: string, method: string, path: string][] = [
  ['no signature', 'GET', `${download}?path=/a`],
  ['an empty signature', 'GET', `${download}?path=/a&expires=0&signature=`],
  ['path twice', 'GET', `${download}?${good}&path=/b`],
  ['path twice, the other first', 'GET', `${download}?path=/b&${good}`],
  ['path once more, encoded', 'GET', `${download}?${good}&%70ath=/b`],
  ['path as an array', 'GET', `${download}?${good}&path[]=/b`],
  ['path as an encoded array', 'GET', `${download}?${good}&path%5B%5D=/b`],
  ['signature twice', 'GET', `${download}?${good}&signature=x`],
  ['expires twice', 'GET', `${download}?${good}&expires=9`],
  ['another key', 'GET', `${download}?${good}&recursive=true`],
  ['an empty key', 'GET', `${download}?${good}&=`],
  ['no expires', 'GET', `${download}?path=/a&signature=${value}`],
  ['no path', 'GET', `${download}?expires=0&signature=${value}`],
  ['another case of a key', 'GET', `${download}?Path=/a&expires=0&signature=${value}`],
  ['a path encoded twice', 'GET', `${download}?path=%252Fa&expires=0&signature=${value}`],
  ['another path', 'GET', `${download}?path=/b&expires=0&signature=${value}`],
  ['a trailing slash', 'GET', `${download}/?${good}`],
  ['a doubled slash', 'GET', `${base}//files/download?${good}`],
  ['a doubled slash inside', 'GET', `${base}/files//download?${good}`],
  ['a dot segment', 'GET', `${base}/./files/download?${good}`],
  ['an encoded letter', 'GET', `${base}/files/%64ownload?${good}`],
  ['an encoded slash', 'GET', `${base}/files%2Fdownload?${good}`],
  ['another case', 'GET', `${base}/Files/download?${good}`],
  ['a way out of it', 'GET', `${base}/files/download/../info?${good}`],
  ['an encoded way out of it', 'GET', `${base}/files/download%2F..%2Finfo?${good}`],
  ['a semicolon', 'GET', `${base}/files/download;x?${good}`],
  ['another file call', 'GET', `${base}/files/info?${good}`],
  ['listing', 'GET', `${base}/files?${good}`],
  ['bulk download', 'POST', `${base}/files/bulk-download?${goodUpload}`],
  ['the older upload', 'POST', `${base}/files/upload?${goodUpload}`],
  ['a command', 'POST', `${base}/process/execute?${goodUpload}`],
  ['a proxied port', 'GET', `${base}/proxy/3000/files/download?${good}`],
  ['download by POST', 'POST', `${download}?${good}`],
  ['download by HEAD', 'HEAD', `${download}?${good}`],
  ['download by DELETE', 'DELETE', `${download}?${good}`],
  ['upload by GET', 'GET', `${upload}?${goodUpload}`],
  ['upload by PUT', 'PUT', `${upload}?${goodUpload}`],
  ['a download signature for an upload', 'POST', `${upload}?${good}`],
  ['an upload signature for a download', 'GET', `${download}?${goodUpload}`],
  ['another sandbox', 'GET', `/toolbox/other/files/download?${good}`],
]

for (const [what, method, path] of refused) {
  test(`refused: ${what}`, async (t) => {
    const ground = await startGround(t)
    await ground.serve('agent', () => assert.fail('it reached the agent'))
    const answer = await ground.ask({ method, path })
    assert.equal(answer.status, 401, answer.text)
    assert.ok(!answer.text.includes('v1-'), 'the answer does not repeat the signature')
  })
}

test('it opens no tunnel, and no preview', async (t) => {
  const ground = await startGround(t)
  await ground.serve('agent', () => assert.fail('it reached the agent'))
  await ground.serve(3000, () => assert.fail('it reached the port'))
  const socket = ground.dialGateway()
  socket.write(
    `GET ${download}?${good} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`,
  )
  assert.match(await readAll(socket), /^HTTP\/1\.1 401 /)
  const preview = await ground.ask({ host: `3000-${known.id}.localhost`, path: `/files/download?${good}` })
  assert.equal(preview.status, 401)
})

test('with another credential the call passes, whatever its signature is', async (t) => {
  const ground = await startGround(t)
  await ground.serve('agent', (request, response) => void response.end(request.url))
  const headers = { authorization: `Bearer ${known.key}` }
  const wrong = await ground.ask({ path: `${download}?path=/a&expires=0&signature=x`, headers })
  assert.deepEqual([wrong.status, wrong.text], [200, '/files/download?path=%2Fa'])
  const broken = await ground.ask({ path: `${download}?path=/a&signature=x`, headers })
  assert.equal(broken.status, 200)
  const wrongKey = await ground.ask({ path: `${download}?${good}`, headers: { authorization: 'Bearer nope' } })
  assert.equal(wrongKey.status, 200, 'nor does a wrong key spoil a good signature')
})

test('a long query is read in no time', () => {
  const url = `/files/download?${'a&'.repeat(16_000)}signature=x`
  const before = process.cpuUsage()
  assert.ok('fault' in (readSignedUrl('GET', url) ?? {}))
  assert.ok(process.cpuUsage(before).user < 100_000)
})
