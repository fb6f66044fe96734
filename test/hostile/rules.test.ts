import assert from 'node:assert/strict'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { layGround } from '../fixtures/ground.ts'
import { type Inside, openGround } from './ground.ts'
import { openWorld } from './world.ts'

const ports = [5000, 5001, 443, 853, 123, 53]
/** What the sandbox without rules sends to, beside those that have some: the ends of its connections may come late. */
const freePort = 5001

/**
 * The world is a machine that is forbidden, one that is allowed, and one that knows names. A sandbox of each kind of rule
 * tries to reach the forbidden one, which notes each packet that comes; one without rules shows that there is a way.
 */
const { ground, forbidden, allowed, free, ruled, leader } = await layGround(async (stack) => {
  const folder = mkdtempSync(join(tmpdir(), 'sandyard-rules-'))
  stack.defer(() => rmSync(folder, { recursive: true, force: true }))
  chmodSync(folder, 0o755)
  const one = await openWorld(stack, folder, ports)
  const two = await openWorld(stack, folder, ports)
  const names = await openWorld(stack, folder, [5000])
  const long = `${'a'.repeat(60)}.${'a'.repeat(60)}`
  await names.knows({
    'ok.test': { A: [two.address] },
    'out.test': { A: [one.address] },
    [`${long}.1.out.test`]: { A: [one.address] },
    [`${long}.16.out.test`]: { TXT: 'what comes back' },
  })
  const opened = await openGround(['--dns-servers', names.address])
  stack.defer(() => opened.close())
  const user = { user: 'root' }
  const head = await opened.create(user)
  const [blocked, listed, empty, named, denied, linked] = await Promise.all(
    [
      { networkBlockAll: true },
      { networkAllowList: `${two.address}/32` },
      { networkAllowList: '' },
      { domainAllowList: 'ok.test' },
      { networkDenyList: `${one.address}/32`, domainDenyList: 'out.test,*.out.test' },
      { networkAllowList: `${two.address}/32`, linkedSandbox: head.id, autoDeleteInterval: 0 },
    ].map((rules) => opened.create({ ...user, ...rules })),
  )
  assert.ok(blocked && listed && empty && named && denied && linked)
  const inside = await opened.create(user)
  return {
    ground: opened,
    forbidden: one,
    allowed: two,
    free: inside,
    leader: head,
    ruled: { blocked, listed, empty, named, denied, linked },
  }
})

/** What `escape.py` comes to: the ways that led somewhere. */
async function tryAll(inside: Inside, neighbour: Inside): Promise<{ ways: string[]; count: number }> {
  const to = {
    forbidden: forbidden.address,
    allowed: allowed.address,
    gateway: await gatewayOf(inside),
    neighbour: (await neighbour.run('hostname -I')).text.trim(),
    platform: Number(new URL(ground.platform.url).port),
  }
  const { text } = await inside.run(`python3 /tmp/escape.py '${JSON.stringify(to)}'`, 60)
  const outcomes = Object.entries(JSON.parse(text) as Record<string, string>)
  return {
    ways: outcomes.filter(([, outcome]) => /^(open|answered|sent)/.test(outcome)).map(([way]) => way),
    count: outcomes.length,
  }
}

async function gatewayOf(inside: Inside): Promise<string> {
  return (await inside.run("sed -n 's/nameserver //p' /etc/resolv.conf")).text.trim()
}

/** Something listens in every sandbox, for neighbours to find. */
const listen = (inside: Inside) =>
  inside.run('setsid python3 -m http.server 5000 --directory /opt >/dev/null 2>&1 < /dev/null &')

/** Whether the sandbox reaches the machine that it may. */
async function reaches(inside: Inside, host: string): Promise<boolean> {
  const { text } = await inside.run(`timeout 3 bash -c 'head -c 5 < /dev/tcp/${host}/5000'`)
  return text === 'hello'
}

test('without rules nearly all ways lead there', async () => {
  await listen(leader)
  const before = await forbidden.mark()
  const { ways } = await tryAll(free, leader)
  const leads = ['tcp 5000', 'tcp 443', 'tcp 853', 'tcp 53', 'udp 443', 'udp 123', 'udp 53', 'another resolver']
  const alsoLeads = ['in pieces', 'ping', 'mapped', 'name', 'tunnel 1', 'tunnel 16']
  for (const way of [...leads, ...alsoLeads]) assert.ok(ways.includes(way), `${way}: ${ways}`)
  for (const way of [
    'raw',
    'raw udp',
    'frames',
    'ipv6',
    'neighbour',
    'neighbour udp',
    'gateway 22',
    'as a neighbour',
  ]) {
    assert.ok(!ways.includes(way), way)
  }
  const came = Object.keys(await forbidden.came(before)).join('\n')
  for (const protocol of ['tcp', 'udp', 'icmp']) assert.match(came, new RegExp(`^${protocol} `, 'm'))
})

for (const isAgain of [false, true]) {
  test(`with rules no way leads there${isAgain ? ', nor after a stop and a start' : ''}`, async () => {
    const before = await forbidden.mark()
    const tried = Object.entries(ruled)
      // A linked one goes with its stop.
      .filter(([kind]) => !isAgain || kind !== 'linked')
      .map(async ([kind, inside]) => {
        if (isAgain) await inside.order('stop')
        if (isAgain) await inside.order('start')
        const { ways, count } = await tryAll(inside, kind === 'linked' ? free : leader)
        assert.deepEqual(ways, [], kind)
        assert.ok(count > 35, `${count} ways`)
        const mayReach = ['listed', 'denied', 'linked'].includes(kind)
        assert.equal(await reaches(inside, allowed.address), mayReach, kind)
        if (kind === 'named') assert.equal(await reaches(inside, 'ok.test'), true)
        if (kind === 'linked') assert.equal((await reachesLeader(inside)).exitCode, 0, 'but its leader it reaches')
      })
    await Promise.all(tried)
    assert.deepEqual(await forbidden.came(before), {})
  })
}

async function reachesLeader(inside: Inside) {
  return inside.run(`curl -s -m 3 -o /dev/null http://${leader.id}:5000/`)
}

test('a connection that was open ends with the rule, by TCP and by UDP, and opens again without it', async () => {
  const settings = (body: object) => ground.platform.call('POST', `/sandbox/${free.id}/network-settings`, body)
  const heard = async () => (await free.run('cat /tmp/heard')).text.split(' ').map(Number)
  for (const rules of [
    { networkBlockAll: true },
    { networkAllowList: `${allowed.address}/32` },
    { domainAllowList: 'ok.test' },
    { networkDenyList: `${forbidden.address}/30` },
  ]) {
    await free.run(
      `setsid python3 /tmp/pulse.py ${forbidden.address} ${freePort} /tmp/heard >/dev/null 2>&1 < /dev/null &`,
    )
    await until(async () => (await heard()).every((count) => count > 5))
    assert.equal((await settings(rules)).status, 200)
    const before = await forbidden.mark() // a moment later, when all is read that had come
    const had = await heard()
    await delay(300)
    assert.deepEqual(await forbidden.came(before), {}, JSON.stringify(rules))
    assert.deepEqual(await heard(), had)
    await free.run('pkill -f pulse.py; rm /tmp/heard')
    assert.equal((await settings({ networkBlockAll: false, networkDenyList: '' })).status, 200)
    assert.equal(await reaches(free, forbidden.address), true)
  }
})

test('rules that change fifty times leave no gap, whoever hammers meanwhile', async () => {
  const { blocked: inside } = ruled
  await hammer(inside, 5000)
  const rules = [
    { networkBlockAll: true },
    { networkBlockAll: false, networkAllowList: `${allowed.address}/32` },
    { domainAllowList: 'ok.test' },
    { networkAllowList: '' },
    { networkAllowList: '192.0.2.0/24,192.0.3.0/24' },
    { networkBlockAll: false, networkDenyList: `${forbidden.address}/32` },
  ]
  const before = await forbidden.mark()
  for (let count = 0; count < 50; count++) {
    const body = rules[count % rules.length]
    assert.equal((await ground.platform.call('POST', `/sandbox/${inside.id}/network-settings`, body)).status, 200)
  }
  assert.deepEqual(split(await forbidden.came(before)).others, [])
  await ground.platform.call('POST', `/sandbox/${inside.id}/network-settings`, {
    networkBlockAll: false,
    networkDenyList: '',
  })
  await until(async () => split(await forbidden.came(before)).others.length > 0) // it was at it all the time
  await ground.platform.call('POST', `/sandbox/${inside.id}/network-settings`, { networkBlockAll: true })
  await inside.run('pkill -f hammer.py')
})

test('rules hold while the platform is killed and starts again', async () => {
  const all = Object.values(ruled)
  await Promise.all([...all.map((inside) => hammer(inside, 5000)), hammer(free, freePort)])
  const before = await forbidden.mark()
  for (const signal of ['SIGKILL', 'SIGTERM'] as const) {
    await ground.platform.end(signal)
    await ground.platform.start()
  }
  const came = await forbidden.came(before)
  const { own, others } = split(came)
  assert.deepEqual(others, [])
  assert.ok(sum(Object.fromEntries(own)) > 200, `who may, went on: ${JSON.stringify(own)}`)
  for (const inside of [...all, free]) assert.equal((await inside.run('pkill -f hammer.py')).exitCode, 0, 'it went on')
})

/** Leaves a program that never stops trying to reach a port of the forbidden machine. */
async function hammer(inside: Inside, port: number): Promise<void> {
  await inside.run(`setsid python3 /tmp/hammer.py ${forbidden.address} ${port} >/dev/null 2>&1 < /dev/null &`)
}

/** What the sandbox without rules has sent, and what others have. */
function split(came: Readonly<Record<string, number>>) {
  const isOwn = (line: string): boolean => line.endsWith(` ${freePort}`)
  const lines = Object.entries(came)
  return { own: lines.filter(([line]) => isOwn(line)), others: lines.filter(([line]) => !isOwn(line)) }
}

function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((all, count) => all + count, 0)
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  for (const endMs = Date.now() + 10_000; !(await isSo()); )
    assert.ok(Date.now() < endMs, 'it did not come to that in time')
}
