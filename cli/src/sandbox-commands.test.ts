import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { stripVTControlCharacters } from 'node:util'
import { PlatformError } from '@sandyard/protocol'
import { parse as parseYaml } from 'yaml'
import { openTestLine, type TestLine } from './testing/command-line.ts'

let cli: TestLine
before(async () => {
  cli = await openTestLine()
})
after(() => cli[Symbol.asyncDispose]())

/** Runs a line that must succeed, and gives its output without spaces at the ends of lines. */
async function out(line: string | readonly string[], columns?: number): Promise<string> {
  const ran = await cli.run(line, columns === undefined ? {} : { columns })
  assert.equal(ran.code, 0, ran.err)
  return ran.out
}

async function refused(line: string | readonly string[], code: number, message: RegExp): Promise<void> {
  const ran = await cli.run(line)
  assert.equal(ran.code, code, `${line}: ${ran.err}`)
  assert.equal(ran.out, '')
  assert.match(ran.err, message)
}

test('nothing is there: the listing says what to do next, and programs get an empty array', async () => {
  const { code, out: text, err } = await cli.run('list')
  assert.deepEqual([code, text], [0, ''])
  assert.match(err, /sandyard create makes one/)
  assert.deepEqual(await cli.json('list'), [])
})

test('a sandbox is made as all options say', async () => {
  writeFileSync(join(cli.folder, '.env'), '# ours\nexport A=file\nB="two\\nlines"\nC=\'$raw\' \n')
  await cli.json('volume create data')
  await cli.json('snapshot create tools -i debian:12')
  const box = await cli.json(
    `create box --snapshot tools --env-file .env -e A=flag -l team=web -v data:/data -v data:/sub:in/it --public
     --cpu 1 --memory 2 --disk 1 --auto-stop 30 --auto-archive 60 --auto-delete 120 --auto-pause 0 --auto-wake
     --network-allow-list 192.0.2.0/24 --domain-allow-list example.com --network-deny-list 192.0.2.9/32
     --domain-deny-list bad.example.com --language typescript --user daytona --target us --ttl 500`.split(/\s+/),
  )
  assert.equal(box.state, 'started')
  assert.deepEqual(box.env, { A: 'flag', B: 'two\nlines', C: '$raw' })
  assert.deepEqual(box.labels, { team: 'web', 'code-toolbox-language': 'typescript' })
  assert.deepEqual(
    box.volumes.map(({ mountPath, subpath }: { mountPath: string; subpath?: string }) => [mountPath, subpath]),
    [
      ['/data', undefined],
      ['/sub', 'in/it'],
    ],
  )
  assert.deepEqual([box.snapshot, box.public, box.cpu, box.memory, box.disk], ['tools', true, 1, 2, 1])
  assert.deepEqual([box.autoStopInterval, box.autoArchiveInterval, box.autoDeleteInterval], [30, 60, 120])
  assert.deepEqual([box.autoWake, typeof box.autoDestroyAt], [true, 'string'])
  assert.deepEqual(
    [box.networkAllowList, box.domainAllowList, box.networkDenyList, box.domainDenyList],
    ['192.0.2.0/24', 'example.com', '192.0.2.9/32', 'bad.example.com'],
  )
  assert.ok(!('toolbox' in box) && !('fs' in box), 'only what the platform says of it')
})

test('tables fit the terminal, other forms are whole', async () => {
  const wide = await out('list')
  assert.match(
    wide,
    /^NAME +STATE +SNAPSHOT +SIZE +AGE +ID\nbox +started +tools +1 core, 2 GiB, 1 GiB disk +3 h +[0-9a-f-]{36}\n$/,
  )
  const narrow = stripVTControlCharacters(await out('list', 50)) // titles are bold
  for (const line of narrow.split('\n')) assert.ok(line.length <= 50, line)
  assert.match(narrow, /…/)
  assert.equal(await out('list -o name'), 'box\n')
  assert.equal(parseYaml(await out('info box --format yaml')).name, 'box')
  assert.equal(JSON.parse(await out('info box -f json')).name, 'box')
  assert.match(await out('info box'), /^Stops +30 min without activity$/m)
})

test('a build goes along with what it copies, and its log is told', async () => {
  writeFileSync(join(cli.folder, 'Dockerfile'), 'FROM debian:12\nRUN true\n')
  const { code, out: text, err } = await cli.run('create built -f Dockerfile -o json')
  assert.equal(code, 0, err)
  assert.match(err, /building FROM debian:12/)
  assert.equal(JSON.parse(text).buildInfo.dockerfileContent, 'FROM debian:12\nRUN true\n')
  writeFileSync(join(cli.folder, 'Dockerfile'), 'FROM debian:12\nCOPY nothing /\n')
  await refused('create other -f Dockerfile', 2, /copies nothing, which is not in/)
  await out('delete built')
})

test('what does not fit together is refused before anything is made', async () => {
  await refused('create a --snapshot tools --image debian', 2, /do not go together/)
  await refused('create a -c .', 2, /--context goes with --dockerfile/)
  await refused('create a --name b', 2, /one name/)
  await refused('create a -v data', 2, /--volume is written ID:PATH/)
  await refused('create a --env-file none.env', 2, /none.env cannot be read/)
  await refused('create a -f none', 2, /no Dockerfile none/)
  await refused('create a --snapshot none', 1, /none/)
  await refused('create box', 5, /already exists/)
  writeFileSync(join(cli.folder, 'bad.env'), 'A=1\nwhat is this\n')
  await refused('create a --env-file bad.env', 2, /bad.env:2 is not NAME=VALUE/)
  assert.deepEqual((await cli.json('list')).length, 1)
})

test('a sandbox goes through its life, several at once', async () => {
  cli.server.clock.nowMs += 1000 // so that one is newer
  await out('create other')
  assert.equal(await out('stop box other'), 'Stopped box\nStopped other\n')
  assert.deepEqual(
    (await cli.json('start box other')).map(({ name, state }: { name: string; state: string }) => [name, state]),
    [
      ['box', 'started'],
      ['other', 'started'],
    ],
  )
  assert.equal(await out('pause box'), 'Paused box\n')
  assert.equal(await out('resume box'), 'Resumed box\n')
  // both were used last at the same time, so that either may be the first
  assert.deepEqual((await out('stop --all --force')).trim().split('\n').sort(), ['Stopped box', 'Stopped other'])
  assert.match(await out('archive other'), /Sent to the archive other|archive/)
  assert.equal(await out('start other'), 'Started other\n')
  await refused('recover box', 1, /not recoverable|recover/)
})

test('what fails is named, the rest is done, and a single failure has its own code', async () => {
  const { code, out: text, err } = await cli.run('start box none')
  assert.deepEqual([code, text], [1, 'Started box\n'])
  assert.match(err, /^sandyard: none: Sandbox with ID or name none not found$/m)
  await refused('stop none', 3, /none not found/)
  await refused('stop', 2, /name a sandbox, or give --all/)
  await refused('stop box --all', 2, /not both/)
})

test('fork, resize and update', async () => {
  assert.equal((await cli.json('fork box twig')).name, 'twig')
  assert.equal((await cli.json('resize twig --cpu 2')).cpu, 2)
  await refused('resize twig', 2, /give --cpu/)
  await refused('resize twig --cpu 1', 1, /only while|stopped/)
  const changed = await cli.json('update twig --auto-stop 5 --auto-delete -1 --private --auto-wake idle')
  assert.deepEqual([changed.autoStopInterval, changed.autoDeleteInterval, changed.public], [5, -1, false])
  await refused('update twig', 2, /say what to change/)
  await refused('update twig --public --private', 2, /do not go together/)
  await refused('fork none', 3, /none not found/)
})

test('labels, variables and secrets', async () => {
  assert.match(await out('label twig a=1 b=2 team-'), /^NAME +VALUE\n/)
  assert.deepEqual(await cli.json('label twig b-'), { 'code-toolbox-language': 'typescript', a: '1' })
  assert.equal(await out('label twig'), 'NAME  VALUE\na     1\n')
  assert.match(await out('info twig'), /^Labels +a=1\nLanguage +typescript$/m)
  assert.equal(await out('label twig -o name'), 'code-toolbox-language=typescript\na=1\n')
  await refused('label twig what', 2, /what is neither NAME=VALUE nor NAME-/)
  assert.deepEqual(await cli.json('env box'), { A: 'flag', B: 'two\nlines', C: '$raw' })
  assert.match(await out('env box'), /two\?lines/)
  await refused('env none', 3, /none not found/)
  await refused('secret use twig KEY=none', 1, /no secret of the name that is given for KEY/)
  assert.deepEqual(await cli.json('secret use twig'), {})
})

test('where a sandbox may connect to', async () => {
  assert.equal((await cli.json('network get box')).domainAllowList, 'example.com')
  const set = await cli.json('network set twig --domain-deny-list bad.example.com --network-block-all')
  assert.deepEqual([set.networkBlockAll, set.domainDenyList], [true, 'bad.example.com'])
  assert.equal((await cli.json('network set twig --open')).networkBlockAll, false)
  await refused('network set twig', 2, /say what to change/)
  await refused('network set twig --open --network-block-all', 2, /do not go together/)
  await refused('network set twig --network-allow-list nonsense', 1, /nonsense/)
  assert.deepEqual(await cli.json('network refused box'), [])
})

test('URLs of previews', async () => {
  assert.match(await out('preview-url box 3000'), /^http:\/\/3000-[a-z0-9]+\.localhost:\d+\n$/)
  assert.match(await out('preview-url twig -p 80 --public'), /^http:\/\/80-[0-9a-f-]{36}\.localhost:\d+\n$/)
  assert.equal((await cli.json('info twig')).public, true)
  await refused('preview-url box', 2, /name a port/)
  await refused('preview-url box 99999', 2, /99999 is no port/)
  await refused('preview-url box 1 -p 1', 2, /give the port once/)
  await refused('preview-url none 1', 3, /none not found/)
})

test('listings are filtered, sorted and cut', async () => {
  assert.equal(await out('list -o name --label a=1'), 'twig\n')
  assert.equal(await out('list -o name --state started --name tw'), 'twig\n')
  assert.equal(await out('list -o name -s archived'), '')
  assert.equal(await out('list -o name --sort name --ascending'), 'box\nother\ntwig\n')
  const cut = await cli.run('list -o name --sort name --limit 1')
  assert.deepEqual([cut.out, cut.err], ['twig\n', 'Only the first 1 are shown; --all shows the rest.\n'])
  assert.equal((await cli.json('list --all')).length, 3)
  assert.equal(await out('list -o name --snapshot none'), '')
  await refused('list --state sleeping', 1, /must be one of .* started/)
  await refused('list --sort size', 2, /--sort is one of createdAt, name/)
})

test('deletion of all asks, and a script says --yes', async () => {
  await refused('delete --all', 2, /There is nobody to ask\n {2}give --yes/)
  assert.deepEqual((await out('delete --all --yes --wait')).split('\n').sort(), [
    '',
    'Deleted box',
    'Deleted other',
    'Deleted twig',
  ])
  const { code, err } = await cli.run('rm --all --yes')
  assert.equal(code, 0)
  assert.match(err, /There are no sandboxes to delete/)
  await refused('delete none', 3, /none not found/)
})

test('Ctrl-C while a sandbox is made takes it back', async () => {
  const stop = new AbortController()
  cli.server.engine.knobs.buildDelayMs = 10_000
  const running = cli.run('create slow --image debian:13 -q', { signal: stop.signal })
  const deadline = Date.now() + 5000
  while ((await cli.json('list')).length === 0 && Date.now() < deadline)
    await new Promise((resolve) => setTimeout(resolve, 20))
  stop.abort()
  const { code, out: text } = await running
  cli.server.engine.knobs.buildDelayMs = 0
  assert.deepEqual([code, text], [130, ''])
  assert.deepEqual(await cli.json('list'), [])
})

test('of a sandbox that cannot be made, people read why', async () => {
  const { knobs } = cli.server.engine
  const reason = 'Cannot pull nosuch:1: there is no such image'
  knobs.failures = { makeSnapshot: new PlatformError('BAD_REQUEST', `Dockerfile line 1: nosuch:1: ${reason}`) }
  try {
    const { code, err } = await cli.run('create broken --image nosuch:1')
    assert.equal(code, 1, err)
    assert.ok(err.endsWith(`sandyard: ${reason}\n`), err)
    assert.doesNotMatch(err, /^broken: .*Cannot pull/m)
    assert.equal((await cli.json('info broken')).state, 'build_failed')
    await refused('run nosuch:1 -- ls', 1, /\nsandyard: Cannot pull nosuch:1: there is no such image\n$/)
    // somebody who forgot what it runs in
    await refused('run uname', 2, /needs a COMMAND/)
    await refused('run uname now', 1, /uname was taken for an image; .*: sandyard run -- COMMAND\n$/)
  } finally {
    knobs.failures = {}
    await cli.run('delete broken --yes')
  }
})
