import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { get } from 'node:http'
import { describe, it } from 'node:test'
import { startAgent, until } from './agent.fixture.ts'
import { lifelinePath } from './tunnel/lifeline.ts'

/** of libuv, where nobody says otherwise */
const threadPoolSize = 4

describe('work', () => {
  it('has all its threads before a program of the sandbox can take the room for them', async () => {
    await using agent = await startAgent()
    const threads = (): number => readdirSync(`/proc/${agent.child.pid}/task`).length
    const before = threads()
    const lifeline = get({ socketPath: agent.socketPath, path: lifelinePath }).on('error', () => {})
    try {
      // Those of the pool begin one after the other.
      const prepared = before + threadPoolSize
      assert.ok(await until(() => threads() === prepared), `the platform has asked, and ${threads()} are there`)
      const replies = Array.from({ length: 20 }, () => agent.call('GET', '/files?path=/'))
      assert.deepEqual(new Set((await Promise.all(replies)).map(({ status }) => status)), new Set([200]))
      assert.equal(threads(), prepared)
    } finally {
      lifeline.destroy()
    }
  })
})
