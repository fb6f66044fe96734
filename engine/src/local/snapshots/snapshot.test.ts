import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { findUser, type Snapshot, snapshotIn } from './snapshot.ts'

const passwd = `# comment
root:x:0:0:root:/root:/bin/bash
daytona:x:1000:1001:::/bin/zsh
work:x:7:8::/srv/work:
daytona:x:0:0:::/bin/sh
`

describe('users of a snapshot', () => {
  let snapshot: Snapshot
  let etc: string
  let rootfs: string

  beforeEach(() => {
    rootfs = mkdtempSync(join(tmpdir(), 'sandyard-snapshot-'))
    etc = join(rootfs, 'etc')
    mkdirSync(etc)
    const nothing = { workDir: null, env: {}, entrypoint: null, sizeBytes: 0, createdAtMs: 0 }
    snapshot = snapshotIn({ name: 'test', rootfs, user: 'daytona', ...nothing })
  })
  afterEach(() => rmSync(rootfs, { recursive: true }))

  const noUser = (name: string) => assert.throws(() => findUser(snapshot, name), { code: 'BAD_REQUEST' })

  it('are found with their groups; what is empty has a default', () => {
    writeFileSync(join(etc, 'passwd'), passwd)
    writeFileSync(join(etc, 'group'), 'sudo:x:27:work,daytona\nusers:x:100:others\ndaytona2:x:9:\nlast:x:44:daytona\n')
    assert.deepEqual(findUser(snapshot, 'daytona'), {
      name: 'daytona',
      uid: 1000,
      gid: 1001,
      groups: [27, 44],
      home: '/',
      shell: '/bin/zsh',
    })
    assert.deepEqual(findUser(snapshot, 'work'), {
      name: 'work',
      uid: 7,
      gid: 8,
      groups: [27],
      home: '/srv/work',
      shell: '/bin/sh',
    })
    for (const name of ['nobody', '', '# comment', 'x', 'root:x']) noUser(name)
  })

  it('are found by their id too, which needs no entry', () => {
    writeFileSync(join(etc, 'passwd'), passwd)
    assert.deepEqual(findUser(snapshot, '7'), findUser(snapshot, 'work'))
    const nameless = { name: '65532', uid: 65_532, gid: 0, groups: [], home: '/', shell: '/bin/sh' }
    assert.deepEqual(findUser(snapshot, '65532'), nameless)
    for (const id of ['65535', '100000', '-1', '1.5', '0x1']) noUser(id)
  })

  it('are root alone where there are no tables', () => {
    const root = { name: 'root', uid: 0, gid: 0, groups: [], home: '/root', shell: '/bin/sh' }
    assert.deepEqual(findUser(snapshot, 'root'), root)
    noUser('daytona')
    rmSync(etc, { recursive: true })
    assert.deepEqual(findUser(snapshot, 'root'), root)
    writeFileSync(etc, '')
    assert.deepEqual(findUser(snapshot, 'root'), root)
  })

  it("are never the host's, where a link leads there", () => {
    const outside = join(rootfs, 'outside')
    mkdirSync(outside)
    writeFileSync(join(outside, 'passwd'), passwd)
    symlinkSync(join(outside, 'passwd'), join(etc, 'passwd'))
    noUser('daytona')
    rmSync(etc, { recursive: true })
    symlinkSync(outside, etc)
    noUser('daytona')
    rmSync(etc)
    renameSync(outside, etc)
    assert.equal(findUser(snapshot, 'daytona').uid, 1000)
  })

  it('are not waited for where the table is no file', () => {
    execFileSync('mkfifo', [join(etc, 'passwd')])
    noUser('daytona')
    rmSync(join(etc, 'passwd'))
    mkdirSync(join(etc, 'passwd'))
    noUser('daytona')
  })

  it('are read from the first MiB of a table, whole lines only', () => {
    const limit = 1024 * 1024
    const line = 'late:x:1000:1000::/home/late:/bin/sh\n'
    const fill = (bytes: number) => `${'#'.repeat(99)}\n`.repeat(Math.ceil(bytes / 100)).slice(-bytes)
    writeFileSync(join(etc, 'passwd'), `${fill(limit - line.length - 1)}${line}${fill(limit)}`)
    assert.equal(findUser(snapshot, 'late').gid, 1000)
    // Cut off within its group id.
    writeFileSync(join(etc, 'passwd'), `${fill(limit - 13)}${line}`)
    noUser('late')
  })

  it('have ids that the sandbox has, or are refused', () => {
    for (const id of ['', '-1', '1e3', '0x0', ' 1', '65535', '100000', '4294967296', '1\u00a0']) {
      writeFileSync(join(etc, 'passwd'), `daytona:x:${id}:1000::/:/bin/sh\n`)
      assert.throws(() => findUser(snapshot, 'daytona'), { code: 'BAD_REQUEST', message: /broken id/ }, id)
      writeFileSync(join(etc, 'passwd'), `daytona:x:1000:${id}::/:/bin/sh\n`)
      assert.throws(() => findUser(snapshot, 'daytona'), { code: 'BAD_REQUEST', message: /broken id/ }, id)
    }
    writeFileSync(join(etc, 'passwd'), 'daytona:x:65534:65534::/:/bin/sh\n')
    writeFileSync(join(etc, 'group'), 'all:x:65536:daytona\n')
    assert.throws(() => findUser(snapshot, 'daytona'), { code: 'BAD_REQUEST', message: /broken id/ })
  })
})
