import assert from 'node:assert/strict'
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { createQuarantine } from './quarantine.ts'
import { findRepository } from './repository.ts'
import { createGround } from './sync.fixture.ts'

const environment = { PATH: process.env.PATH, HOME: tmpdir() }

describe('what is in the user’s repository besides', () => {
  test('cannot be put onto the session’s branch by naming it, to be asked for then', async () => {
    using ground = createGround()
    ground.write('a.txt', 'first\n')
    ground.here('add', '.')
    ground.here('commit', '-qm', 'first')
    const session = ground.session('one')
    const sync = ground.sync()
    await sync.start(session.box, session)
    // A branch of the user whose name the sandbox has got hold of.
    ground.here('checkout', '-q', '-b', 'private')
    ground.write('secret.txt', 'secret\n')
    ground.here('add', '.')
    ground.here('commit', '-qm', 'secret')
    const secret = ground.here('rev-parse', 'private')
    const blob = ground.here('rev-parse', 'private:secret.txt')
    ground.here('checkout', '-q', 'main')

    const own = session.git('rev-parse', 'HEAD')
    const commits: Record<string, () => string> = {
      'as a parent': () => session.git('hash-object', '-t', 'commit', '-w', '--literally', commitFile([own, secret])),
      'as a file': () => {
        const tree = join(session.inside, '.git/raw-tree')
        writeFileSync(tree, Buffer.concat([Buffer.from('100644 x\0'), Buffer.from(blob, 'hex')]))
        const name = session.git('hash-object', '-t', 'tree', '-w', '--literally', tree)
        return session.git('hash-object', '-t', 'commit', '-w', '--literally', commitFile([own], name))
      },
    }
    function commitFile(parents: string[], tree = session.git('rev-parse', 'HEAD^{tree}')): string {
      const file = join(session.inside, '.git/raw-commit')
      const who = 'A <a@example.com> 1700000000 +0000'
      const lines = [`tree ${tree}`, ...parents.map((one) => `parent ${one}`), `author ${who}`, `committer ${who}`]
      writeFileSync(file, `${lines.join('\n')}\n\nborrowed\n`)
      return file
    }

    for (const [how, make] of Object.entries(commits)) {
      const commit = make()
      const found = await findRepository(environment, ground.repository)
      assert.ok('repository' in found)
      const place = mkdtempSync(join(ground.folder, 'place-'))
      const quarantine = await createQuarantine(found.repository, environment, place, [own])
      const before = ground.here('for-each-ref')
      // Git inside would not pack what is not there: the object is packed by itself.
      const base = join(place, 'only')
      const objects =
        how === 'as a file'
          ? [commit, session.git('hash-object', '-t', 'tree', join(session.inside, '.git/raw-tree'))]
          : [commit]
      writeFileSync(join(place, 'names'), `${objects.join('\n')}\n`)
      session.git('-c', `alias.p=!git pack-objects -q '${base}' <'${join(place, 'names')}' >/dev/null`, 'p')
      const [pack] = session.git('-c', `alias.l=!ls '${place}' | grep 'pack$'`, 'l').split('\n')
      const head = `# v2 git bundle\n-${own} x\n${commit} refs/sandyard/out/head\n\n`
      const bundle = join(place, 'out.bundle')
      writeFileSync(bundle, Buffer.concat([Buffer.from(head), readFileSync(join(place, pack ?? ''))]))
      await quarantine.unbundle(bundle, ['head'], {})
      await assert.rejects(quarantine.land(1), /did not send/, how)
      assert.equal(ground.here('for-each-ref'), before)
    }
  })

  test('is not told of: commits that are here and not in the session are not named over SSH', async () => {
    using ground = createGround()
    ground.write('a.txt', 'first\n')
    ground.here('add', '.')
    ground.here('commit', '-qm', 'first')
    const own = ground.here('rev-parse', 'HEAD')
    ground.here('commit', '-q', '--allow-empty', '-m', 'mine alone')
    ground.here('branch', 'private')
    const secret = ground.here('rev-parse', 'private')
    const other = join(ground.folder, 'inside')
    ground.git(ground.folder, 'clone', '-q', '--no-local', ground.repository, other)
    ground.git(other, 'reset', '-q', '--hard', own)
    ground.git(other, 'remote', 'remove', 'origin')
    ground.git(other, 'commit', '-q', '--allow-empty', '-m', 'new')
    ground.git(other, 'update-ref', 'refs/sandyard/out/head', 'HEAD')

    const found = await findRepository(environment, ground.repository)
    assert.ok('repository' in found)
    const heard = join(ground.folder, 'heard')
    const ssh = join(ground.folder, 'ssh.sh')
    writeFileSync(ssh, `#!/bin/sh\ntee '${heard}' | git-upload-pack '${other}'\n`)
    chmodSync(ssh, 0o700)
    const place = mkdtempSync(join(ground.folder, 'place-'))
    try {
      const quarantine = await createQuarantine(found.repository, environment, place, [own])
      const env = { GIT_SSH_COMMAND: `'${ssh}'`, GIT_SSH_VARIANT: 'simple' }
      await quarantine.fetch('ssh://sandbox/x', ['head'], { env })
      assert.ok(existsSync(heard))
      const text = readFileSync(heard, 'utf8')
      assert.ok(text.includes(own) && !text.includes(secret), text)
      assert.equal((await quarantine.land(1)).get('head'), ground.git(other, 'rev-parse', 'HEAD'))
    } finally {
      rmSync(place, { recursive: true, force: true })
    }
  })
})
