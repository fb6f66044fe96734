import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { FrameReader, inward, limits, type TerminalSize } from '@sandyard/protocol'
import type { ClientChannel } from 'ssh2'
import { startSshGround, switching } from '../testing/ssh-ground.ts'

test('sizes and signals for a program that does not read are not piled up; the last size counts', async (t) => {
  const ground = await startSshGround(t)
  const told = { sizes: 0, signals: 0, last: null as TerminalSize | null }
  let isRead = () => {}
  ground.agent = (socket) => {
    socket.write(switching)
    socket.pause()
    const reader = new FrameReader((kind, body) => {
      if (kind === inward.signal) told.signals++
      if (kind !== inward.resize) return
      told.sizes++
      told.last = JSON.parse(body.toString()) as TerminalSize
    })
    socket.on('data', (bytes: Buffer) => reader.push(bytes))
    socket.pause()
    isRead = () => socket.resume()
  }
  const client = await ground.login()
  const channel = await new Promise<ClientChannel>((resolve, reject) => {
    client.shell({ cols: 80, rows: 24 }, (error, opened) => (error === undefined ? resolve(opened) : reject(error)))
  })
  const count = 40_000
  for (let at = 1; at <= count; at++) {
    channel.setWindow(1 + (at % 200), 1 + (at % 300), 0, 0)
    channel.signal('USR1')
    if (at % 1000 === 0) await delay(1)
  }
  await delay(1000)
  isRead()
  for (let tries = 0; tries < 100 && told.last?.cols !== 1 + (count % 300); tries++) await delay(20)
  await delay(100)
  assert.equal(told.last?.cols, 1 + (count % 300))
  assert.ok(told.sizes < count / 2, `${told.sizes} sizes were kept`)
  assert.ok(told.signals < count / 2, `${told.signals} signals were kept`)
})

test('a client that asks on and on behind a listener that the sandbox does not open is let go', async (t) => {
  const ground = await startSshGround(t)
  ground.agent = (socket) => void socket.write(switching)
  const client = await ground.login()
  const closed = new Promise<void>((resolve) => client.once('close', () => resolve()))
  // Its end may come while it still writes.
  client.on('error', () => {})
  client.forwardIn('127.0.0.1', 1, () => {})
  for (let at = 0; at < 200; at++) client.unforwardIn('127.0.0.1', 2, () => {})
  await delay(200)
  assert.equal((client as unknown as { _sock: { destroyed: boolean } })._sock.destroyed, false, 'some may wait')
  for (let at = 0; at < 200; at++) client.unforwardIn('127.0.0.1', 2, () => {})
  await closed
})

test('programs that wait for a sandbox which does not answer count, also when their session is closed', async (t) => {
  const ground = await startSshGround(t)
  let asked = 0
  ground.agent = () => void asked++
  const client = await ground.login()
  for (let at = 0; at < 2 * limits.sshSessions; at++) {
    await new Promise<void>((resolve) => {
      client.exec('x', (error, channel) => {
        if (error === undefined) channel.close()
        resolve()
      })
    })
  }
  await delay(100)
  assert.equal(asked, limits.sshSessions)
})
