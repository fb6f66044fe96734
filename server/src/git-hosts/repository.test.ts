import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isPlatformError } from '@sandyard/protocol'
import { apiUrlOf, hostOf, repositoryPath } from './host.ts'
import { parseRepository } from './repository.ts'

test('all ways to write a repository have one key', () => {
  const ways = [
    'https://github.com/acme/shop',
    'https://GitHub.com/Acme/Shop.git',
    'https://github.com:443/acme/shop/',
    'http://github.com:80/acme/shop.git//',
    'HTTPS://github.com/acme/x/../shop',
  ]
  assert.deepEqual([...new Set(ways.map((way) => parseRepository(way).key))], ['github.com/acme/shop'])
  // Elsewhere a capital letter may be another repository, and so is another port.
  const others = ['https://git.example.com/a', 'https://git.example.com/A', 'https://git.example.com:8443/a']
  assert.equal(new Set(others.map((way) => parseRepository(way).key)).size, 3)
})

test('what is cloned is what was given, without what makes no difference', () => {
  assert.deepEqual(parseRepository('https://Git.Example.com:8443/a%20b/Shop.git/'), {
    url: 'https://git.example.com:8443/a%20b/Shop.git',
    key: 'git.example.com:8443/a%20b/Shop',
    name: 'Shop',
  })
})

test('a URL that is none of a repository is refused, whatever it holds', () => {
  for (const text of [
    'https://',
    'javascript:alert(1)',
    'ext::sh -c id',
    'https://github.com/a/%00',
    'https://github.com/a/%5c',
    'https://github.com/%ZZ',
    'https://github.com/%ff/shop',
    'https://[::1',
    ' ',
    '-c/core.sshCommand=x',
  ]) {
    assert.throws(
      () => parseRepository(text),
      (error) => isPlatformError(error) && error.code === 'BAD_REQUEST',
      text,
    )
  }
})

test('the host and its API are known where the URL tells them', () => {
  const rows = [
    ['https://github.com/acme/shop', 'github', 'https://api.github.com', 'acme/shop'],
    ['https://gitlab.com/acme/web/shop.git', 'gitlab', 'https://gitlab.com/api/v4', 'acme/web/shop'],
    ['https://codeberg.org/acme/shop', 'gitea', 'https://codeberg.org/api/v1', 'acme/shop'],
    ['https://git.example.com:3000/acme/shop', 'other', null, 'acme/shop'],
    ['https://github.com.evil.example/acme/shop', 'other', null, 'acme/shop'],
  ] as const
  for (const [url, host, api, path] of rows) {
    assert.deepEqual([hostOf(url), apiUrlOf(hostOf(url), url), repositoryPath(url)], [host, api, path])
  }
  assert.equal(apiUrlOf('github', 'https://ghe.example.com/a/b'), 'https://ghe.example.com/api/v3')
  assert.equal(apiUrlOf('gitea', 'http://git.example.com:3000/a/b'), 'http://git.example.com:3000/api/v1')
})
