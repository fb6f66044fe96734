import assert from 'node:assert/strict'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { made, type Scripted, scripted } from '../../server/src/environments/environments.fixture.ts'
import { FinalFailure } from '../../server/src/environments/step.ts'
import { openTestLine, type TestLine } from './testing/command-line.ts'

const script: Scripted = {}
const app = 'https://git.example.com/me/app.git'

let cli: TestLine
before(async () => {
  cli = await openTestLine({ previewSteps: scripted(script).make })
})
after(() => cli[Symbol.asyncDispose]())

async function out(line: string | readonly string[]): Promise<string> {
  const ran = await cli.run(line)
  assert.equal(ran.code, 0, `${line}: ${ran.err}`)
  return ran.out
}

async function refused(line: string, code: number, message: RegExp): Promise<void> {
  const ran = await cli.run(line)
  assert.equal(ran.code, code, `${line}: ${ran.err}`)
  assert.equal(ran.out, '')
  assert.match(ran.err, message)
}

test('a preview: its log on standard error, its URL on standard output', async () => {
  writeFileSync(join(cli.folder, 'variables'), 'A=1\nB=2\n')
  const ran = await cli.run(`preview ${app} -b main -e B=3 --env-file variables --memory 2 --auto-stop 5`)
  assert.equal(ran.code, 0, ran.err)
  assert.match(ran.out, /^http:\/\/[0-9a-f-]{36}\.localhost:\d+\n$/)
  assert.match(ran.err, /== sandbox\n[\s\S]*install works\n[\s\S]*The preview is ready\n[\s\S]*It is a test\n$/)
  const [project] = await cli.json('preview project list')
  assert.deepEqual(project.settings, { env: { A: '1', B: '3' }, memory: 2, autoStopInterval: 5 })

  const again = await cli.json(`preview ${app} -b main`)
  assert.deepEqual([again.status, again.run, again.url], ['ready', 2, ran.out.trim()])
  assert.match(
    await out('previews ls'),
    /^NAME +STATUS +FRAMEWORK +COMMIT +URL +AGE +ID\napp\/main +ready +express +c{12} +http.* 3 h +/,
  )
  assert.equal(await out('preview list -o name'), `${again.id}\n`)
  assert.deepEqual(await cli.json('preview list https://git.example.com/me/other'), [])
  for (const name of ['app/main', 'main', again.id]) {
    const info = await cli.json(`preview info ${name}`)
    assert.deepEqual([info.id, info.health.sandboxState], [again.id, 'started'])
  }
  assert.match(await out('preview info app/main'), /^Status +ready$/m)
  assert.match(await out('preview logs main'), /The preview is ready\n$/)
  assert.match(await out('preview logs main -f'), /The preview is ready\n$/)
  script.build = async ({ tell }) => {
    tell('\u001b]0;title\u0007\u001b[31mred\u001b[0m\n')
    return { kind: 'done' }
  }
  assert.equal((await cli.run(`preview ${app} -b main`)).code, 0)
  delete script.build
  assert.ok((await out('preview logs main')).includes('\u001b[31mred'))
  const seen = await cli.run('preview logs main', { columns: 80 })
  assert.match(seen.out, /^red$/m)
  assert.equal(seen.out.includes('\u001b'), false)
  assert.equal(await out('preview restart app/main -d'), 'app/main is being built anew\n')
  const fresh = await cli.run('preview restart app/main')
  assert.equal(fresh.out, ran.out, 'the URL stays')
  assert.notEqual((await cli.json('preview info app/main')).sandboxId, again.sandboxId)
  assert.equal(await out('preview delete app/main'), 'Deleted app/main\n')
  await refused('preview info app/main', 3, /there is no preview app\/main/)
})

test('a preview that fails ends with its reason, and says where to look', async () => {
  script.build = () => Promise.reject(new FinalFailure('The build is broken'))
  const ran = await cli.run(`preview ${app} -b broken`)
  assert.deepEqual([ran.code, ran.out], [1, ''])
  assert.match(ran.err, /error: The build is broken\n[\s\S]*the preview has failed: The build is broken/)
  assert.match(ran.err, /sandyard preview info [0-9a-f-]{36} shows its steps/)
  assert.match(await out('preview info broken'), /^Status +failed: The build is broken$/m)
  script.build = undefined as never
  delete script.build
  assert.equal((await cli.run(`preview ${app} -b broken`)).code, 0)
  await out('preview delete broken')
})

test('Ctrl-C leaves the build going on, and says how to come back', async () => {
  const gate = Promise.withResolvers<void>()
  script.build = async ({ tell }) => {
    tell('half of it\n')
    await gate.promise
    return { kind: 'done' }
  }
  const stop = new AbortController()
  const running = cli.run(`preview ${app} -b slow`, { signal: stop.signal })
  const deadline = Date.now() + 5000
  while (!/half of it/.test((await cli.run('preview logs slow')).out) && Date.now() < deadline)
    await new Promise((resolve) => setTimeout(resolve, 20))
  stop.abort()
  const ran = await running
  assert.deepEqual([ran.code, ran.out], [130, ''])
  const [, id = ''] = /sandyard preview logs ([0-9a-f-]{36}) --follow/.exec(ran.err) ?? []
  const following = cli.run(`preview logs ${id} --follow`)
  gate.resolve()
  assert.match((await following).out, /half of it\n[\s\S]*The preview is ready\n$/)
  delete script.build
  assert.equal((await cli.json('preview info slow')).status, 'ready')
  const waiting = await cli.run(`preview ${app} -b slow --detach`)
  assert.match(waiting.out, /^Name +app\/slow\nID +.*\nStatus +queued\n$/)
  await out('preview delete slow')
})

test('a connection that breaks, and a platform that is away for a moment, change nothing for who follows', async () => {
  const gate = Promise.withResolvers<void>()
  script.build = async ({ tell }) => {
    tell('before\n')
    await gate.promise
    tell('after\n')
    return { kind: 'done' }
  }
  const sockets = new Set<Socket>()
  let isAway = false
  const { hostname, port } = new URL(cli.apiUrl)
  const between = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    if (isAway) return void socket.destroy()
    const inner = connect(Number(port), hostname)
    inner.on('error', () => socket.destroy())
    socket.on('close', () => inner.destroy())
    socket.pipe(inner).pipe(socket)
  }).listen(0, '127.0.0.1')
  await once(between, 'listening')
  try {
    const url = `http://127.0.0.1:${(between.address() as AddressInfo).port}/api`
    const running = cli.run(`preview ${app} -b far -o name`, { env: { DAYTONA_API_URL: url } })
    const deadline = Date.now() + 5000
    while (!/before/.test((await cli.run('preview logs far')).out) && Date.now() < deadline)
      await new Promise((resolve) => setTimeout(resolve, 20))
    await new Promise((resolve) => setTimeout(resolve, 100))
    isAway = true
    for (const socket of sockets) socket.destroy()
    await new Promise((resolve) => setTimeout(resolve, 300))
    gate.resolve()
    isAway = false
    const ran = await running
    assert.equal(ran.code, 0, ran.err)
    for (const line of ['before', 'after', '== start']) assert.equal(ran.err.split(`${line}\n`).length, 2, ran.err)
  } finally {
    between.close()
    for (const socket of sockets) socket.destroy()
    delete script.build
  }
  await out('preview delete far')
})

test('without a branch it is the repository’s own, which is shown when it is known', async () => {
  assert.equal((await cli.json(`preview ${app}`)).branch, made.branch)
  assert.match(await out('preview list'), new RegExp(`^app/${made.branch} `, 'm'))
  await out('preview delete --all --yes')
})

test('projects: the webhook’s URL and secret, and how to set it up', async () => {
  const github = 'https://github.com/owner/repo.git'
  const added = await cli.run(['preview', 'project', 'add', github, '--token-env', 'GIT_TOKEN'], {
    env: { GIT_TOKEN: 'token-of-mine' },
  })
  assert.equal(added.code, 0, added.err)
  assert.match(added.out, /^Webhook URL +http.*\/api\/preview-hooks\/[0-9a-f-]{36}$/m)
  assert.match(added.out, /^Webhook secret +\S{20,}$/m)
  assert.match(added.out, /^Token +kept$/m)
  assert.doesNotMatch(added.out + added.err, /token-of-mine/)
  assert.match(added.err, /Settings, Webhooks, Add webhook\. Payload URL http/)
  assert.equal((await cli.json(`preview project update ${github} --reporting both --forks`)).forks, true)
  const updated = await cli.json('preview project update repo --no-forks --no-token')
  assert.deepEqual([updated.forks, updated.reporting, updated.hasToken], [false, 'both', false])
  const secret = await out('preview project secret repo')
  assert.notEqual(secret.trim(), /^Webhook secret +(\S+)$/m.exec(added.out)?.[1])
  assert.equal((await cli.json('preview project info repo')).webhookSecret, undefined)
  await refused('preview project add https://github.com/Owner/repo', 5, /has a project already/)
  await refused('preview project update repo', 2, /say what to change/)
  await refused('preview project update repo --forks --no-forks', 2, /do not go together/)
  await refused('preview project info none', 3, /there is no project none/)
  assert.match(
    (await cli.run('preview project add https://git.example.com/me/other --host gitea')).err,
    /Pull Request Synchronized/,
  )
  assert.match(await out('preview project list'), /^NAME +REPOSITORY +HOST +WEBHOOK +AGE +ID\n/)
  assert.equal(await out('preview project delete repo other'), 'Deleted repo\nDeleted other\n')
})

test('what cannot be is refused before anything is done', async () => {
  await refused('preview', 2, /repository/i)
  await refused('preview not-a-url', 1, /repository must be a URL/)
  await refused('preview https://me:pw@git.example.com/a/b', 1, /must not hold a name or password/)
  await refused(`preview ${app} --public --private`, 2, /do not go together/)
  await refused(`preview ${app} --token-env NO_SUCH`, 2, /no such variable/)
  await refused(`preview ${app} --token-env A --token-stdin`, 2, /give one of/)
  await refused(`preview ${app} --env-file none`, 2, /cannot be read/)
  await refused(`preview ${app} --mode fast`, 2, /mode/)
  await refused('preview logs none', 3, /there is no preview none/)
  await refused('preview delete', 2, /name a preview/)
})
