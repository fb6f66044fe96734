import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline/promises'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { openTestServer } from '../testing/test-server.ts'

const program = fileURLToPath(new URL('../testing/create-until-killed.ts', import.meta.url))

test('what was answered before kill -9 is in the store after it', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sandyard-kill-'))
  const storePath = join(folder, 'store.sqlite')
  try {
    const child = spawn(process.execPath, [program, storePath], { stdio: ['ignore', 'pipe', 'inherit'] })
    const answers: string[] = []
    for await (const line of createInterface({ input: child.stdout })) {
      answers.push(line)
      if (answers.length === 60) child.kill('SIGKILL')
    }
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
    assert.equal(child.signalCode, 'SIGKILL')

    await using server = await openTestServer({ storePath, isRecovered: false })
    for (const answer of answers) {
      const [what, id = ''] = answer.split(' ')
      const record = await server.server.store.sandboxes.byId(id)
      assert.equal(record?.desiredState, what === 'created' ? 'started' : 'destroyed', answer)
    }
    for (const answer of answers) {
      const [what = '', id = ''] = answer.split(' ')
      const entries = await server.call(`GET /admin/audit?targetId[eq]=${id}&action[eq]=${what.replace(/d$/, '')}`)
      assert.equal(entries.body.total, 1, `${answer} is in the audit log`)
    }
    const listed = await server.call('GET /sandbox?labels={"made":"yes"}&limit=200')
    const created = answers.filter((answer) => answer.startsWith('created')).length
    assert.ok(listed.body.items.length >= created, 'labels are written with their sandbox')
  } finally {
    await rm(folder, { recursive: true })
  }
})
