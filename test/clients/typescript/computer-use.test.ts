import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Sandbox } from '@daytonaio/sdk'
import { startTestPlatform } from '../../fixtures/platform.ts'
import { clients, connect, plainCalls } from './clients.ts'

const platform = await startTestPlatform()
after(() => platform.remove())

const region = { x: 0, y: 0, width: 10, height: 10 }

/** Every call of computer use: none is built, and each says so. */
const calls: Readonly<Record<string, (computer: Sandbox['computerUse']) => Promise<unknown>>> = {
  start: (computer) => computer.start(),
  stop: (computer) => computer.stop(),
  status: (computer) => computer.getStatus(),
  'status of a program': (computer) => computer.getProcessStatus('xvfb'),
  'restart of a program': (computer) => computer.restartProcess('xvfb'),
  'log of a program': (computer) => computer.getProcessLogs('xvfb'),
  'errors of a program': (computer) => computer.getProcessErrors('xvfb'),
  'position of the mouse': ({ mouse }) => mouse.getPosition(),
  'move of the mouse': ({ mouse }) => mouse.move(1, 2),
  click: ({ mouse }) => mouse.click(1, 2),
  drag: ({ mouse }) => mouse.drag(1, 2, 3, 4),
  scroll: ({ mouse }) => mouse.scroll(1, 2, 'down'),
  typing: ({ keyboard }) => keyboard.type('hello'),
  key: ({ keyboard }) => keyboard.press('Enter', ['ctrl']),
  hotkey: ({ keyboard }) => keyboard.hotkey('ctrl+c'),
  screenshot: ({ screenshot }) => screenshot.takeFullScreen(),
  'screenshot of a region': ({ screenshot }) => screenshot.takeRegion(region),
  'small screenshot': ({ screenshot }) => screenshot.takeCompressed({ format: 'jpeg', quality: 50 }),
  'small screenshot of a region': ({ screenshot }) => screenshot.takeCompressedRegion(region),
  displays: ({ display }) => display.getInfo(),
  windows: ({ display }) => display.getWindows(),
  'start of a recording': ({ recording }) => recording.start('film'),
  'stop of a recording': ({ recording }) => recording.stop('one'),
  recordings: ({ recording }) => recording.list(),
  'one recording': ({ recording }) => recording.get('one'),
  'download of a recording': ({ recording }) => recording.download('one', '/dev/null'),
  'deletion of a recording': ({ recording }) => recording.delete('one'),
  'accessibility tree': ({ accessibility }) => accessibility.getTree(),
  'accessibility search': ({ accessibility }) => accessibility.findNodes({ role: 'button' }),
  'focus of a node': ({ accessibility }) => accessibility.focusNode('a:b'),
  'action of a node': ({ accessibility }) => accessibility.invokeNode('a:b'),
  'value of a node': ({ accessibility }) => accessibility.setNodeValue('a:b', 'x'),
}

for (const client of clients) {
  describe(client.name, () => {
    const daytona = connect(client, platform)
    let sandbox: Sandbox
    before(async () => {
      sandbox = await daytona.create()
    })
    after(async () => {
      await sandbox.delete()
      await daytona[Symbol.asyncDispose]()
    })

    for (const [what, call] of Object.entries(calls)) {
      test(`${what}: refused`, async () => {
        await assert.rejects(call(sandbox.computerUse), (error: Error) => {
          assert.ok(error instanceof client.sdk.DaytonaError, error.stack)
          assert.equal(error.statusCode, 501, error.message)
          return true
        })
      })
    }

    test('status of the whole, which only plain calls ask for: refused', async () => {
      const plain = new client.toolbox.ComputerUseApi(plainCalls(client, sandbox, platform))
      await assert.rejects(plain.getComputerUseSystemStatus(), /501/)
    })
  })
}
