import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createHomeOf } from './preview-home.ts'

test('the platform is found from a preview host', () => {
  const domains = ['previews.example.com', 'localhost', '*.sslip.io']
  const table: [string | null, string, 'http' | 'https', string | null][] = [
    [null, '3000-x.localhost:3000', 'http', 'http://localhost:3000'],
    ['https://home.example.com', '3000-x.localhost:3000', 'http', 'http://localhost:3000'],
    [null, '3000-x.192.0.2.1.sslip.io:8080', 'http', 'http://192.0.2.1:8080'],
    [null, '3000-x.192-0-2-1.sslip.io', 'https', 'https://192.0.2.1'],
    [null, '3000-x.previews.example.com', 'https', null],
    ['https://home.example.com', '3000-X.Previews.Example.Com', 'https', 'https://home.example.com'],
  ]
  for (const [publicUrl, host, scheme, wanted] of table)
    assert.equal(createHomeOf(publicUrl, domains)(host, scheme), wanted)
})
