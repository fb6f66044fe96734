import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { after, afterEach, before, describe, it } from 'node:test'
import { gzipSync } from 'node:zlib'
import { assertEmpty, assertRemoved } from '../empty.fixture.ts'
import { skipWithoutRoot } from '../engine.fixture.ts'
import { containerIdCount, containerRootId } from '../records/ids.ts'
import { createImagesGround, type ImagesGround } from './images-ground.fixture.ts'
import { putImage, shellLayer, startRegistry, type TestImage, type TestRegistry } from './registry.fixture.ts'
import { type TarEntry, tarOf } from './tar.fixture.ts'

/** A layer, and what a command says in a sandbox of it; or why it is refused. */
interface Case {
  readonly entries: readonly TarEntry[]
  /** between the shell and the layer */
  readonly below?: readonly TarEntry[]
  readonly see?: readonly [command: string, result: string | RegExp]
  readonly refused?: RegExp
  readonly told?: RegExp
}

const mark = 'sandyard-hostile-mark'
const at = (name: string, change: Partial<TarEntry> = {}): TarEntry => ({ name, content: `${mark}\n`, ...change })
/** read and write whatever the owner (version 2, CAP_DAC_OVERRIDE, effective) */
const capability = Buffer.from('0100000202000000000000000000000000000000', 'hex')

const cases: Readonly<Record<string, Case>> = {
  'names that lead out': {
    entries: [at(`../../../../../../tmp/${mark}`), at(`/tmp/${mark}-2`), at(`srv/../../../../${mark}-3`)],
    see: [`ls -d /tmp/${mark} /tmp/${mark}-2 /${mark}-3`, `/${mark}-3\n/tmp/${mark}\n/tmp/${mark}-2\n`],
  },
  'a link that leads out, and a file through it': {
    entries: [
      { name: 'tmp', type: 'directory', mode: 0o1777 },
      { name: 'out', type: 'symlink', linkname: '/../../../../../../tmp' },
      at(`out/${mark}`),
      { name: 'up', type: 'symlink', linkname: '../../../../../..' },
      at(`up/tmp/${mark}-2`),
    ],
    see: [`ls -d /tmp/${mark} /tmp/${mark}-2`, `/tmp/${mark}\n/tmp/${mark}-2\n`],
  },
  'a link in place of a folder, and files through it': {
    entries: [
      ...['a', 'etc', 'root'].map((name): TarEntry => ({ name, type: 'directory' })),
      { name: 'a/b', type: 'symlink', linkname: '/etc' },
      at('a/b/passwd2'),
      { name: 'a', type: 'symlink', linkname: '/root' },
      at('a/b2'),
    ],
    see: ['readlink /a; ls /root /etc/passwd2', `/root\n/etc/passwd2\n\n/root:\nb2\n`],
  },
  'a hard link to what is outside': {
    entries: [{ name: 'stolen', type: 'link', linkname: '/../../etc/hostname' }],
    refused: /hard link \/stolen: No such file/,
  },
  'a hard link to a link that leads out': {
    entries: [
      { name: 'way', type: 'symlink', linkname: '/../../../etc/shadow' },
      { name: 'stolen', type: 'link', linkname: 'way' },
    ],
    see: ['cat /stolen 2>&1', /No such file/],
  },
  'devices, pipes and set-uid files': {
    entries: [
      { name: 'disk', type: 'block', device: [259, 0] },
      { name: 'memory', type: 'character', device: [1, 1] },
      { name: 'white', type: 'character', device: [0, 0] },
      { name: 'pipe', type: 'fifo' },
      at('srv/set', { mode: 0o6755, uid: 1000 }),
    ],
    see: [
      'ls /disk /memory /white 2>/dev/null; stat -c "%F %a %u" /pipe /srv/set',
      'fifo 644 0\nregular file 6755 1000\n',
    ],
    told: /3 device files are left out/,
  },
  'attributes that the overlay or the host would believe': {
    entries: [
      at('srv/capable', {
        extended: { 'SCHILY.xattr.security.capability': capability, 'SCHILY.xattr.user.mine': 'yes' },
      }),
      at('srv/lied', {
        extended: {
          'SCHILY.xattr.trusted.overlay.opaque': 'y',
          'SCHILY.xattr.user.overlay.opaque': 'y',
          'SCHILY.xattr.security.selinux': 'x',
        },
      }),
    ],
    see: ['cat /srv/lied', `${mark}\n`],
    told: /3 extended attributes are left out/,
  },
  'owners that no sandbox has': {
    entries: [
      at('srv/high', { uid: 2_000_000_000, gid: 70_000, mode: 0o4755 }),
      at('srv/negative', { extended: { uid: '-1' } }),
    ],
    see: ['stat -c "%u %g %a" /srv/high', '65534 65534 755\n'],
    told: /1 files have owners above 65535/,
  },
  'odd names': {
    entries: [at('srv/new\nline'), at('srv/\x1b[31m'), at(`srv/${'long/'.repeat(60)}file`), at('srv/-rf'), at('srv/é')],
    see: ['cd /srv; ls -d new* -- -rf; ls | wc -l; find . -name file | wc -c', /^-rf\nnew.*\n/s],
  },
  'a name longer than a path can be': { entries: [at('x'.repeat(300))], refused: /File name too long/ },
  'a path longer than a path can be': { entries: [at('long/'.repeat(1000))], refused: /a name is too long/ },
  'a name with a zero byte': { entries: [at('x', { extended: { path: 'a\0b' } })], refused: /zero byte/ },
  whiteouts: {
    below: [
      at('srv/gone'),
      at('srv/kept'),
      { name: 'full', type: 'directory' },
      at('full/old'),
      at('full/older'),
      { name: 'again', type: 'directory' },
      at('again/old'),
    ],
    entries: [
      at('srv/.wh.gone', { content: '' }),
      at('full/new'),
      at('full/.wh..wh..opq', { content: '' }),
      at('.wh.again', { content: '' }),
      { name: 'again', type: 'directory' },
      at('again/new'),
      at('.wh..wh.plnk', { content: '' }),
      at('srv/.wh.never', { content: '' }),
    ],
    see: [
      'ls /srv /full /again; ls -a / | tr "\\n" " "',
      /^\/again:\nnew\n\n\/full:\nnew\n\n\/srv:\nkept\n(?!.*\.wh)/s,
    ],
  },
  'whiteouts that lead out': {
    entries: [at('../../.wh.etc', { content: '' }), at('.wh...', { content: '' })],
    refused: /whiteout has no name/,
  },
  'a whiteout through a link that leads out': {
    entries: [
      { name: 'etc', type: 'directory' },
      { name: 'way', type: 'symlink', linkname: '/../../../../../etc' },
      at('way/.wh.passwd', { content: '' }),
      at('way/.wh..wh..opq', { content: '' }),
    ],
    see: ['ls /etc', /^(?!.*passwd)/s],
  },
  'a file where a folder was, and a folder where a file was': {
    below: [{ name: 'folder', type: 'directory' }, at('folder/in'), at('file')],
    entries: [at('folder'), { name: 'file', type: 'directory' }, at('file/in')],
    see: ['cat /folder; ls /file', `${mark}\nin\n`],
  },
  'the same name again and again': {
    entries: [
      at('srv/x'),
      { name: 'srv/x', type: 'directory' },
      at('srv/x/y'),
      at('srv/x', { content: 'last\n' }),
      { name: 'srv/z', type: 'link', linkname: 'srv/z' },
    ],
    refused: /hard link/,
  },
  'a root that is no folder': {
    entries: [at('.', { type: 'symlink', linkname: '/tmp' })],
    refused: /root is no folder|is no folder/,
  },
  'a size that is a lie': { entries: [at('large', { size: 10 ** 9 })], refused: /ends in the midst/ },
  'a size that is monstrous': { entries: [at('large', { size: 2 ** 60 })], refused: /a number is too large/ },
  'an extended header that is a lie': {
    entries: [at('x', { rawExtended: Buffer.from('99 path=a\n') })],
    refused: /cut off/,
  },
  'an extended header without an end': {
    entries: [at('x', { rawExtended: Buffer.alloc(2 * 2 ** 20, 'a') })],
    refused: /too long/,
  },
  'a header with a wrong sum': { entries: [at('x', { hasWrongSum: true })], refused: /no tar file, or damaged/ },
  'an entry of an unknown kind': { entries: [at('x', { flag: 'Q' })], refused: /unknown kind Q/ },
  'a sparse file': { entries: [at('x', { flag: 'S' })], refused: /sparse/ },
  'times beyond all': {
    entries: [at('srv/x', { mtime: 2 ** 49 }), at('srv/y', { extended: { mtime: '-99999999999.5' } })],
    see: ['ls /srv', 'x\ny\n'],
  },
}

describe('hostile layers', { skip: skipWithoutRoot }, () => {
  let ground: ImagesGround
  let registry: TestRegistry
  const shell = shellLayer()

  before(async () => {
    registry = await startRegistry()
    ground = await createImagesGround({ insecureRegistries: [registry.name], layerRestMs: 60_000 })
  })
  after(async () => {
    await ground.engine.close()
    await assertRemoved(ground.ground)
    await registry.close()
  })
  afterEach(async () => {
    for (const { sandboxId } of await ground.engine.recover()) await ground.engine.destroy(sandboxId)
    for (const { name } of ground.engine.snapshots()) if (name !== 'default') await ground.engine.removeSnapshot(name)
    for (const folder of ['/', '/tmp', '/root']) {
      assert.deepEqual(
        readdirSync(folder).filter((name) => name.includes(mark)),
        [],
      )
    }
  })
  const make = async (image: TestImage, diskGib = 1): Promise<void> => {
    await putImage(registry, 'hostile', '1', image)
    const resources = { cpu: 1, memoryGib: 1, diskGib }
    await ground.make('hostile', `${registry.name}/hostile:1`, { resources })
  }

  for (const [name, { below, entries, see, refused, told }] of Object.entries(cases)) {
    it(name, async () => {
      const layers = [shell, ...(below === undefined ? [] : [tarOf(below)]), tarOf(entries)]
      if (refused !== undefined) {
        await assert.rejects(make({ layers }), { code: 'BAD_REQUEST', message: refused })
        return
      }
      await make({ layers })
      if (told !== undefined) assert.match(ground.told.join(''), told)
      if (see === undefined) return
      const result = await ground.runIn('hostile', see[0])
      if (typeof see[1] === 'string') assert.equal(result, see[1])
      else assert.match(result, see[1])
    })
  }

  it('belong to the ids of sandboxes, all of them', async () => {
    await make({ layers: [shell, tarOf([at('srv/x', { uid: 1234, gid: 65_535 }), at('deep/er/file')])] })
    const disks = join(ground.ground.data, 'disks')
    const wrong: string[] = []
    const visit = (path: string): void => {
      const { uid, gid } = statSync(path)
      for (const id of [uid, gid])
        if (id < containerRootId || id >= containerRootId + containerIdCount) wrong.push(path)
      for (const entry of readdirSync(path, { withFileTypes: true }))
        if (entry.isDirectory()) visit(join(path, entry.name))
    }
    for (const disk of readdirSync(disks)) if (existsSync(join(disks, disk, 'upper'))) visit(join(disks, disk, 'upper'))
    assert.deepEqual(wrong, [])
  })

  it('keep the capabilities of files, which count inside', async () => {
    const content = readFileSync('/bin/busybox')
    const extended = { 'SCHILY.xattr.security.capability': capability }
    const secret = at('root/secret', { mode: 0o600 })
    const layer = tarOf([secret, { name: 'may/cat', mode: 0o755, content, extended }])
    await make({ layers: [shell, layer] })
    assert.match(await ground.runIn('hostile', 'cat /root/secret 2>&1', 'app'), /denied/)
    assert.equal(await ground.runIn('hostile', '/may/cat /root/secret 2>&1', 'app'), `${mark}\n`)
  })

  it('may not unzip to more than the snapshot may have', async () => {
    const bomb = tarOf([{ name: 'bomb', content: Buffer.alloc(200 * 2 ** 20) }])
    await assert.rejects(make({ layers: [shell, bomb] }, 1 / 8), {
      code: 'BAD_REQUEST',
      message: /larger than 0.125 GiB/,
    })
    // After its end, where no file takes the bytes.
    const tail = tarOf([at('x')], Buffer.alloc(600 * 2 ** 20))
    await assert.rejects(make({ layers: [shell, tail] }, 1 / 8), { code: 'BAD_REQUEST', message: /larger than/ })
    const many = tarOf(Array.from({ length: 30_000 }, (_, index) => at(`srv/${index}`)))
    await make({ layers: [shell, many] })
    assert.equal(await ground.runIn('hostile', 'ls /srv | wc -l'), '30000\n')
  })

  it('may be no tar file, or a torn one', async () => {
    const whole = tarOf([{ name: 'large', content: Buffer.alloc(100_000, 'x') }])
    await assert.rejects(make({ layers: [shell, Buffer.from('no tar file at all')], packing: 'none' }), {
      code: 'BAD_REQUEST',
    })
    await assert.rejects(make({ layers: [shell, whole.subarray(0, 50_000)] }), { message: /ends in the midst/ })
    await assert.rejects(make({ layers: [shell, gzipSync(whole).subarray(0, 60)], packing: 'none' }), {
      message: /damaged|ought to be/,
    })
    await make({ layers: [shell, Buffer.alloc(0), Buffer.alloc(1024)] })
  })

  it('are all gone', async () => {
    await ground.reopen({ layerRestMs: 0 })
    await assertEmpty(ground.ground)
  })
})
