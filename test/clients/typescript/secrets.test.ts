import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import type { Sandbox } from '@daytonaio/sdk'
import { startTestPlatform } from '../../fixtures/platform.ts'
import { clients, connect } from './clients.ts'

const platform = await startTestPlatform()
after(() => platform.remove())

const value = 'sk-the-value-itself'

const seenInside = ['GREETING', 'API_KEY', 'OTHER'].map((name) => `"$(printenv ${name} || echo none)"`).join(' ')

// The older client has no secrets.
for (const client of clients.filter(({ isNewest }) => isNewest)) {
  describe(client.name, () => {
    const { sdk } = client
    const daytona = connect(client, platform)
    after(() => daytona[Symbol.asyncDispose]())

    const run = async (sandbox: Sandbox, command: string) =>
      (await sandbox.process.executeCommand(command)).result.trim()

    test('secrets are made, found, listed, changed and deleted', async () => {
      const made = await daytona.secret.create({
        name: 'openai-prod',
        value,
        description: 'of the team',
        hosts: ['API.OpenAI.com', '*.openai.com'],
      })
      assert.deepEqual(
        [made.name, made.description, made.hosts],
        ['openai-prod', 'of the team', ['api.openai.com', '*.openai.com']],
      )
      assert.match(made.placeholder, /^dtn_secret_/)
      assert.deepEqual(await daytona.secret.get(made.id), made)
      await assert.rejects(
        daytona.secret.create({ name: 'openai-prod', value, hosts: ['api.openai.com'] }),
        sdk.DaytonaConflictError,
      )
      await assert.rejects(daytona.secret.create({ name: 'everywhere', value }), (error: Error) => {
        assert.ok(error instanceof sdk.DaytonaError)
        assert.match(error.message, /name the hosts that may get this secret/)
        return true
      })
      const others = ['b', 'c', 'd'].map((name) => daytona.secret.create({ name, value, hosts: [`${name}.example`] }))
      await Promise.all(others)
      const names: string[] = []
      let cursor: string | undefined
      do {
        const page = await daytona.secret.list({
          limit: 3,
          sort: 'name',
          order: 'asc',
          ...(cursor === undefined ? {} : { cursor }),
        })
        assert.equal(page.total, 4)
        names.push(...page.items.map(({ name }) => name))
        cursor = page.nextCursor ?? undefined
      } while (cursor !== undefined)
      assert.deepEqual(names, ['b', 'c', 'd', 'openai-prod'])
      assert.deepEqual((await daytona.secret.list({ name: 'OPEN' })).items, [made])

      const changed = await daytona.secret.update(made.id, { hosts: ['api.openai.com'] })
      assert.deepEqual(
        [changed.hosts, changed.placeholder, changed.description],
        [['api.openai.com'], made.placeholder, 'of the team'],
      )
      await assert.rejects(daytona.secret.update(made.id, { hosts: [] }), sdk.DaytonaError)
      for (const { id } of (await daytona.secret.list()).items) await daytona.secret.delete(id)
      assert.equal((await daytona.secret.list()).total, 0)
      await assert.rejects(daytona.secret.get(made.id), sdk.DaytonaNotFoundError)
      await assert.rejects(daytona.secret.delete(made.id), sdk.DaytonaNotFoundError)
    })

    test('a sandbox has placeholders of its secrets, whatever it goes through', async () => {
      const [mine, other] = await Promise.all(
        ['mine', 'other'].map((name) => daytona.secret.create({ name, value, hosts: ['api.example.com'] })),
      )
      const sandbox = await daytona.create({ secrets: { API_KEY: 'mine' }, envVars: { GREETING: 'hello' } })
      try {
        const seen = () => run(sandbox, `echo ${seenInside}`)
        assert.equal(await seen(), `hello ${mine?.placeholder} none`)
        await sandbox.updateSecrets({ OTHER: 'other' })
        assert.equal(await seen(), `hello none ${other?.placeholder}`)
        await sandbox.stop()
        await sandbox.updateSecrets({ API_KEY: 'mine', OTHER: 'other' })
        await sandbox.start()
        assert.equal(await seen(), `hello ${mine?.placeholder} ${other?.placeholder}`)
        const found = await daytona.get(sandbox.id)
        assert.equal(found.id, sandbox.id)
        await daytona.secret.delete(other?.id ?? '')
        assert.equal(await seen(), `hello ${mine?.placeholder} none`)
        await assert.rejects(sandbox.updateSecrets({ API_KEY: 'other' }), (error: Error) => {
          assert.ok(error instanceof sdk.DaytonaError)
          assert.match(error.message, /no secret of the name that is given for API_KEY/)
          return true
        })
        assert.equal(await seen(), `hello ${mine?.placeholder} none`)
        // Neither what runs nor what is on its disk has the value.
        const part = value.slice(0, 12)
        const look = `cat /proc/[0-9]*/environ 2>/dev/null; sudo grep -rsF -e ${part} /etc /home /tmp /run /var/tmp; true`
        assert.ok(!(await run(sandbox, look)).includes(part))
        await sandbox.updateSecrets({})
        assert.equal(await seen(), 'hello none none')
      } finally {
        await sandbox.delete()
      }
      await assert.rejects(daytona.create({ secrets: { API_KEY: 'nobody' } }), /no secret of the name/)
      await assert.rejects(daytona.create({ secrets: { PATH: 'mine' } }), /PATH is a variable of the platform/)
    })
  })
}
