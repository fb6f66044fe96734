import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { openReceiver } from '../../server/src/testing/receiver.ts'
import { openTestLine, type TestLine } from './testing/command-line.ts'

let cli: TestLine
before(async () => {
  cli = await openTestLine()
})
after(() => cli[Symbol.asyncDispose]())

async function out(line: string): Promise<string> {
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

test('snapshots', async () => {
  const made = await cli.run('snapshot create tools -i debian:12 --cpu 2 --memory 2 --disk 4')
  assert.equal(made.code, 0, made.err)
  assert.match(made.err, /^Making snapshot tools\n[\s\S]*pulling docker.io\/library\/debian:12/)
  assert.match(made.out, /^Sandboxes get +2 cores, 2 GiB, 4 GiB disk$/m)
  assert.match(
    await out('snapshot list'),
    /^NAME +STATE +IMAGE +SIZE +USED +AGE\ntools +active +debian:12 .*never +3 h\n/,
  )
  assert.equal(await out('snapshots ls -o name --name oo'), 'tools\n')
  assert.equal((await cli.json('snapshot info tools')).imageName, 'debian:12')
  assert.equal(await out('snapshot deactivate tools'), 'Deactivated tools\n')
  assert.equal((await cli.json('snapshot activate tools')).state, 'active')
  await out('create box')
  cli.server.clock.nowMs += 1000
  assert.equal((await cli.json('snapshot create saved --sandbox box')).name, 'saved')
  const page = await cli.run('snapshot list -l 1 -o name')
  assert.deepEqual([page.out, page.err], ['saved\n', 'Page 1 of 3; --page 2 shows the next, --all the rest.\n'])
  assert.equal(await out('snapshot list -l 1 --all -o name'), 'saved\ntools\ndefault\n')
  await refused('snapshot create tools -i debian:12', 5, /already exists/)
  await refused('snapshot create new', 2, /give one of --image, --dockerfile and --sandbox/)
  await refused('snapshot create new --sandbox box --cpu 2', 2, /goes with --timeout alone/)
  await refused('snapshot push local -n name', 1, /no registry to push to/)
  await refused('snapshot info none', 3, /none/)
  assert.deepEqual((await out('snapshot delete --all --yes')).split('\n').sort(), [
    '',
    'Deleted saved',
    'Deleted tools',
  ])
})

test('a snapshot that cannot be built says why, and Ctrl-C takes back what is half made', async () => {
  cli.server.engine.knobs.failures.makeSnapshot = new Error('no such image')
  await refused('snapshot create broken -i debian:12', 1, /Snapshot broken could not be made/)
  cli.server.engine.knobs.failures = {}
  cli.server.faults.length = 0
  await out('snapshot delete broken')
  const stop = new AbortController()
  cli.server.engine.knobs.buildDelayMs = 10_000
  const running = cli.run('snapshot create slow -i debian:12 -q', { signal: stop.signal })
  const deadline = Date.now() + 5000
  while (!(await out('snapshot list -o name')).includes('slow') && Date.now() < deadline)
    await new Promise((resolve) => setTimeout(resolve, 20))
  stop.abort()
  assert.equal((await running).code, 130)
  cli.server.engine.knobs.buildDelayMs = 0
  const states = await cli.json('snapshot list')
  assert.deepEqual(
    states.filter(({ name, state }: { name: string; state: string }) => name === 'slow' && state !== 'removing'),
    [],
  )
})

test('volumes', async () => {
  assert.deepEqual(await cli.json('volume list'), [])
  const { id } = await cli.json('volume create data -s 10')
  assert.match(await out('volume list'), /^NAME +STATE +USED +AGE +ID\ndata +ready +never +3 h +/)
  assert.equal((await cli.json(`volume get ${id}`)).name, 'data')
  assert.equal(await out('volume get data -o name'), 'data\n')
  await refused('volume get dat', 3, /there is no volume dat; did you mean data\?/)
  await refused('volume create data', 1, /already exists/)
  await refused('volume delete none', 3, /no volume none/)
  await refused('volume delete', 2, /name a volume/)
  await refused('volume delete --all', 2, /give --yes/)
  assert.equal(await out('volume delete data'), 'Deleted data\n')
})

test('warm pools', async () => {
  await out('snapshot create pooled -i debian:12')
  await refused('warm-pool create pooled', 2, /say how many/)
  assert.equal((await cli.json('warm-pool create pooled --size 1')).pool, 1)
  assert.equal((await cli.json('warm-pool update pooled --size 2')).pool, 2)
  assert.match(await out('warm-pool list'), /^SNAPSHOT +READY +WANTED +ERROR +AGE +ID\npooled +\d +2 +- +3 h +/)
  await refused('warm-pool update none --size 1', 3, /there is no warm pool none/)
  await refused('warm-pool create none --size 1', 1, /none/)
  assert.equal(await out('warm-pool delete pooled'), 'Deleted pooled\n')
})

test('keys', async () => {
  const made = await cli.run('key create ci -p write:volumes --days 3')
  assert.equal(made.code, 0)
  assert.match(made.out, /^dtn_[0-9a-f]{64}\n$/)
  assert.match(made.err, /the only time/)
  const asCi = { env: { DAYTONA_API_KEY: made.out.trim() } }
  assert.match((await cli.run('key info', asCi)).out, /^May +write:volumes$/m)
  assert.equal((await cli.run('create box9', asCi)).code, 4)
  const list = await out('key list')
  assert.match(list, /^admin .*never +never .* and \d+ more$/m)
  assert.ok(!list.includes(made.out.trim()))
  assert.equal((await cli.json('key info ci')).name, 'ci')
  await refused('key info none', 3, /none/)
  await refused('key create ci', 5, /exists/)
  await refused('key create bad -p no:such', 1, /no:such|permissions/)
  await refused('key delete none', 3, /there is no key none/)
  // the key in use is not taken from under us
  assert.equal(await out('key delete --all --yes'), 'Deleted ci\n')
  assert.equal((await cli.run('key info', asCi)).code, 4)
})

test('organizations, members and what is in use', async () => {
  assert.match(await out('org list'), /^NAME +STATE +PERSONAL +AGE +ID\nPersonal +open +yes +3 h +/)
  assert.match(await out('organization members'), /^sandyard-admin .* owner /m)
  assert.match(await out('organization usage'), /^WHAT +IN USE +AT MOST\ncores +\d+ +no limit\n/)
  assert.equal((await cli.json('organization usage')).totalVolumeQuota, 100)
  assert.equal((await cli.json('organization info')).name, 'Personal')
  assert.equal((await cli.json('organization create two')).name, 'two')
  await refused('organization use two', 3, /there is no organization two\n {2}a key is for one organization/)
  await refused('organization use Personal', 3, /no profile default that could keep it/)
  await refused('organization delete Personal', 4, /personal/)
  const { id } = await cli.json('organization info')
  assert.equal((await cli.run(`list --organization ${id}`)).code, 0)
  assert.equal((await cli.run('list --organization Personal')).code, 0)
  // never in another one than was asked for
  await refused(
    'delete --all --yes --organization two',
    3,
    /there is no organization of yours two\n {2}a key is for one/,
  )
})

test('who one is, and where', async () => {
  const who = await cli.json('whoami')
  assert.deepEqual(
    [who.apiUrl, who.user.role, who.organization.name, who.key.name],
    [cli.apiUrl, 'admin', 'Personal', 'admin'],
  )
  assert.match(await out('whoami'), /^Platform +http:.*\nUser +sandyard-admin\n/)
  const { value } = await cli.json('key create narrow -p write:sandboxes')
  const narrow = await cli.run('whoami', { env: { DAYTONA_API_KEY: value } })
  assert.match(narrow.out, /^Key +narrow\nKey may +write:sandboxes$/m)
  assert.equal((await cli.json('version')).platform, '9.9.9')
  const alone = await cli.run('version -o json', { env: { DAYTONA_API_URL: 'http://127.0.0.1:9/api' } })
  assert.deepEqual([alone.code, JSON.parse(alone.out).platform], [0, null])
  assert.equal((await cli.json('docs')).openapi, `${cli.apiUrl}-json`)
  assert.match(await out('region list'), /^us +here +shared/m)
  assert.equal((await cli.run('whoami', { env: { DAYTONA_API_KEY: 'dtn_wrong' } })).code, 4)
})

test('what was done', async () => {
  const text = await out('audit list -l 3 --target volume')
  assert.match(
    text,
    /^TIME +WHO +ACTION +WHAT +RESULT +FROM\n\d{4}-\d\d-\d\d \d\d:\d\d +sandyard-admin +delete +volume/,
  )
  const entries = await cli.json('audit list --target volume --action create')
  assert.equal(entries[0].action, 'create')
  assert.deepEqual(await cli.json('audit list --from 2099-01-01'), [])
  await refused('audit list --from yesterday', 2, /--from is a time/)
})

test('domains', async () => {
  const { id } = await cli.json('info box')
  const added = await cli.run('domain add box app.example.com -p 3000')
  assert.equal(added.code, 0, added.err)
  assert.match(added.out, /^TXT record +_sandyard\.app\.example\.com sandyard-/m)
  assert.match(added.err, /Set both records in DNS/)
  assert.match(await out('domain list'), new RegExp(`app.example.com +pending.* +3000 +${id}`))
  assert.equal((await cli.json('domain list box'))[0].domain, 'app.example.com')
  assert.equal((await cli.json('domain info APP.example.com.')).port, 3000)
  const checked = await cli.run('domain check app.example.com')
  assert.deepEqual([checked.code, /pending: /.test(checked.out)], [1, true])
  await refused('domain add box app.example.com', 2, /say which port/)
  await refused('domain info none.example.com', 3, /there is no domain none.example.com/)
  assert.equal(await out('domain remove app.example.com'), 'Deleted app.example.com\n')
})

test('webhooks', async () => {
  await using receiver = await openReceiver()
  const made = await cli.json(`webhook create ${receiver.url} -e sandbox.created`)
  assert.match(made.secret, /^whsec_/)
  assert.match(await out('webhook list'), /^URL +STATE +EVENTS +AGE +ID\nhttp.* on +sandbox.created +3 h/)
  assert.equal((await cli.json(`webhook update ${receiver.url} --disable`)).enabled, false)
  assert.equal((await cli.json(`webhook update ${made.id} --enable`)).enabled, true)
  assert.match(await out(`webhook rotate-secret ${made.id}`), /^whsec_/)
  await cli.json(`webhook deliveries ${made.id}`)
  await refused(`webhook update ${made.id}`, 2, /say what to change/)
  await refused(`webhook replay ${made.id}`, 2, /give a delivery, or --since/)
  assert.deepEqual(await cli.json(`webhook replay ${made.id} --since 2020-01-01`), { count: 0 })
  await refused('webhook test none', 3, /there is no webhook none/)
  await refused('webhook create nonsense', 1, /url/i)
  assert.equal(await out(`webhook delete ${made.id}`), `Deleted ${receiver.url}\n`)
})

test('profiles', async () => {
  const env = { SANDYARD_CONFIG_DIR: join(cli.folder, 'profiles') }
  const run = (line: string) => cli.run(line, { env })
  assert.match((await run('profile list')).err, /sandyard login makes one/)
  for (const name of ['work', 'home'])
    assert.equal(
      (await run(`login --profile ${name} --api-url ${cli.apiUrl} --api-key ${cli.env.DAYTONA_API_KEY}`)).code,
      0,
    )
  assert.match((await run('profile list')).out, /^\* +home +http:/m)
  assert.ok(!(await run('profile list -o json')).out.includes(cli.env.DAYTONA_API_KEY ?? ''))
  assert.equal((await run('profile use work')).out, 'Using work\n')
  assert.equal((await run('org use Personal --profile work')).code, 0)
  const kept = JSON.parse(readFileSync(join(env.SANDYARD_CONFIG_DIR, 'config.json'), 'utf8'))
  assert.match(kept.profiles.work.organization, /^[0-9a-f-]{36}$/)
  assert.equal((await run('list --profile work -o json')).out, (await cli.run('list -o json')).out)
  assert.equal((await run('profile remove work')).out, 'Forgot work; profile home is the active one\n')
  assert.equal((await run('logout')).out, 'Forgot home\n')
  assert.equal((await run('logout')).code, 3)
  assert.equal((await run('profile use work')).code, 3)
  assert.equal((await run('profile remove work')).code, 3)
})

test('nobody answers, or the wrong one does', async () => {
  const away = await cli.run('list', { env: { DAYTONA_API_URL: 'http://127.0.0.1:9/api' } })
  assert.deepEqual([away.code, away.out], [6, ''])
  assert.match(away.err, /sandyard up/)
  const noKey = await cli.run('list', { env: { DAYTONA_API_KEY: undefined as unknown as string } })
  assert.equal(noKey.code, 4)
  assert.match(noKey.err, /sandyard login/)
})

test('help has its words', async () => {
  assert.match(await out('help'), /^ {2}snapshot +create, list, /m)
  assert.equal(await out('help create'), await out('create --help'))
  assert.match(await out('snapshot'), /usage: sandyard snapshot COMMAND/)
  assert.equal(await out('sandbox list -o name'), await out('list -o name'))
  assert.equal((await cli.json('--version')).commandLine, '0.1.0')
  await refused('help lits', 2, /did you mean list\?/)
})
