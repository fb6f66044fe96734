import assert from 'node:assert/strict'
import { readdirSync, readlinkSync } from 'node:fs'
import { test } from 'node:test'
import { dockerfile, sandboxIn } from '../testing/build-calls.ts'
import { listen } from '../testing/listen.ts'
import { adminKey, openTestServer, until } from '../testing/test-server.ts'

/** How many logs this process has open for reading. */
function openLogs(): number {
  return readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).includes('/build-logs/')
    } catch {
      return false // It was closed meanwhile.
    }
  }).length
}

test('a follower over HTTP that goes away leaves nothing open; one that reads nothing holds nobody up', async () => {
  await using server = await openTestServer()
  await using http = await listen(server)
  const gate = Promise.withResolvers<void>()
  const { makeSnapshot } = server.engine
  const line = `${'x'.repeat(1023)}\n`
  server.engine.makeSnapshot = async (order, tell) => {
    tell('begun\n')
    await gate.promise
    for (let count = 0; count < 7 * 1024; count += 1) tell(line)
    return makeSnapshot(order, tell)
  }
  const { id } = (await server.call('POST /sandbox', { body: { buildInfo: { dockerfileContent: dockerfile } } })).body
  await sandboxIn(server, id, 'building_snapshot')
  const url = `${http.url}/api/sandbox/${id}/build-logs?follow=true`
  const headers = { authorization: `Bearer ${adminKey}` }
  const leaving = new AbortController()
  const leaver = await fetch(url, { headers, signal: leaving.signal })
  const first = await leaver.body?.getReader().read()
  assert.equal(Buffer.from(first?.value ?? []).toString(), 'begun\n')
  assert.equal(openLogs(), 2, 'the one that writes and the one that reads')
  leaving.abort()
  await until(() => openLogs() === 1)

  const idle = await fetch(url, { headers })
  const reader = fetch(url, { headers }).then((answer) => answer.text())
  gate.resolve()
  await sandboxIn(server, id, 'started')
  const text = await reader
  assert.ok(text === `begun\n${line.repeat(7 * 1024)}building ${dockerfile}\ndone\n`, `${text.length} characters`)
  await until(() => openLogs() === 1)
  await idle.body?.cancel()
  await until(() => openLogs() === 0)
})
