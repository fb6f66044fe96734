import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseSite, previewUrl, siteOf, siteUrl, toolboxUrl } from './site.ts'

const home = parseSite('https://sandyard.example.com')

test('links are made with the host by which the client came', () => {
  const cases: [string | undefined, string | undefined, string][] = [
    ['127.0.0.1:3000', undefined, 'http://127.0.0.1:3000'],
    ['[::1]:3000', undefined, 'http://[::1]:3000'],
    ['box.lan', undefined, 'http://box.lan'],
    ['box.lan:8443', 'https', 'https://box.lan:8443'],
    ['BOX.lan:80', 'http', 'http://box.lan:80'],
    ['sandyard.example.com', undefined, 'https://sandyard.example.com'],
    ['evil.com/path', undefined, 'https://sandyard.example.com'],
    ['user@evil.com', undefined, 'https://sandyard.example.com'],
    ['a b', undefined, 'https://sandyard.example.com'],
    ['', undefined, 'https://sandyard.example.com'],
    [undefined, 'https', 'https://sandyard.example.com'],
  ]
  for (const [host, forwardedProto, wanted] of cases) {
    assert.equal(siteUrl(siteOf({ host, forwardedProto }, home)), wanted, `Host: ${host}`)
  }
  assert.equal(toolboxUrl(home), 'https://sandyard.example.com/toolbox')
})

test('previews are below localhost for the machine itself, else below a preview domain', () => {
  const from = (host: string, domains: string[]) => previewUrl(siteOf({ host }, home), domains, 'label', 80)
  assert.equal(from('127.0.0.1:3000', ['p.example.com']), 'http://80-label.localhost:3000')
  assert.equal(from('localhost:3000', ['p.example.com']), 'http://80-label.localhost:3000')
  assert.equal(from('[::1]:3000', []), 'http://80-label.localhost:3000')
  assert.equal(from('192.0.2.7:3000', ['p.example.com', 'q.example.com']), 'http://80-label.p.example.com:3000')
  assert.equal(from('q.example.com', ['p.example.com', 'q.example.com']), 'http://80-label.q.example.com')
  assert.equal(from('192.0.2.7:3000', []), 'http://80-label.localhost:3000')
  assert.equal(previewUrl(home, ['p.example.com'], 'label', 80), 'https://80-label.p.example.com')
  assert.equal(previewUrl(home, ['p.example.com'], 'label', null), 'https://label.p.example.com')
  const general = ['localhost', '*.sslip.io']
  assert.equal(from('192.0.2.7:3000', general), 'http://80-label.192.0.2.7.sslip.io:3000')
  assert.equal(from('192.0.2.7.sslip.io:3000', general), 'http://80-label.192.0.2.7.sslip.io:3000')
  assert.equal(from('192-0-2-7.sslip.io:3000', general), 'http://80-label.192-0-2-7.sslip.io:3000')
  assert.equal(from('127.0.0.1:3000', general), 'http://80-label.localhost:3000')
  assert.equal(from('box.lan', general), 'http://80-label.localhost')
  assert.equal(from('[2001:db8::1]:3000', general), 'http://80-label.localhost:3000')
  assert.equal(from('192.0.2.7', ['p.example.com', 'localhost', '*.sslip.io']), 'http://80-label.p.example.com')
})
