import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { afterEach, describe, it } from 'node:test'
import { endStrays, identify, isAlive, platformMark, signal, thisPlatform, waitForEnd } from './processes.ts'

describe('processes', () => {
  const children: ChildProcess[] = []

  afterEach(() => {
    for (const child of children.splice(0)) child.kill('SIGKILL')
  })

  function start(command: string, env: Record<string, string> = {}): ChildProcess {
    const child = spawn('sh', ['-c', command], { stdio: ['pipe', 'pipe', 'ignore'], env: { PATH: '/bin', ...env } })
    children.push(child)
    return child
  }

  it('are known by pid and start time', async () => {
    const own = identify(process.pid)
    assert.ok(own)
    assert.equal(isAlive(own), true)
    assert.equal(`${own.pid}:${own.startTime}`, thisPlatform())
    assert.equal(isAlive({ ...own, startTime: String(Number(own.startTime) + 1) }), false, 'a later one with its pid')
    assert.equal(identify(2 ** 22 + 1), null)
  })

  it('that are zombies do not live', async () => {
    // The shell's child ends while the shell, which never waits for it, goes on.
    const child = start('sleep 0.5 & echo $!; exec sleep 60')
    const [line] = (await once(child.stdout as NodeJS.ReadableStream, 'data')) as [Buffer]
    const identity = identify(Number(line.toString()))
    assert.ok(identity)
    assert.equal(await waitForEnd(identity, 5000), true)
    assert.equal(isAlive(identity), false)
    assert.equal(identify(identity.pid), null)
  })

  it('get signals, but never in place of another', async () => {
    const child = start('exec sleep 60')
    const identity = identify(child.pid ?? 0)
    assert.ok(identity)
    assert.equal(signal({ ...identity, startTime: '1' }, 'SIGKILL'), false)
    assert.equal(await waitForEnd(identity, 30), false)
    assert.equal(signal(identity, 'SIGTERM'), true)
    assert.equal(await waitForEnd(identity, 5000), true)
    assert.equal(signal(identity, 'SIGTERM'), false)
  })

  it('are read right when their name is made to deceive', async () => {
    const child = start("read line; printf ') Z 1 (2' > /proc/self/comm; echo renamed; read line")
    const before = identify(child.pid ?? 0)
    child.stdin?.write('\n')
    await once(child.stdout as NodeJS.ReadableStream, 'data')
    assert.match(readFileSync(`/proc/${child.pid}/stat`, 'utf8'), /\(\) Z 1 \(2\)/)
    assert.deepEqual(identify(child.pid ?? 0), before)
  })

  it('of a dead platform are ended, those of living ones and of nobody are not', async () => {
    const dead = start('exec sleep 60')
    const deadMark = `${dead.pid}:${identify(dead.pid ?? 0)?.startTime}`
    dead.kill('SIGKILL')
    await once(dead, 'exit')
    const stray = start('exec sleep 60', { [platformMark]: deadMark })
    const broken = start('exec sleep 60', { [platformMark]: 'nonsense' })
    const mine = start('exec sleep 60', { [platformMark]: thisPlatform() })
    const nobodys = start('exec sleep 60', { OTHER: `${platformMark}=${deadMark}` })
    const ended = Promise.all([stray, broken].map((child) => once(child, 'exit')))
    await endStrays()
    assert.deepEqual(
      (await ended).map(([, name]) => name),
      ['SIGKILL', 'SIGKILL'],
    )
    for (const child of [mine, nobodys]) assert.notEqual(identify(child.pid ?? 0), null)
  })
})
