import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer as createHttpServer } from 'node:http'
import { type AddressInfo, connect, createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { startTestPlatform, type TestPlatform } from '../fixtures/platform.ts'
import { createAccess, openDoor, type Ran, run, type SshDoor, until } from '../fixtures/ssh.ts'

const text = ({ code, stdout, stderr }: Ran) => [code, stdout.toString(), stderr]

describe('SSH, by the programs of OpenSSH', () => {
  let platform: TestPlatform
  let folder: string
  let id: string
  let door: SshDoor

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'sandyard-ssh-'))
    platform = await startTestPlatform()
    id = ((await platform.call('POST', '/sandbox', {})).body as { id: string }).id
    door = openDoor(await createAccess(platform, id), folder)
  })
  after(async () => {
    await platform?.remove()
    rmSync(folder, { recursive: true, force: true })
  })

  test('the host is known by the key that the configuration tells', async () => {
    const { body } = await platform.call('GET', '/config')
    const config = body as Record<string, never>
    const { stdout } = await run('ssh-keyscan', ['-p', String(door.port), 'localhost'])
    const [key = ''] = config.sshGatewayHostKeys as unknown as string[]
    assert.equal(stdout.toString().trim(), `[localhost]:${door.port} ${key}`)
    assert.equal(Buffer.from(config.sshGatewayPublicKey as unknown as string, 'base64').toString(), key)
    writeFileSync(join(folder, 'key.pub'), `${key}\n`)
    const shown = await run('ssh-keygen', ['-lf', join(folder, 'key.pub')])
    assert.ok(shown.stdout.toString().includes((config.sshGatewayHostKeyFingerprints as unknown as string[])[0] ?? '-'))
    assert.equal(config.sshGatewayCommand, `ssh -p ${door.port} {{TOKEN}}@localhost`)
  })

  test('commands: output and errors apart, exact codes, bytes as they are', async () => {
    assert.deepEqual(text(await door.ssh(['echo out; echo err >&2; exit 7'])), [7, 'out\n', 'err\n'])
    assert.deepEqual(text(await door.ssh(['true'])), [0, '', ''])
    assert.equal((await door.ssh(['no-such-program'])).code, 127)
    assert.equal((await door.ssh(['kill -TERM $$'])).code, 255, 'a signal is no exit code')
    assert.equal(
      (await door.ssh(['echo', '"a  b"', '$HOME', "'$HOME'"])).stdout.toString(),
      'a  b /home/daytona $HOME\n',
    )
    const bytes = randomBytes(8_000_000)
    const echoed = await door.ssh(['cat'], { input: bytes })
    assert.equal(echoed.code, 0)
    assert.ok(echoed.stdout.equals(bytes))
    assert.deepEqual(text(await door.ssh([], { options: ['-T'], input: 'cd /tmp\npwd\nexit 3\n' })), [3, '/tmp\n', ''])
    const variables = await run(
      'ssh',
      ['-p', String(door.port), ...door.options, '-o', 'SendEnv=LC_OWN LD_PRELOAD', door.target, 'env'],
      {
        env: { LC_OWN: 'mine', LD_PRELOAD_: 'x' },
      },
    )
    assert.match(variables.stdout.toString(), /^LC_OWN=mine$/m)
    assert.match(variables.stdout.toString(), /^SSH_CONNECTION=127\.0\.0\.1 \d+ 127\.0\.0\.1 \d+$/m)
    const refused = await door.ssh(['echo "<$LD_LIBRARY_PATH>"'], {
      options: ['-o', 'SetEnv=LD_LIBRARY_PATH=/x'],
    })
    assert.equal(refused.stdout.toString(), '<>\n')
  })

  test('a terminal: its own, of the right kind, gone with the client', async () => {
    const { code, stdout } = await door.ssh(['tty; echo $TERM; test -t 0 && test -t 2 && exit 9'], { options: ['-tt'] })
    assert.equal(code, 9)
    assert.match(stdout.toString(), /^\/dev\/pts\/\d+\r\n/)
    const shell = await door.ssh([], { options: ['-tt'], input: 'echo $((6*7)) $- \nexit 5\n' })
    assert.equal(shell.code, 5)
    assert.match(shell.stdout.toString(), /42 \w*i\w*\r\n/)
    const client = door.start(['-tt'], ['echo $$; exec sleep 1971'])
    const pid = Number((await once(client.stdout ?? client, 'data')).toString())
    client.kill('SIGKILL')
    await gone(door, pid)
  })

  test('programs end with their client, but for those that are to outlive it', async () => {
    const client = door.start([], ['echo $$; exec sleep 1972'])
    const pid = Number((await once(client.stdout ?? client, 'data')).toString())
    client.kill('SIGKILL')
    await gone(door, pid)
    const startedMs = Date.now()
    const left = await door.ssh(['nohup sleep 1973 >/dev/null 2>&1 & echo $!'])
    assert.ok(Date.now() - startedMs < 10_000)
    assert.equal((await door.ssh([`kill ${left.stdout.toString()}`])).code, 0, 'it is still there')
    const late = await door.ssh(['(sleep 1; echo late) & echo soon'])
    assert.equal(late.stdout.toString(), 'soon\nlate\n', 'what writes into the connection keeps it open')
  })

  test('sftp, both forms of scp, and rsync', async () => {
    const bytes = randomBytes(3_000_000)
    mkdirSync(join(folder, 'tree/deep'), { recursive: true })
    writeFileSync(join(folder, 'tree/a file'), bytes)
    writeFileSync(join(folder, 'tree/deep/empty'), '')
    const port = String(door.port)
    const batch = `put "${folder}/tree/a file" up\nrename up renamed\nmkdir d\nls -l\nget renamed ${folder}/down\nrm renamed\nrmdir d\n`
    const sftp = await run('sftp', ['-P', port, ...door.options, '-b', '-', door.target], { input: batch })
    assert.equal(sftp.code, 0, sftp.stderr)
    assert.ok(readFileSync(join(folder, 'down')).equals(bytes))
    for (const form of [[], ['-O']]) {
      const scp = (...args: string[]) => run('scp', ['-P', port, ...door.options, ...form, '-r', ...args])
      const up = await scp(join(folder, 'tree'), `${door.target}:copied`)
      assert.equal(up.code, 0, up.stderr)
      const target = join(folder, `back${form.length}`)
      const down = await scp(`${door.target}:copied`, target)
      assert.equal(down.code, 0, down.stderr)
      assert.ok(readFileSync(join(target, 'a file')).equals(bytes))
      await door.ssh(['rm -r copied'])
    }
    for (const [from, to] of [
      [`${folder}/tree/`, `${door.target}:synced`],
      [`${door.target}:synced/`, `${folder}/synced`],
    ] as const) {
      const rsync = await run('rsync', ['-a', '-e', door.command, from, to])
      assert.equal(rsync.code, 0, rsync.stderr)
    }
    assert.ok(readFileSync(join(folder, 'synced/a file')).equals(bytes))
  })

  test('git: clone, push and fetch', async () => {
    await door.ssh(['git init -q --bare -b main repo.git'])
    const clone = join(folder, 'clone')
    const git = async (...args: string[]): Promise<string> => {
      const { code, stdout, stderr } = await run('git', args, { env: { GIT_SSH_COMMAND: door.command } })
      assert.equal(code, 0, stderr)
      return stdout.toString()
    }
    await git('clone', '-q', `ssh://${door.target}/home/daytona/repo.git`, clone)
    writeFileSync(join(clone, 'large'), randomBytes(2_000_000))
    const own = ['-C', clone, '-c', 'user.name=a', '-c', 'user.email=a@example.com']
    await git(...own, 'add', '.')
    await git(...own, 'commit', '-qm', 'first')
    await git(...own, 'push', '-q', 'origin', 'HEAD:main')
    await door.ssh([
      'git clone -q repo.git work && cd work && echo x > y && git add y && git -c user.name=b -c user.email=b@example.com commit -qm second && git push -q',
    ])
    await git(...own, 'fetch', '-q')
    assert.equal(await git(...own, 'log', '--format=%s', 'origin/main'), 'second\nfirst\n')
  })

  test('connections into the sandbox: ports, unix sockets, and SOCKS', async () => {
    const serve = 'import http.server as h; h.HTTPServer(("127.0.0.1",8123),h.SimpleHTTPRequestHandler).serve_forever()'
    await door.ssh([`mkdir -p www; cd www; echo inside > index.html; nohup python3 -c '${serve}' >/dev/null 2>&1 &`])
    const relay =
      'import socket,sys; s=socket.socket(socket.AF_UNIX); s.bind("/tmp/u.sock"); s.listen(); c,_=s.accept(); d=b""\nwhile x:=c.recv(99): d+=x\nc.sendall(b"got "+d); c.close()'
    const unix = door.start([], [`python3 -c '${relay}'`])
    const [one, two, three, four] = await freePorts(4)
    const client = door.start([
      ...[
        '-N',
        '-L',
        `${one}:localhost:8123`,
        '-L',
        `${two}:/tmp/u.sock`,
        '-L',
        `${three}:localhost:1`,
        '-D',
        `${four}`,
      ],
    ])
    try {
      await listening(four)
      const page = await run('curl', [
        '-s',
        '--retry',
        '20',
        '--retry-all-errors',
        '--retry-delay',
        '1',
        `http://localhost:${one}/`,
      ])
      assert.deepEqual(text(page), [0, 'inside\n', ''])
      const socks = await run('curl', ['-sS', '--socks5-hostname', `localhost:${four}`, 'http://127.0.0.1:8123/'])
      assert.deepEqual(text(socks), [0, 'inside\n', ''])
      assert.notEqual((await run('curl', ['-sS', `http://localhost:${three}/`])).code, 0)
      assert.equal(await halfClosed(two, 'hello'), 'got hello')
    } finally {
      client.kill()
      unix.kill()
    }
  })

  test('connections out of the sandbox: ports and unix sockets', async () => {
    const server = createHttpServer((_request, response) => response.end('outside\n'))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const place = `127.0.0.1:${(server.address() as AddressInfo).port}`
    try {
      const options = [
        '-R',
        `9100:${place}`,
        '-R',
        `0:${place}`,
        '-R',
        `/tmp/r.sock:${place}`,
        '-o',
        'ExitOnForwardFailure=yes',
      ]
      const got = await door.ssh(
        ['curl -sS localhost:9100; curl -sS --unix-socket /tmp/r.sock http://x/; stat -c %a /tmp/r.sock'],
        { options },
      )
      assert.deepEqual([got.code, got.stdout.toString()], [0, 'outside\noutside\n600\n'])
      const port = /Allocated port (\d+)/.exec(got.stderr)?.[1]
      assert.ok(Number(port) > 0, got.stderr)
      assert.notEqual((await door.ssh(['curl -sS localhost:9100'])).code, 0, 'it ends with its connection')
      const taken = door.start(['-N', '-R', `9101:${place}`])
      try {
        await until(async () => (await door.ssh(['curl -sS localhost:9101'])).stdout.toString() === 'outside\n')
        const second = await door.ssh(['true'], { options: ['-R', `9101:${place}`, '-o', 'ExitOnForwardFailure=yes'] })
        assert.equal(second.code, 255)
      } finally {
        taken.kill()
      }
    } finally {
      server.close()
    }
  })

  test('the client’s agent of keys can be asked from inside, while it is connected', async () => {
    const agentSocket = join(folder, 'agent.sock')
    const key = join(folder, 'identity')
    await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key])
    const started = await run('ssh-agent', ['-a', agentSocket])
    const pid = Number(/SSH_AGENT_PID=(\d+)/.exec(started.stdout.toString())?.[1])
    try {
      await run('ssh-add', ['-q', key], { env: { SSH_AUTH_SOCK: agentSocket } })
      const args = ['-A', '-p', String(door.port), ...door.options, door.target]
      const listed = await run('ssh', [...args, 'ssh-add -L; stat -c "%a %U" $SSH_AUTH_SOCK; echo $SSH_AUTH_SOCK'], {
        env: { SSH_AUTH_SOCK: agentSocket },
      })
      const [line = '', rights, path] = listed.stdout.toString().split('\n')
      assert.equal(line.split(' ')[1], readFileSync(`${key}.pub`, 'utf8').split(' ')[1])
      assert.equal(rights, '600 daytona')
      assert.equal((await door.ssh([`ls ${path}`])).code, 2, 'it goes with the connection')
      assert.equal((await door.ssh(['echo "<$SSH_AUTH_SOCK>"'])).stdout.toString(), '<>\n')
    } finally {
      process.kill(pid)
    }
  })

  test('many programs over one connection, and many connections', async () => {
    const control = join(folder, 'control')
    const master = door.start(['-M', '-S', control, '-N'])
    try {
      const through = (command: string) => run('ssh', ['-F', 'none', '-S', control, door.target, command])
      await until(async () => (await run('ssh', ['-F', 'none', '-S', control, '-O', 'check', door.target])).code === 0)
      const ran = await Promise.all(Array.from({ length: 24 }, (_, at) => through(`sleep 0.3; echo ${at}; exit ${at}`)))
      assert.deepEqual(
        ran.map(text),
        Array.from({ length: 24 }, (_, at) => [at, `${at}\n`, '']),
      )
    } finally {
      master.kill()
    }
    const ran = await Promise.all(Array.from({ length: 30 }, (_, at) => door.ssh([`echo ${at}`])))
    assert.deepEqual(
      ran.map(({ stdout }) => stdout.toString()),
      Array.from({ length: 30 }, (_, at) => `${at}\n`),
    )
  })

  test('clients that ask whether we are there are answered; X11 is refused', async () => {
    const options = ['-o', 'ServerAliveInterval=1', '-o', 'ServerAliveCountMax=1']
    assert.equal((await door.ssh(['sleep 4; echo here'], { options })).stdout.toString(), 'here\n')
    assert.equal((await door.ssh(['echo "<$DISPLAY>"'], { options: ['-X'] })).stdout.toString(), '<>\n')
  })
})

/** Waits until a process inside is gone. */
async function gone(door: SshDoor, pid: number): Promise<void> {
  await until(async () => (await door.ssh([`kill -0 ${pid}`])).code !== 0)
}

async function freePorts(count: number): Promise<[number, number, number, number]> {
  const servers: Server[] = []
  for (let at = 0; at < count; at++) {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    servers.push(server)
  }
  const ports = servers.map((server) => (server.address() as AddressInfo).port)
  for (const server of servers) server.close()
  return ports as [number, number, number, number]
}

async function listening(port: number): Promise<void> {
  await until(
    () =>
      new Promise((resolve) => {
        const socket = connect(port, '127.0.0.1')
        socket.once('connect', () => resolve(socket.destroy() !== null)).once('error', () => resolve(false))
      }),
  )
}

/** What the other end says after we have said all. */
async function halfClosed(port: number, said: string): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  socket.end(said)
  let heard = ''
  for await (const bytes of socket) heard += String(bytes)
  return heard
}
