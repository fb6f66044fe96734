import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { chmod, mkdir, mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join, resolve } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { promisify } from 'node:util'
import { containerRootId } from '../records/ids.ts'
import { engineFlags, runtimeMount } from '../runtime/spec.ts'
import type { Base } from './base.ts'
import { prepareBase } from './prepare.ts'

const run = promisify(execFile)
const projectDir = resolve(import.meta.dirname, '../../../..')
const baseDir = process.env.SANDYARD_BASE ?? join(projectDir, '.cache/base')
const reason = process.getuid?.() === 0 ? false : 'needs root'
const skip = process.env.SANDYARD_FORCE_HOST_TESTS === '1' ? false : reason

describe('base', { skip }, () => {
  let base: Base

  before(async () => {
    base = await prepareBase({ baseDir, projectDir })
  })

  it('is made once', async () => {
    const phases: string[] = []
    const again = await prepareBase({ baseDir, projectDir, progress: (phase) => phases.push(phase) })
    assert.deepEqual(again, base)
    assert.deepEqual(phases, [])
  })

  it('keeps large files once, whatever runtime they are in', async () => {
    for (const name of ['bin/node', 'bin/git', 'lib/libc.so.6', 'lsp/typescript/tsc']) {
      assert.ok((await stat(join(base.runtimeFolder, name))).nlink > 1, name)
    }
    const [main, git] = await Promise.all(
      ['main.cjs', 'libexec/git-core/git-remote-https'].map((name) => stat(join(base.runtimeFolder, name))),
    )
    assert.equal((main?.mode ?? 0) & 0o777, 0o644)
    assert.equal((git?.mode ?? 0) & 0o777, 0o755)
  })

  it('is made once when several ask at the same time, whatever a killed one has left', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'sandyard-base-'))
    try {
      await mkdir(join(folder, '.making-of-a-killed-one/bin'), { recursive: true })
      await mkdir(join(folder, 'parts/.making/part-of-a-killed-one'), { recursive: true })
      const module = JSON.stringify(join(import.meta.dirname, 'runtime.ts'))
      const code = `const { prepareRuntime } = await import(${module})
        console.log(await prepareRuntime(process.argv[1], process.argv[2], () => {}))`
      const args = ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', code, folder, projectDir]
      const made = await Promise.all([1, 2, 3].map(async () => (await run(process.execPath, args)).stdout.trim()))
      const name = basename(base.runtimeFolder)
      assert.deepEqual(new Set(made), new Set([join(folder, name)]))
      assert.deepEqual((await readdir(folder)).sort(), ['parts', name])
      assert.deepEqual(await readdir(join(folder, 'parts/.making')), [])
    } finally {
      await rm(folder, { recursive: true })
    }
  })

  it('leaves nothing half-made', async () => {
    const names = [...(await readdir(baseDir)), ...(await readdir(join(baseDir, 'snapshots')))]
    // Images that other tests build for themselves are there meanwhile.
    const isHalfMade = (name: string): boolean => name.startsWith('.') && !name.startsWith('.images-')
    assert.deepEqual(names.filter(isHalfMade), [])
  })

  it('has a default snapshot whose files belong to the ids of sandboxes', async () => {
    const [snapshot] = base.snapshots
    assert.ok(snapshot)
    assert.equal(snapshot.name, 'default')
    const sudo = await stat(join(snapshot.rootfs, 'usr/bin/sudo'))
    assert.equal(sudo.uid, containerRootId)
    assert.equal(sudo.mode & 0o7777, 0o4755)
    const home = await stat(join(snapshot.rootfs, snapshot.workDir))
    assert.equal(home.uid, containerRootId + 1000)
    assert.deepEqual(await readdir(join(snapshot.rootfs, 'dev')), [])
    assert.equal((await stat(join(snapshot.rootfs, 'etc/resolv.conf'))).size, 0)
  })

  it('runs what people expect in the default snapshot', async () => {
    const [snapshot] = base.snapshots
    assert.ok(snapshot)
    // git opens /dev/null, which only a sandbox has
    const versions = 'node --version && npm --version && python --version && gcc --version'
    const env = [`PATH=${snapshot.env.PATH}`, `HOME=${snapshot.workDir}`]
    const root = [
      '--mount',
      '--pid',
      '--fork',
      '--kill-child',
      'chroot',
      `--userspec=${containerRootId}:${containerRootId}`,
    ]
    const { stdout } = await run('unshare', [
      ...root,
      snapshot.rootfs,
      '/usr/bin/env',
      '-i',
      ...env,
      'sh',
      '-c',
      versions,
    ])
    assert.match(stdout, /^v24\..*\n11\..*\nPython 3\..*\ngcc /)
  })

  describe('agent runtime in an empty root', () => {
    let root: string

    before(async () => {
      root = await mkdtemp(join(tmpdir(), 'sandyard-empty-'))
      await chmod(root, 0o755)
      await mkdir(join(root, runtimeMount), { recursive: true })
      for (const name of ['dev', 'proc']) await mkdir(join(root, name))
    })

    after(async () => {
      await rm(root, { recursive: true })
    })

    const inRoot = async (...args: string[]): Promise<string> => {
      const kernel = 'mount --rbind /dev "$2/dev" && mount -t proc proc "$2/proc"'
      const user = `--userspec=${containerRootId}:${containerRootId}`
      const mounted = `mount --bind "$1" "$2${runtimeMount}" && ${kernel} && shift && exec chroot ${user} "$@"`
      const unshare = ['--mount', '--propagation', 'private', '--pid', '--fork', '--kill-child']
      const { stdout } = await run('unshare', [
        ...unshare,
        'sh',
        '-c',
        mounted,
        'sh',
        base.runtimeFolder,
        root,
        ...args,
      ])
      return stdout
    }

    it('runs node', async () => {
      const loader = [`${runtimeMount}/lib/ld.so`, '--library-path', `${runtimeMount}/lib`]
      assert.equal(await inRoot(...loader, `${runtimeMount}/bin/node`, '-e', 'console.log(6 * 7)'), '42\n')
    })

    it('takes what was compiled of the agent, with the flags of a sandbox', async () => {
      const loader = [`${runtimeMount}/lib/ld.so`, '--library-path', `${runtimeMount}/lib`, `${runtimeMount}/bin/node`]
      const look = `const { readFileSync } = require('node:fs')
        for (const name of ['main', 'commands', 'others']) {
          const file = '${runtimeMount}/' + name + '.cjs'
          const cachedData = readFileSync(file + '.cache')
          const script = new (require('node:vm').Script)(readFileSync(file, 'latin1'), { cachedData })
          console.log(name, script.cachedDataRejected)
        }`
      const answer = await inRoot(...loader, ...engineFlags, '-e', look)
      assert.equal(answer, 'main false\ncommands false\nothers false\n')
    })

    it('runs the init', async () => {
      assert.match(await inRoot(`${runtimeMount}/bin/init`, '--version'), /\d/)
    })

    it('runs git, its helpers, and busybox, whatever libraries the environment names', async () => {
      const core = `${runtimeMount}/libexec/git-core`
      const busybox = `${runtimeMount}/bin/busybox`
      const env = [busybox, 'env', `GIT_EXEC_PATH=${core}`, 'LD_LIBRARY_PATH=/lib:/usr/lib']
      assert.match(await inRoot(...env, `${runtimeMount}/bin/git`, 'version'), /^git version 2\./)
      const refused = /unable to access 'https:.*(Could not resolve|connect|certificate)/
      await assert.rejects(inRoot(...env, `${runtimeMount}/bin/git`, 'ls-remote', 'https://nowhere.invalid/a'), refused)
      // It starts, and then misses an entry in /etc/passwd.
      await assert.rejects(inRoot(`${runtimeMount}/bin/ssh`, '-V'), /No user exists|OpenSSH/)
      assert.equal(await inRoot(busybox, 'sh', '-c', 'echo $((6 * 7))'), '42\n')
    })

    it('has language servers that start', async () => {
      assert.match(await inRoot(`${runtimeMount}/lsp/typescript/tsc`, '--version'), /^Version \d/)
      const node = [`${runtimeMount}/lib/ld.so`, '--library-path', `${runtimeMount}/lib`, `${runtimeMount}/bin/node`]
      const pyright = `${runtimeMount}/lsp/pyright/langserver.index.js`
      // Without a way to speak it says which ways there are.
      await assert.rejects(inRoot(...node, pyright), /--stdio/)
    })
  })
})
