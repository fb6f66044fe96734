import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, test } from 'node:test'
import { startShell } from './shell.ts'

const folder = mkdtempSync(join(tmpdir(), 'plugin-shell-'))
after(() => rmSync(folder, { recursive: true }))

interface Run {
  readonly code: number
  readonly output: string
}

async function run(program: string, args: readonly string[], env: Record<string, string>, cwd = folder): Promise<Run> {
  const child = spawn(program, args, { cwd, env: { PATH: process.env.PATH ?? '/usr/bin:/bin', ...env } })
  let output = ''
  child.stdout.on('data', (chunk) => {
    output += chunk
  })
  child.stderr.on('data', (chunk) => {
    output += chunk
  })
  const [code] = (await once(child, 'close')) as [number]
  return { code, output }
}

const openings: string[] = []
const place = {
  folder: join(folder, 'storage'),
  temporary: folder,
  directory: folder,
  async openBox({ sessionID }: { sessionID: string }): Promise<never> {
    openings.push(sessionID)
    throw new Error(`no sandbox for ${sessionID}`)
  },
}

test('what it cannot give to a sandbox it does not run', async () => {
  const shell = await startShell(place)
  const mark = join(folder, 'mark')
  const command = ['-c', `touch '${mark}'`]
  const refused = await run(shell.program, command, shell.variables('ses_1'))
  assert.deepEqual(refused, { code: 127, output: 'no sandbox for ses_1\n' })
  assert.deepEqual(openings, ['ses_1'])
  for (const [args, env] of [
    [command, {}],
    [command, shell.variables(undefined)],
    [command, { ...shell.variables('ses_1'), SANDYARD_OPENCODE_SOCKET: '/nonexistent' }],
    [[], shell.variables('ses_1')],
    [['-l'], shell.variables('ses_1')],
  ] as const) {
    const { code, output } = await run(shell.program, args, env)
    assert.equal(code, 127)
    assert.match(output, /^Nothing was run/)
  }
  await shell[Symbol.asyncDispose]()
  assert.deepEqual(await run(shell.program, command, {}).catch(() => 'gone'), 'gone')
  assert.ok(!existsSync(mark))
  assert.deepEqual(openings, ['ses_1'])
})

test('only its user can reach it, also where the folder has a long name; what the dead have left goes', async () => {
  const long = join(folder, 'x'.repeat(120))
  mkdirSync(long)
  mkdirSync(join(long, 'shell-999999999-abc'))
  const shell = await startShell({ ...place, folder: long })
  const socket = shell.variables('s').SANDYARD_OPENCODE_SOCKET ?? ''
  assert.equal(statSync(dirname(socket)).mode & 0o777, 0o700)
  assert.equal(statSync(dirname(shell.program)).mode & 0o777, 0o700)
  assert.equal(realpathSync(dirname(dirname(socket))), realpathSync(folder))
  const { output } = await run(shell.program, ['-c', 'x'], shell.variables('ses_3'))
  assert.equal(output, 'no sandbox for ses_3\n')
  await shell[Symbol.asyncDispose]()
  assert.deepEqual(readdirSync(long), [])
  assert.ok(!existsSync(dirname(socket)))
})
