import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { openTestServer } from '../testing/test-server.ts'

const folder = join(import.meta.dirname, 'page')

test('the page and all that it loads are served, under a policy that lets in nothing else', async () => {
  await using server = await openTestServer()
  const get = (path: string) => server.server.fetch(new Request(`http://localhost:3000${path}`))
  const loaded = new Set(['/api'])
  for (const path of loaded) {
    const response = await get(path)
    assert.equal(response.status, 200, path)
    const policy = response.headers.get('content-security-policy') ?? ''
    assert.match(policy, /^default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; /)
    assert.doesNotMatch(policy, /unsafe|\*|https?:/)
    assert.equal(response.headers.get('x-content-type-options'), 'nosniff')
    const text = await response.text()
    for (const [, link = ''] of text.matchAll(/(?:href|src)="(\/api\/[^"]+)"/g)) loaded.add(link)
    for (const [, link = ''] of text.matchAll(/from '\.\/([^']+)'/g)) loaded.add(`/api/${link}`)
    // Nothing inline, nothing of another host, and no text that becomes markup.
    assert.doesNotMatch(text, /https?:\/\/|<script>|<style>| style="| on\w+="|innerHTML|insertAdjacentHTML/, path)
  }
  assert.equal(loaded.size, readdirSync(folder).length, [...loaded].join())
  assert.equal((await get('/api/')).status, 200)
  assert.equal((await get('/api/page.ts')).status, 404)
})

test('the page fits the document', async () => {
  await using server = await openTestServer()
  const response = await server.server.fetch(new Request('http://localhost:3000/api-json'))
  const text = JSON.stringify(await response.json())
  // What the script follows without asking.
  assert.doesNotMatch(text, /"\$ref":"(?!#\/components\/)/)
  for (const [, id = ''] of readFileSync(join(folder, 'page.js'), 'utf8').matchAll(/getElementById\('(\w+)'\)/g)) {
    assert.match(readFileSync(join(folder, 'index.html'), 'utf8'), new RegExp(`id="${id}"`))
  }
})
