import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { Engine } from '@sandyard/protocol'
import {
  createGround,
  type EngineGround,
  skipWithoutRoot,
  specOf,
  testBase,
} from '../../engine/src/local/engine.fixture.ts'
import { buildImages, type Images } from '../../engine/src/local/images.fixture.ts'
import { createSshGateway, openHostKey, type SshGateway } from '../../gateway/src/index.ts'
import { openDoor, run, type SshDoor } from '../fixtures/ssh.ts'

const images = [
  { name: 'alpine', user: 'root', home: '/work' },
  { name: 'alpine', user: 'app', home: '/work' },
  { name: 'scratch', user: 'root', home: '/root' },
  { name: 'distroless', user: '65532', home: '/home/nonroot' },
]

describe('SSH into images that have no shell, no git, or no glibc', { skip: skipWithoutRoot }, () => {
  const stack = new AsyncDisposableStack()
  let engine: Engine
  let gateway: SshGateway
  let folder: string
  let port: number

  before(async () => {
    const base = await testBase()
    const [standard] = base.snapshots
    assert.ok(standard)
    const built: Images = buildImages(standard.rootfs)
    stack.defer(() => built.remove())
    const ground: EngineGround = await createGround()
    stack.defer(() => ground.remove())
    engine = await ground.open({ snapshots: [...base.snapshots, built.alpine, built.scratch, built.distroless] })
    stack.defer(() => engine.close())
    folder = mkdtempSync(join(tmpdir(), 'sandyard-ssh-'))
    stack.defer(() => rmSync(folder, { recursive: true }))
    gateway = createSshGateway({
      // The token is the id of a sandbox without its dashes.
      access: {
        checkSsh: async ({ token }) => ({
          kind: 'granted',
          sandboxId: token.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-'),
          expiresAtMs: Date.now() + 3600_000,
        }),
        touch() {},
      },
      dial: engine.dial,
      hostKey: await openHostKey(folder),
      log: { info() {}, warn() {}, error() {} },
      clock: Date.now,
    })
    const server = createServer({ pauseOnConnect: true }, (socket) => gateway.serve(socket))
    port = await new Promise<number>((resolve) => {
      server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port))
    })
    stack.defer(() => {
      gateway.close()
      server.close()
    })
  })
  after(() => stack.disposeAsync())

  for (const { name, user, home } of images) {
    test(`${name} as ${user}`, async () => {
      const writable = user !== 'app'
      const spec = specOf({ snapshot: name, user })
      await engine.create(spec)
      try {
        const token = spec.id.replaceAll('-', '')
        const door = openDoor({ token, sshCommand: `ssh -p ${port} ${token}@localhost`, expiresAt: '' }, folder)
        const { code, stdout, stderr } = await door.ssh(['echo "$((6*7)) $PWD"; echo err >&2; exit 7'])
        assert.deepEqual([code, stdout.toString(), stderr], [7, `42 ${home}\n`, 'err\n'])
        const shell = await door.ssh([], { options: ['-tt'], input: 'echo $((6*7))\nexit 5\n' })
        assert.deepEqual([shell.code, /42\r\n/.test(shell.stdout.toString())], [5, true], shell.stdout.toString())
        await transfer(door, writable ? home : '/tmp', join(folder, spec.id))
      } finally {
        await engine.destroy(spec.id)
      }
    })
  }
})

/** Sends a file there and back by all that send files. */
async function transfer(door: SshDoor, place: string, folder: string): Promise<void> {
  mkdirSync(folder)
  const bytes = randomBytes(200_000)
  writeFileSync(join(folder, 'file'), bytes)
  const succeed = async (file: string, args: readonly string[], input = '', env = {}): Promise<void> => {
    const { code, stderr } = await run(file, args, { input, env })
    assert.equal(code, 0, `${file} ${args.join(' ')}: ${stderr}`)
  }
  const port = ['-P', String(door.port), ...door.options]
  const far = (name: string): string => `${door.target}:${place}/${name}`
  await succeed(
    'sftp',
    [...port, '-b', '-', door.target],
    `put ${folder}/file ${place}/a\nget ${place}/a ${folder}/a\n`,
  )
  await succeed('scp', [...port, '-O', join(folder, 'file'), far('b')])
  await succeed('scp', [...port, '-O', far('b'), join(folder, 'b')])
  await succeed('scp', [...port, join(folder, 'file'), far('c')])
  await succeed('scp', [...port, far('c'), join(folder, 'c')])
  await succeed('rsync', ['-a', '-e', door.command, join(folder, 'file'), far('d')])
  await succeed('rsync', ['-a', '-e', door.command, far('d'), join(folder, 'd')])
  for (const name of 'abcd') assert.ok(readFileSync(join(folder, name)).equals(bytes), name)
  const git = (...args: string[]) => succeed('git', args, '', { GIT_SSH_COMMAND: door.command })
  const own = ['-C', join(folder, 'repo'), '-c', 'user.name=a', '-c', 'user.email=a@example.com']
  await succeed('ssh', [
    '-p',
    String(door.port),
    ...door.options,
    door.target,
    `git init -q --bare -b main ${place}/repo.git`,
  ])
  await git('clone', '-q', `ssh://${door.target}${place}/repo.git`, join(folder, 'repo'))
  await git(...own, 'commit', '-q', '--allow-empty', '-m', 'first')
  await git(...own, 'push', '-q', 'origin', 'HEAD:main')
  await git(...own, 'fetch', '-q')
}
