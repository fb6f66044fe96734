import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { connect as connectTo, createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Sandbox, Snapshot } from '@daytonaio/sdk'
import {
  putImage,
  shellLayer,
  startRegistry,
  type TestRegistry,
} from '../../../engine/src/local/images/registry.fixture.ts'
import { tarOf } from '../../../engine/src/local/images/tar.fixture.ts'
import { layGround } from '../../fixtures/ground.ts'
import { startTestPlatform } from '../../fixtures/platform.ts'
import { clients, connect } from './clients.ts'

/** Time for a snapshot, s. */
const patience = { timeout: 120 }
const login = { username: 'somebody', password: 'pass:word' }

const { open, closed, cutting, platform } = await layGround(async (ground) => {
  const open = await startRegistry()
  ground.defer(() => open.close())
  const closed = await startRegistry({ login })
  ground.defer(() => closed.close())
  const cutting = await startCutting(open)
  ground.defer(() => void cutting.server.close())
  const names = [open.name, closed.name, cutting.name].map(local)
  const platform = await startTestPlatform(['--insecure-registries', names.join(',')])
  ground.defer(() => platform.remove())
  return { open, closed, cutting, platform }
})

for (const client of clients) {
  const { name, sdk, isNewest } = client
  const title = isNewest ? 'new' : 'old'
  describe(name, async () => {
    const daytona = connect(client, platform)
    const shell = shellLayer()
    await layGround(async (ground) => void ground.defer(() => daytona[Symbol.asyncDispose]()))

    const run = async (sandbox: Sandbox, command: string): Promise<string> => {
      const { exitCode, result } = await sandbox.process.executeCommand(command)
      assert.equal(exitCode, 0, `${command}: ${result}`)
      return result.trim()
    }
    const put = (registry: TestRegistry, repository: string, change: object = {}) =>
      putImage(registry, `${title}/${repository}`, '1', {
        layers: [shell, tarOf([{ name: 'work/file', content: `of ${title}\n` }])],
        config: { User: 'app', WorkingDir: '/work', Env: [`GREETING=hello ${title}`, 'PATH=/bin'] },
        ...change,
      })
    const image = (registry: { readonly name: string }, repository: string): string =>
      `${local(registry.name)}/${title}/${repository}:1`
    /** What the making has told; the client itself shows it of builds only. */
    const logOf = async ({ id }: Snapshot): Promise<string> => {
      const headers = { authorization: `Bearer ${platform.apiKey}` }
      return await (await fetch(`${platform.apiUrl}/snapshots/${id}/build-logs`, { headers })).text()
    }
    /** The snapshot cannot be made, for a reason that is told; gives the log of what failed, and deletes it. */
    const refuses = async (from: string, reason: RegExp): Promise<string> => {
      await assert.rejects(daytona.snapshot.create({ name: `${title}-refused`, image: from }, patience), reason)
      const failed = await daytona.snapshot.get(`${title}-refused`)
      assert.match(failed.state, /^(error|build_failed)$/)
      assert.match(failed.errorReason ?? '', reason)
      const log = await logOf(failed)
      await daytona.snapshot.delete(failed)
      return log
    }
    const use = async (snapshot: Snapshot, look: (sandbox: Sandbox) => Promise<void>): Promise<void> => {
      const sandbox = await daytona.create({ snapshot: snapshot.name })
      try {
        await look(sandbox)
      } finally {
        await sandbox.delete()
      }
    }

    test('a snapshot of an image with its log; a sandbox has what the image says', async () => {
      await put(open, 'app')
      const before = records()
      const told: string[] = []
      const snapshot = await daytona.snapshot.create(
        { name: `${title}-app`, image: image(open, 'app'), resources: { cpu: 1, memory: 1, disk: 4 } },
        { ...patience, onLogs: (chunk: string) => void told.push(chunk) },
      )
      assert.match(told.join('\n'), /Created snapshot .*-app \(active\)/)
      assert.deepEqual([snapshot.state, snapshot.imageName, snapshot.disk], ['active', image(open, 'app'), 4])
      assert.match(await logOf(snapshot), /^Pulling localhost:\d+.*2 layers.*Unpacked layer 2 of 2/s)
      await use(snapshot, async (sandbox) => {
        assert.deepEqual([sandbox.user, sandbox.disk, sandbox.snapshot], ['app', 4, `${title}-app`])
        const look = 'sh -c "cat file; id -un; pwd; echo $GREETING"'
        assert.equal(await run(sandbox, look), `of ${title}\napp\n/work\nhello ${title}`)
      })
      await daytona.snapshot.delete(snapshot)
      await assert.rejects(daytona.snapshot.get(snapshot.name), sdk.DaytonaNotFoundError)
      const left = () => records().filter((name) => !before.includes(name))
      for (const deadline = Date.now() + 20_000; left().length > 0 && Date.now() < deadline; ) await sleep(100)
      assert.deepEqual(left(), [], 'nothing of it is kept but layers for the next')
    })

    test('the program of the image runs in the sandbox, or the one that is asked for instead', async () => {
      const says = (word: string) => ['sh', '-c', `echo ${word} >/tmp/said; exec sleep 1000`]
      await put(open, 'program', { config: { Entrypoint: says('image'), Env: ['PATH=/bin'] } })
      for (const [word, entrypoint] of [
        ['image', undefined],
        ['caller', says('caller')],
      ] as const) {
        const asked = { name: `${title}-${word}`, image: image(open, 'program') }
        const snapshot = await daytona.snapshot.create(
          entrypoint === undefined ? asked : { ...asked, entrypoint: [...entrypoint] },
          patience,
        )
        assert.deepEqual(snapshot.entrypoint, says(word))
        await use(snapshot, async (sandbox) => {
          assert.equal(await run(sandbox, 'sh -c "while ! cat /tmp/said 2>/dev/null; do sleep 0.05; done"'), word)
        })
        await daytona.snapshot.delete(snapshot)
      }
    })

    test('a private image: refused without a login, and with a wrong one; made with the one that is kept', async () => {
      await put(closed, 'secret')
      const from = image(closed, 'secret')
      await refuses(from, /wants a login, and there is none for it/)
      const keep = async (password: string): Promise<string> => {
        const body = { name: `${title} login`, url: local(closed.name), username: login.username, password }
        const answer = await platform.call('POST', '/docker-registry', body)
        assert.equal(answer.status, 201, JSON.stringify(answer.body))
        assert.ok(!JSON.stringify(answer.body).includes(password))
        return (answer.body as { id: string }).id
      }
      const forget = async (id: string) =>
        assert.equal((await platform.call('DELETE', `/docker-registry/${id}`)).status, 204)
      const wrong = await keep('nonsense')
      assert.ok(!(await refuses(from, /refuses the login of "somebody"/)).includes('nonsense'))
      await forget(wrong)
      const right = await keep(login.password)
      const snapshot = await daytona.snapshot.create({ name: `${title}-secret`, image: from }, patience)
      await use(snapshot, async (sandbox) => assert.equal(await run(sandbox, 'cat file'), `of ${title}`))
      await daytona.snapshot.delete(snapshot)
      const built = sdk.Image.base(from).runCommands(`echo with the login of ${title}`)
      const sandbox = await daytona.create({ image: built }, patience)
      assert.equal(await run(sandbox, 'cat file'), `of ${title}`)
      await sandbox.delete()
      await forget(right)
      await refuses(from, /wants a login, and there is none for it/)
    })

    test('an image that is not there, or is for other machines', async () => {
      await refuses(image(open, 'nothing'), /no such image/)
      await put(open, 'foreign', { architecture: 'riscv64' })
      await refuses(image(open, 'foreign'), /is for linux\/riscv64; this machine is linux\/(amd64|arm64)/)
    })

    test('a broken layer, and a manifest that is none', async () => {
      const { blobs } = await put(open, 'spoilt', { layers: [shell, tarOf([{ name: 'a', content: `${title} a` }])] })
      open.spoil(blobs[1] ?? '', randomBytes(100))
      await refuses(image(open, 'spoilt'), /digest is wrong|failed/)
      const type = 'application/vnd.oci.image.manifest.v1+json'
      const digest = await open.putBlob(`${title}/torn`, Buffer.from('{}'))
      const config = { mediaType: 'application/other', digest, size: 2 }
      const manifest = { schemaVersion: 2, mediaType: type, config, layers: [] }
      await open.putManifest(`${title}/torn`, '1', manifest, type)
      await refuses(image(open, 'torn'), /not an image of/)
    })

    test('a connection that is cut once is tried again; one that is cut always is told', async () => {
      await put(open, 'large', { layers: [shell, tarOf([{ name: 'large', content: randomBytes(3_000_000) }])] })
      cutting.times = Number.POSITIVE_INFINITY
      assert.match(await refuses(image(cutting, 'large'), /the connection to .* failed/), /trying again/)
      cutting.times = 1
      const asked = { name: `${title}-large`, image: image(cutting, 'large') }
      const snapshot = await daytona.snapshot.create(asked, patience)
      await use(snapshot, async (sandbox) => assert.equal(await run(sandbox, 'sh -c "wc -c </large"'), '3000000'))
      await daytona.snapshot.delete(snapshot)
    })

    test('an image of a registry as base of one that is built', async () => {
      await put(open, 'base')
      const built = sdk.Image.base(image(open, 'base')).env({ MORE: title }).runCommands('echo more >/tmp/more')
      const told: string[] = []
      const sandbox = await daytona.create(
        { image: built },
        { ...patience, onSnapshotCreateLogs: (chunk: string) => void told.push(chunk) },
      )
      assert.equal(
        await run(sandbox, 'sh -c "cat file /tmp/more; echo $MORE $GREETING"'),
        `of ${title}\nmore\n${title} hello ${title}`,
      )
      assert.match(told.join('\n'), /RUN/)
      await sandbox.delete()
    })
  })
}

/** As users write it. */
function local(name: string): string {
  return name.replace('127.0.0.1', 'localhost')
}

/** Files of snapshots that the engine keeps. */
function records(): string[] {
  return readdirSync(join(platform.data, 'snapshots')).filter((name) => name.endsWith('.json'))
}

/** A way to the registry that cuts connections in the midst of what is long, as often as it is told. */
async function startCutting(to: TestRegistry): Promise<{ name: string; times: number; server: Server }> {
  const [host, port] = to.name.split(':')
  const server = createServer((near) => {
    const far = connectTo(Number(port), host)
    const end = (): void => {
      near.destroy()
      far.destroy()
    }
    let bytes = 0
    far.on('data', (chunk: Buffer) => {
      bytes += chunk.length
      if (bytes <= 200_000 || cutting.times <= 0) return
      cutting.times -= 1
      end()
    })
    for (const side of [near, far]) side.on('error', end).on('close', end)
    near.pipe(far).pipe(near)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address() as { port: number }
  const cutting = { name: `127.0.0.1:${address.port}`, times: 0, server }
  return cutting
}
