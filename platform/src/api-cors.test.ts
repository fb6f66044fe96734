import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, describe, test } from 'node:test'
import { visit } from '../../test/fixtures/visit.ts'
import { type ApiOrigins, openToPages } from './api-cors.ts'
import { apiOrigins } from './setting-types.ts'

describe('pages of other origins that call the API', () => {
  let origins: ApiOrigins = null
  const http = createServer((request, response) => {
    if (openToPages({ origins, isPreview: (host) => host.startsWith('3000-') }, request, response)) return
    response.writeHead(200, { 'content-type': 'text/plain' }).end('answered')
  })
  let url = ''
  before(async () => {
    await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
    url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`
  })
  after(() => void http.close())

  const ask = async (headers: Record<string, string>, path = '/api/sandbox', method = 'GET') => {
    const response = await fetch(`${url}${path}`, { method, headers })
    return { status: response.status, text: await response.text(), of: (name: string) => response.headers.get(name) }
  }
  const question = {
    origin: 'https://app.example.com',
    'access-control-request-method': 'POST',
    'access-control-request-headers': 'authorization, content-type',
  }

  test('none, unless the setting names them', async () => {
    origins = null
    const answer = await ask(question)
    assert.deepEqual(
      [answer.of('access-control-allow-origin'), answer.of('vary'), answer.text],
      [null, null, 'answered'],
    )
    assert.equal((await ask(question, '/api/sandbox', 'OPTIONS')).text, 'answered')
  })

  test('those that are named, and no others', async () => {
    origins = apiOrigins('https://app.example.com,http://localhost:5173')
    const answer = await ask({ origin: 'https://app.example.com' })
    assert.equal(answer.of('access-control-allow-origin'), 'https://app.example.com')
    assert.deepEqual([answer.of('vary'), answer.of('access-control-allow-credentials')], ['Origin', null])
    for (const origin of [
      'https://app.example.com.evil.com',
      'http://app.example.com',
      'null',
      'https://example.com',
    ]) {
      const other = await ask({ origin })
      assert.deepEqual([other.of('access-control-allow-origin'), other.of('vary')], [null, 'Origin'], origin)
    }
    assert.equal((await ask({})).of('vary'), null)
  })

  test('the question of a browser is answered', async () => {
    const { status, of, text } = await ask(question, '/toolbox/x/files?path=a', 'OPTIONS')
    assert.deepEqual([status, text], [204, ''])
    assert.equal(of('access-control-allow-headers'), 'authorization, content-type')
    assert.match(of('access-control-allow-methods') ?? '', /PATCH/)
    const long = await ask({ ...question, 'access-control-request-headers': 'x'.repeat(2001) }, '/api', 'OPTIONS')
    assert.deepEqual([long.status, long.of('access-control-allow-headers')], [204, null])
    assert.equal((await ask({ ...question, origin: 'https://evil.com' }, '/api', 'OPTIONS')).text, 'answered')
  })

  test('previews are not opened, by whichever name', async () => {
    origins = '*'
    assert.equal((await ask({ origin: 'https://any.example' })).of('access-control-allow-origin'), '*')
    for (const path of ['/preview/x/3000/', '/apis', '/', '/mcp'])
      assert.equal((await ask({ origin: 'https://any.example' }, path)).of('access-control-allow-origin'), null, path)
    const seen = await visit(`${url.replace('127.0.0.1', '3000-x.localhost')}/api`, { origin: 'https://any.example' })
    assert.deepEqual([seen.body, seen.headers['access-control-allow-origin']], ['answered', undefined])
    const forwarded = { origin: 'https://any.example', 'x-forwarded-host': '3000-x.example.com' }
    assert.equal((await ask(forwarded)).of('access-control-allow-origin'), null)
  })

  test('what the setting takes', () => {
    assert.equal(apiOrigins('off'), null)
    assert.equal(apiOrigins('*'), '*')
    assert.deepEqual(
      [...(apiOrigins(' HTTPS://App.Example.com , http://[::1]:80') as Set<string>)],
      ['https://app.example.com', 'http://[::1]'],
    )
    for (const wrong of [
      'app.example.com',
      'https://a.com/',
      'https://a.com/x',
      'ftp://a.com',
      'null',
      '',
      '*,https://a.com',
    ])
      assert.throws(() => apiOrigins(wrong), /origin/, wrong)
  })
})
