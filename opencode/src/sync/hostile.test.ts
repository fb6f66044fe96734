import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { readdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { type Inside, readSshCommand } from './inside.ts'
import { plainName } from './names.ts'
import { createGround, localInside, type SyncGround, type TestSession } from './sync.fixture.ts'

const environment = { PATH: process.env.PATH, HOME: tmpdir() }

/** A session whose sandbox answers as `change` has it. */
async function begin(ground: SyncGround, change: (inside: Inside) => Partial<Inside>, limit?: number) {
  ground.write('a.txt', 'first\n')
  ground.here('add', '.')
  ground.here('commit', '-qm', 'first')
  const session = ground.session('one')
  await ground.sync().start(session.box, session)
  const sync = ground.sync({
    ...(limit === undefined ? {} : { limit }),
    inside: (_, folder) => {
      const plain = localInside(folder, environment)
      return { ...plain, ...change(plain) }
    },
  })
  return { session, pull: () => sync.pull(session.box, session) }
}

/** All refs and the number of objects. */
function state(ground: SyncGround): string {
  return ground.here('for-each-ref') + ground.here('count-objects', '-v').replaceAll(/^(size.*|garbage.*)$/gm, '')
}

function leftovers(): string[] {
  return readdirSync(tmpdir()).filter((name) => name.startsWith(`sandyard-sync-${process.pid}-`))
}

/** Writes a tree as nobody's git would, with one entry of that name. */
function writeTree(session: TestSession, name: string, mode: string, blob: string): string {
  const file = join(session.inside, '.git/raw-tree')
  writeFileSync(file, Buffer.concat([Buffer.from(`${mode} ${name}\0`), Buffer.from(blob, 'hex')]))
  return session.git('hash-object', '-t', 'tree', '-w', '--literally', file)
}

describe('a sandbox that means harm', () => {
  test('cannot make git take trees that write into .git, or links that lie', async () => {
    for (const [mode, name] of [
      ['100644', '.git'],
      ['100644', '..'],
      ['120000', '.gitmodules'],
      ['100644', 'GIT~1'],
    ] as const) {
      using ground = createGround()
      const { session, pull } = await begin(ground, () => ({}))
      session.write('x', '/etc/passwd')
      const blob = session.git('hash-object', '-w', 'x')
      const tree = writeTree(session, name, mode, blob)
      const commit = session.git('commit-tree', '-p', 'HEAD', '-m', 'bad', tree)
      session.git('branch', 'bad', commit)
      const before = state(ground)
      await assert.rejects(
        pull(),
        /git did not take what the sandbox has: .*(hasDotgit|hasDotdot|Symlink|symlink)/,
        name,
      )
      assert.equal(state(ground), before, name)
    }
    assert.deepEqual(leftovers(), [])
  })

  test('cannot make submodules run programs', async () => {
    using ground = createGround()
    const { session, pull } = await begin(ground, () => ({}))
    session.write('.gitmodules', '[submodule "x"]\n\tpath = x\n\turl = --upload-pack=touch /tmp/x\n')
    const before = state(ground)
    await assert.rejects(pull(), /gitmodules/)
    assert.equal(state(ground), before)
  })

  test('cannot fill the disk', async () => {
    using ground = createGround()
    const { session, pull } = await begin(ground, () => ({}), 1_000_000)
    session.write('big', randomBytes(3_000_000).toString('latin1'))
    const before = state(ground)
    await assert.rejects(pull(), /more than 1000000 bytes/)
    assert.equal(state(ground), before)
    assert.deepEqual(leftovers(), [])
  })

  test('is not believed: names of commits, branches and files that it makes up lead nowhere', async () => {
    for (const lie of [
      'tip 1111111111111111111111111111111111111111',
      'tip --upload-pack=x\nnone',
      'tip ../../../etc/passwd',
      '',
      `tip ${'1'.repeat(40)}\nside 0 ${'2'.repeat(40)} ../../heads/main`,
      'x'.repeat(100_000),
    ]) {
      using ground = createGround()
      // The plugin removes what is named as its bundle, and here the sandbox is this machine.
      const other = join(ground.folder, 'other')
      writeFileSync(other, 'hello')
      const { pull } = await begin(ground, (plain) => ({
        run: async (script, variables, seconds) =>
          script.includes('commit-tree')
            ? { exitCode: 0, output: lie }
            : script.includes('bundle create')
              ? { exitCode: 0, output: `bundle 5 ${other}` }
              : await plain.run(script, variables, seconds),
      }))
      const before = state(ground)
      const pulled = await pull().catch((error: Error) => error)
      assert.ok(pulled instanceof Error || pulled?.isChanged === false, lie.slice(0, 50))
      assert.equal(state(ground), before)
    }
    assert.deepEqual(leftovers(), [])
  })

  test('has only what it offers put on branches of the session', async () => {
    using ground = createGround()
    const { session, pull } = await begin(ground, () => ({}))
    session.write('b.txt', 'b\n')
    session.git('add', '.')
    session.git('commit', '-qm', 'b')
    session.git('update-ref', 'refs/tags/v1', 'HEAD')
    session.git('tag', '-a', '-m', 't', 'annotated')
    const main = ground.here('rev-parse', 'main')
    session.git('checkout', '-q', '-b', 'main', 'HEAD~1')
    session.write('c.txt', 'c\n')
    await pull()
    assert.equal(ground.here('rev-parse', 'main'), main)
    assert.equal(ground.here('tag'), '')
    const branches = ground.here('branch', '--format=%(refname:short)').split('\n')
    assert.deepEqual(branches, ['main', 'opencode/1', 'opencode/1+opencode'])
  })

  test('has branch names here that no shell and no terminal takes amiss', () => {
    for (const [name, plain] of [
      ['feature/x', 'feature/x'],
      ['a\u001b[31m', 'a--31m'],
      ['$(id)', 'id-'],
      ['-x/../y.lock/', 'x/y'],
      ['é', 'unnamed'],
      ['a'.repeat(300), 'a'.repeat(100)],
      ['a..b@{1}', 'a.b--1-'],
    ] as const) {
      assert.equal(plainName(name), plain, name)
      using ground = createGround()
      ground.here('check-ref-format', '--branch', `opencode/1+${plain}`)
    }
  })

  test('cannot bring options into ssh', () => {
    assert.deepEqual(readSshCommand('ssh -p 2222 abc@localhost'), { host: 'localhost', port: 2222, user: 'abc' })
    assert.deepEqual(readSshCommand('ssh abc@sandboxes.example.com'), {
      host: 'sandboxes.example.com',
      port: 22,
      user: 'abc',
    })
    for (const command of [
      'ssh -p 22 abc@-oProxyCommand=x',
      'ssh -oProxyCommand=x abc@host',
      'ssh -p 70000 abc@host',
      'ssh abc@host x',
      'ssh abc@host\nProxyCommand x',
      'ssh %h@host',
      '',
    ])
      assert.equal(readSshCommand(command), null, command)
  })
})
