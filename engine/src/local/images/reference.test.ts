import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { authFile, findLogin } from './login.ts'
import { parseReference, showReference } from './reference.ts'

const digest = `@sha256:${'0123456789abcdef'.repeat(4)}`

describe('names of images', () => {
  for (const [image, shown] of [
    ['python', 'docker.io/library/python:latest'],
    ['python:3.12', 'docker.io/library/python:3.12'],
    ['team/app', 'docker.io/team/app:latest'],
    ['docker.io/python:3', 'docker.io/library/python:3'],
    ['index.docker.io/team/app:1', 'docker.io/team/app:1'],
    ['localhost/app', 'localhost/app:latest'],
    ['localhost:5000/app:1', 'localhost:5000/app:1'],
    ['Registry.Example/a/b/c:x_Y.z-1', 'registry.example/a/b/c:x_Y.z-1'],
    ['registry.example:443/a__b/c-d.e', 'registry.example:443/a__b/c-d.e:latest'],
    ['[::1]:5000/app', '[::1]:5000/app:latest'],
    [`app${digest}`, `docker.io/library/app${digest}`],
    // A digest says all.
    [`registry.example/app:1${digest}`, `registry.example/app${digest}`],
  ] as const) {
    it(`${image.slice(0, 40)} is ${shown.slice(0, 60)}`, () =>
      assert.equal(showReference(parseReference(image)), shown))
  }

  it('are told from what is none', () => {
    const wrong = [
      '',
      ' ',
      'A',
      'a:',
      'a@sha256:1',
      `a${digest}0`,
      '/a',
      'a/',
      'a//b',
      'a b',
      'a\nb',
      '-a',
      'https://a.b/c',
      'a.b:99999999/c',
      'a.b/../c',
      'ä',
      `${'a/'.repeat(600)}a`,
    ]
    for (const image of wrong) assert.throws(() => parseReference(image), { code: 'BAD_REQUEST' }, image)
  })
})

describe('the login of an image', () => {
  const login = (registry: string) => ({ registry, username: registry, password: 'p:w' })
  const logins = [
    'docker.io',
    'registry.example',
    'registry.example/team',
    'registry.example/team/app',
    'registry.example:5000',
  ].map(login)
  for (const [image, registry] of [
    ['python', 'docker.io'],
    ['registry.example/other/app', 'registry.example'],
    ['registry.example/teams/app', 'registry.example'],
    ['registry.example/team/other', 'registry.example/team'],
    ['registry.example/team/app', 'registry.example/team/app'],
    ['registry.example:5000/team/app', 'registry.example:5000'],
    ['registry.example.evil.example/team/app', undefined],
    ['evil.example/registry.example/team', undefined],
  ] as const) {
    it(`for ${image} is ${registry ?? 'none'}`, () => {
      assert.equal(findLogin(logins, parseReference(image))?.registry, registry)
    })
  }

  it('is found as people write registries, and only it is handed on', () => {
    for (const written of ['https://index.docker.io/v1/', 'registry-1.docker.io', 'Docker.io/', ' http://docker.io']) {
      assert.equal(findLogin([login(written)], parseReference('python'))?.registry, written)
    }
    const reference = parseReference('registry.example/team/app')
    const { auths } = JSON.parse(authFile(logins[2] ?? null, reference)) as { auths: Record<string, { auth: string }> }
    assert.deepEqual(Object.keys(auths), ['registry.example'])
    assert.equal(Buffer.from(auths['registry.example']?.auth ?? '', 'base64').toString(), 'registry.example/team:p:w')
    assert.deepEqual(JSON.parse(authFile(null, reference)), { auths: {} })
  })
})
