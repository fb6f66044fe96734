import assert from 'node:assert/strict'
import { test } from 'node:test'
import { redact } from './credentials.ts'
import { normalizeUrl, splitCredentials } from './remote-url.ts'
import { splitUrl } from './split-url.ts'

const accepted: readonly (readonly [string, string])[] = [
  ['https://example.com/a.git', 'https://example.com/a.git'],
  ['HTTP://example.com/a.git', 'HTTP://example.com/a.git'],
  ['ssh://git@example.com:2222/a.git', 'ssh://git@example.com:2222/a.git'],
  ['git://example.com/a', 'git://example.com/a'],
  ['file:///srv/a.git', 'file:///srv/a.git'],
  ['example.com/octocat/a', 'https://example.com/octocat/a'],
  ['localhost:3000/a.git', 'https://localhost:3000/a.git'],
  ['git@example.com:octocat/a.git', 'git@example.com:octocat/a.git'],
  ['/srv/a.git', '/srv/a.git'],
  ['./a', '/work/a'],
  ['../a', '/a'],
]

for (const [given, taken] of accepted) {
  test(`the URL ${given} is ${taken}`, () => assert.equal(normalizeUrl(given, '/work'), taken))
}

for (const url of [
  'ext::sh -c id',
  'fd::3',
  '-u',
  '--upload-pack=id',
  'ftp://a/b',
  'ext://a',
  'https://a/b\nc',
  'a\0b',
]) {
  test(`the URL ${JSON.stringify(url)} is refused`, () => {
    assert.throws(() => normalizeUrl(url, '/work'), { code: 'BAD_REQUEST' })
  })
}

test('name and password of a URL are taken out of it, a lone name stays', () => {
  assert.deepEqual(splitCredentials('https://x%40y:p%3Aw@example.com:8443/a@b.git'), {
    url: 'https://example.com:8443/a@b.git',
    credentials: { username: 'x@y', password: 'p:w' },
  })
  const lone = 'https://alice@example.com/a.git'
  assert.deepEqual(splitCredentials(lone), { url: lone, credentials: undefined })
  assert.throws(() => splitCredentials('https://a:%zz@example.com/'), { code: 'BAD_REQUEST' })
  assert.throws(() => splitCredentials('https://a:b%0ahost=c@example.com/'), { code: 'INVALID_REQUEST_BODY' })
})

test('the host is what git asks its helpers for', () => {
  const url = 'https://alice@example.com:8443/a.git'
  assert.deepEqual(splitUrl(url), { scheme: 'https://', user: 'alice', host: 'example.com:8443' })
  assert.equal(splitUrl('git@example.com:a.git').host, '')
})

test('passwords and user parts of URLs are taken out of texts', () => {
  const login = { username: 'u', password: 's3/cret', url: 'https://h/a' }
  assert.equal(
    redact("fatal: 'https://me:pw@h/a' s3/cret s3%2Fcret ssh://me@h/ mail@h", login),
    "fatal: 'https://***@h/a' *** *** ssh://***@h/ mail@h",
  )
})
