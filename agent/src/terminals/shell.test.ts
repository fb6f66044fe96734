import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { describe, it } from 'node:test'
import { createEnvironment } from '../processes/environment.ts'
import type { Shell } from '../processes/programs.ts'
import { findTools } from '../tools.ts'
import { startShell, type TerminalContext } from './shell.ts'

const tools = findTools(undefined)
const place = { cwd: tmpdir(), envs: { TERM: 'xterm', PS1: '> ', HOME: '/nowhere' } }
const size = { cols: 80, rows: 24 }

function contextWith(shell: Shell | null, busybox: string | null = null, ptyAddon = tools.ptyAddon): TerminalContext {
  const environment = createEnvironment({ PATH: process.env.PATH })
  const running = new Set<never>()
  return { workDir: tmpdir(), environment, tools: { busybox, ptyAddon }, running, chooseShell: () => shell }
}

/** Types into a shell until it exits; gives what it showed and its exit code. */
async function talk(context: TerminalContext, input: string): Promise<{ shown: string; exitCode: number }> {
  const { screen, started } = await startShell(context, place, size)
  let shown = ''
  screen.read((bytes) => {
    shown += bytes.toString()
  })
  screen.write(Buffer.from(input))
  const exitCode = await started.exited
  await screen.ended
  return { shown, exitCode }
}

describe('the shell of a terminal', () => {
  const dialects: readonly [path: string, args: string | null][] = [
    ['/bin/dash', null],
    ['/bin/bash', null],
    ['/bin/dash', '/usr/bin/busybox'],
    ['/bin/bash', '/bin/busybox'],
  ]
  for (const [path, busybox] of dialects) {
    const skip = [path, busybox].every((file) => file === null || existsSync(file)) ? false : 'it is not here'
    const with_ = busybox === null ? 'programs of the image' : 'our own busybox'
    it(`is ${path}, started by ${with_}`, { skip }, async () => {
      const context = contextWith({ path, dialect: path.endsWith('bash') ? 'bash' : 'posix' }, busybox)
      const input = 'echo "<$0 $->"; tty; stty -a | grep -o "[-]*iutf8"; echo y >/dev/tty; ps -o stat= -p $$; exit 6\n'
      const { shown, exitCode } = await talk(context, input)
      assert.equal(exitCode, 6)
      assert.ok(shown.includes(`<${path} `), shown)
      assert.match(shown, /\/dev\/pts\/\d+\r\niutf8\r\ny\r\nSs\+?\s*\r\n/)
      assert.doesNotMatch(shown, /job control|can't access tty/)
    })
  }

  it('is missing in an image without one, and that is said', async () => {
    const missing = startShell(contextWith(null), place, size)
    await assert.rejects(missing, { code: 'UNPROCESSABLE_ENTITY', message: /image has no shell/ })
  })

  it('cannot begin in a folder that is none', async () => {
    const shell = { path: '/bin/sh', dialect: 'posix' } as const
    for (const cwd of ['/no/such', '/etc/passwd']) {
      await assert.rejects(startShell(contextWith(shell), { ...place, cwd }, size), { code: 'BAD_REQUEST' })
    }
  })

  it('does not start when the program that starts it is missing', async () => {
    const shell = { path: '/bin/sh', dialect: 'posix' } as const
    const failing = startShell(contextWith(shell, '/no/busybox'), place, size)
    await assert.rejects(failing, { code: 'UNPROCESSABLE_ENTITY', message: /\/no\/busybox/ })
  })
})
