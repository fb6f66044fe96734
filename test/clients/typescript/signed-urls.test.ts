import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import type { Sandbox } from '@daytonaio/sdk'
import { layGround } from '../../fixtures/ground.ts'
import { startTestPlatform } from '../../fixtures/platform.ts'
import { clients, connect } from './clients.ts'

const platform = await layGround(async (ground) => {
  const platform = await startTestPlatform()
  ground.defer(platform.remove)
  return platform
})

for (const client of clients.filter(({ isNewest }) => isNewest)) {
  describe(client.name, () => {
    const daytona = connect(client, platform)
    let sandbox: Sandbox
    before(async () => {
      sandbox = await daytona.create()
    })
    after(async () => {
      await sandbox.delete()
      await daytona[Symbol.asyncDispose]()
    })

    for (const path of ['plain.txt', '/tmp/made/on the way/ünï 漢字 😀+%41&?#.bin', '/tmp/../tmp/up', 'a\'b"c;d']) {
      test(`up and down by URL alone: ${path}`, async () => {
        const content = `content of ${path}`
        const form = new FormData()
        form.append('file', new Blob([content]), 'name-that-does-not-count')
        const uploaded = await fetch(await sandbox.uploadUrl(path), { method: 'POST', body: form })
        assert.equal(uploaded.status, 200, await uploaded.clone().text())
        assert.equal(((await uploaded.json()) as { type: string }).type, 'file')
        const downloaded = await fetch(await sandbox.downloadUrl(path))
        assert.deepEqual([downloaded.status, await downloaded.text()], [200, content])
        assert.equal((await sandbox.fs.downloadFile(path)).toString(), content)
      })
    }

    test('a raw body, a range, and a file that is not there', async () => {
      const body = Buffer.from('0123456789')
      const url = await sandbox.uploadUrl('raw', 0)
      assert.match(url, /expires=0&/)
      const headers = { 'content-type': 'application/octet-stream' }
      assert.equal((await fetch(url, { method: 'POST', body, headers })).status, 200)
      const some = await fetch(await sandbox.downloadUrl('raw', 60), { headers: { range: 'bytes=2-4' } })
      assert.deepEqual([some.status, await some.text()], [206, '234'])
      const missing = await fetch(await sandbox.downloadUrl('no-such-file'))
      assert.equal(missing.status, 404)
      assert.equal(((await missing.json()) as { code: string }).code, 'FILE_NOT_FOUND')
    })

    test('its time passes', async () => {
      const url = await sandbox.downloadUrl('raw', 1)
      await new Promise((resolve) => setTimeout(resolve, 2000))
      const late = await fetch(url)
      assert.equal(late.status, 401)
      assert.match(((await late.json()) as { message: string }).message, /expired/)
    })

    test('a rotation ends all URLs of before at once, and the client signs anew', async () => {
      const [down, up] = [await sandbox.downloadUrl('raw', 0), await sandbox.uploadUrl('raw', 0)]
      assert.equal((await fetch(down)).status, 200)
      await sandbox.rotateSigningKey()
      for (const [url, method] of [
        [down, 'GET'],
        [up, 'POST'],
      ] as const) {
        const answer = await fetch(url, { method })
        assert.equal(answer.status, 401)
        assert.match(((await answer.json()) as { message: string }).message, /signature .* not valid/)
      }
      const anew = await fetch(await sandbox.downloadUrl('raw'))
      assert.deepEqual([anew.status, await anew.text()], [200, '0123456789'], 'nothing was written meanwhile')
    })

    test('a URL opens its one call only', async () => {
      const url = new URL(await sandbox.downloadUrl('raw', 0))
      const changed = (change: (copy: URL) => void): URL => {
        const copy = new URL(url)
        change(copy)
        return copy
      }
      const others: [what: string, url: URL, method?: string][] = [
        ['another path', changed((copy) => copy.searchParams.set('path', '/etc/passwd'))],
        ['a second path', changed((copy) => copy.searchParams.append('path', '/etc/passwd'))],
        ['another time', changed((copy) => copy.searchParams.set('expires', '9999999999'))],
        ['another call', changed((copy) => (copy.pathname = copy.pathname.replace('download', 'info')))],
        ['another method', url, 'POST'],
        ['another method of its path', url, 'HEAD'],
        ['a trailing slash', changed((copy) => (copy.pathname += '/'))],
        ['another sandbox', changed((copy) => (copy.pathname = copy.pathname.replace(sandbox.id, 'x')))],
      ]
      for (const [what, other, method = 'GET'] of others) {
        const answer = await fetch(other, { method })
        assert.equal(answer.status, 401, what)
        await answer.arrayBuffer()
      }
    })

    test('a sandbox that is stopped says so, and its URLs work again after a start', async () => {
      const url = await sandbox.downloadUrl('raw', 0)
      await sandbox.stop()
      assert.equal((await fetch(url)).status, 409)
      await sandbox.start()
      assert.equal((await fetch(url)).status, 200)
    })
  })
}

test('the key is the documented one: anybody who has it can sign', async () => {
  const { body } = await platform.call('POST', '/sandbox', {})
  const { id } = body as { id: string }
  const key = (await platform.call('GET', `/sandbox/${id}/signing-key`)).body as string
  const url = (method: 'GET' | 'POST', call: string, path: string): string => {
    const digest = createHmac('sha256', key).update(`v1:files:${method}:${path}:0`).digest('base64url')
    return `${platform.url}/toolbox/${id}/files/${call}?path=${encodeURIComponent(path)}&expires=0&signature=v1_${digest}`
  }
  const headers = { 'content-type': 'text/plain' }
  const uploaded = await fetch(url('POST', 'upload-v2', '/tmp/by hand'), { method: 'POST', body: 'by hand', headers })
  assert.equal(uploaded.status, 200)
  assert.equal(await (await fetch(url('GET', 'download', '/tmp/by hand'))).text(), 'by hand')
  await platform.call('DELETE', `/sandbox/${id}`)
})
