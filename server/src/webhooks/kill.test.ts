import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline/promises'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { openReceiver } from '../testing/receiver.ts'
import { openTestServer } from '../testing/test-server.ts'

const program = fileURLToPath(new URL('../testing/webhooks-until-killed.ts', import.meta.url))

test('after kill -9 everything that was committed is delivered, from the first event to the last', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sandyard-kill-'))
  const storePath = join(folder, 'store.sqlite')
  await using receiver = await openReceiver()
  // Some messages are never answered, some fail, some arrive and their answer is lost.
  let count = 0
  receiver.answer = (request, response) => {
    count += 1
    if (count % 7 === 0) return
    if (count % 5 === 0) response.writeHead(500).end()
    else if (count % 3 === 0) request.socket.destroy()
    else response.writeHead(204).end()
  }
  try {
    const args = [program, storePath, folder, receiver.url]
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
    const answers: string[] = []
    for await (const line of createInterface({ input: child.stdout })) {
      answers.push(line)
      if (answers.length === 40) child.kill('SIGKILL')
    }
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
    assert.equal(child.signalCode, 'SIGKILL')

    receiver.answer = (_, response) => void response.writeHead(204).end()
    await using server = await openTestServer({ storePath, folder, isRecovered: false })
    const path = answers[0]?.split(' ')[1]
    const pending = async () => (await server.call(`GET ${path}/deliveries?state=pending`)).body.total
    const undelivered = await pending()
    assert.ok(undelivered > 0, 'something was under way when it was killed')
    // The next life is some minutes later, so all is due.
    for (let round = 0; round < 20 && (await pending()) > 0; round += 1) {
      server.clock.nowMs += 600_000
      await server.server.courier.round()
      await server.server.courier.settled()
    }
    assert.equal(await pending(), 0)
    assert.equal((await server.call(`GET ${path}/deliveries?state=failed`)).body.total, 0)

    const heard = new Map<string, Set<string>>()
    for (const { json } of receiver.received) {
      const events = heard.get(json.id) ?? new Set()
      heard.set(json.id, events.add(json.event === 'sandbox.created' ? 'created' : `${json.oldState} ${json.newState}`))
    }
    for (const answer of answers.slice(1)) {
      const [what, id = ''] = answer.split(' ')
      const events = heard.get(id) ?? new Set()
      assert.ok(events.has('created') && events.has('creating started'), `${answer}: ${[...events]}`)
      if (what === 'deleted') assert.ok(events.has('started destroying'), answer)
    }
    // Also what nobody had an answer for: the changes that were told of lead to where each one is.
    for (const [id, events] of heard) {
      const record = await server.server.store.sandboxes.byId(id)
      assert.ok(record !== undefined, `${id} was told of and is not there`)
      let state = 'creating'
      const steps = new Map(
        [...events].filter((event) => event !== 'created').map((event) => event.split(' ') as [string, string]),
      )
      for (let next = steps.get(state); next !== undefined; next = steps.get(state)) state = next
      assert.equal(state, record.state, id)
    }
    const listed = (await server.call('GET /sandbox?limit=200')).body.items as { id: string }[]
    const untold = listed.filter(({ id }) => !heard.has(id))
    assert.equal(untold.length, 1, 'all but the one that was there before the endpoint')
  } finally {
    await rm(folder, { recursive: true })
  }
})
