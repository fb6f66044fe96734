import assert from 'node:assert/strict'
import { test } from 'node:test'
import { shareCookies } from './network.ts'

test('previews share cookies with the dashboard where both are below one registered name', () => {
  for (const [host, domain] of [
    ['example.com', 'example.com'],
    ['app.example.com', 'preview.example.com'],
    ['Example.com', 'preview.EXAMPLE.com'],
    ['yard.preview.example.com', 'preview.example.com'],
  ] as const)
    assert.equal(shareCookies(host, domain), true, `${host} ${domain}`)
  for (const [host, domain] of [
    ['sandyard.example.com', 'preview.example.net'],
    ['localhost', 'localhost'],
    ['192.0.2.1', '192.0.2.1.sslip.io'],
    ['example.com', 'badexample.com'],
  ] as const)
    assert.equal(shareCookies(host, domain), false, `${host} ${domain}`)
})
