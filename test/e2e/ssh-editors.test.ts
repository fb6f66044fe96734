import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'
import { test } from 'node:test'
import { promisify } from 'node:util'
import ssh2, { type ClientChannel, type SFTPWrapper } from 'ssh2'
import { layGround } from '../fixtures/ground.ts'
import { startTestPlatform } from '../fixtures/platform.ts'
import { createAccess, openDoor, run, until } from '../fixtures/ssh.ts'

/** A sandbox, and an editor's server as it is brought to other machines: a packed folder with a program in it. */
const { door, folder } = await layGround(async (ground) => {
  const made = mkdtempSync(join(tmpdir(), 'sandyard-editors-'))
  ground.defer(() => rmSync(made, { recursive: true, force: true }))
  const platform = await startTestPlatform()
  ground.defer(() => platform.remove())
  const { id } = (await platform.call('POST', '/sandbox', {})).body as { id: string }
  const root = join(made, 'server-linux-x64')
  mkdirSync(join(root, 'bin'), { recursive: true })
  cpSync(join(import.meta.dirname, '../fixtures/editor-server.mjs'), join(root, 'server.mjs'))
  const starter = '#!/bin/sh\nexec node "$(dirname "$0")/../server.mjs" "$@"\n'
  writeFileSync(join(root, 'bin/editor-server'), starter)
  chmodSync(join(root, 'bin/editor-server'), 0o755)
  writeFileSync(join(root, 'large'), randomBytes(20_000_000)) // such servers are large
  execFileSync('tar', ['-C', made, '-czf', join(made, 'server.tar.gz'), 'server-linux-x64'])
  return { door: openDoor(await createAccess(platform, id), made), folder: made }
})

/** What the editor runs by `bash` on standard input: it starts the server unless it runs, and says where it listens. */
const install = (where: string): string => `
unset PROMPT_COMMAND
echo 'abc123: running'
printf 'arch==%s==%s==\\n' "$(uname -s)" "$(uname -m)"
home=$HOME/.editor-server; commit=$home/bin/0123abcd; log=$home/.0123abcd.log; pid=$home/.0123abcd.pid
mkdir -p "$commit"
[ -x "$commit/bin/editor-server" ] || tar -xzf "$home/server.tar.gz" --strip-components 1 -C "$commit" || { echo 'abc123: failed'; exit 1; }
if [ -f "$pid" ] && kill -0 "$(cat "$pid")" 2>/dev/null; then echo 'found running server'
else
  nohup "$commit/bin/editor-server" secret ${where} > "$log" 2>&1 < /dev/null &
  echo $! > "$pid"
fi
for i in $(seq 100); do grep -q -i listening "$log" && break; sleep 0.05; done
printf 'listeningOn==%s==\\n' "$(sed -n 's/.*istening on //p' "$log")"
echo 'abc123: end'
while read -r _; do :; done
`

/** Starts what the editor starts, and gives what the script has said up to its end, and the connection. */
async function connectEditor(options: readonly string[], script: string) {
  const client = door.start(options, ['bash'])
  let said = ''
  client.stdout?.on('data', (bytes: Buffer) => {
    said += bytes.toString()
  })
  client.stdin?.write(script)
  await until(async () => said.includes('abc123: end') || client.exitCode !== null)
  assert.match(said, /^abc123: running\narch==Linux==\w+==\n/)
  const [, where = ''] = /listeningOn==(.+)==/.exec(said) ?? []
  return { client, said, where }
}

/** Speaks with the server by an upgraded connection, and has it give back some megabytes. */
async function converse(stream: Duplex): Promise<void> {
  stream.write(
    'GET /?reconnectionToken=x&tkn=secret HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
  )
  const bytes = randomBytes(3_000_000)
  let heard = Buffer.alloc(0)
  stream.on('data', (chunk: Buffer) => {
    heard = Buffer.concat([heard, chunk])
  })
  await until(async () => heard.includes('\r\n\r\n'))
  assert.match(heard.toString('latin1'), /^HTTP\/1\.1 101 /)
  heard = heard.subarray(heard.indexOf('\r\n\r\n') + 4)
  stream.write(bytes)
  await until(async () => heard.length >= bytes.length)
  assert.ok(heard.equals(bytes))
  stream.destroy()
}

/** A connection through SOCKS 5, as `ssh -D` offers it. */
async function throughSocks(port: number, target: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1')
  socket.write(Buffer.from([5, 1, 0]))
  assert.deepEqual([...((await once(socket, 'data'))[0] as Buffer)], [5, 0])
  socket.write(Buffer.from([5, 1, 0, 1, 127, 0, 0, 1, target >> 8, target & 255]))
  assert.equal(((await once(socket, 'data'))[0] as Buffer)[1], 0, 'connected')
  return socket
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  return port
}

test('VS Code: a script by bash brings a server, whose port is reached by -D, and which outlives the connection', async () => {
  await door.ssh(['mkdir', '-p', '.editor-server'])
  const copied = await run('scp', [
    ...['-P', String(door.port), ...door.options],
    ...[join(folder, 'server.tar.gz'), `${door.target}:.editor-server/server.tar.gz`],
  ])
  assert.equal(copied.code, 0, copied.stderr)
  const ports: string[] = []
  for (const isAgain of [false, true]) {
    const socks = await freePort()
    const options = ['-T', '-D', String(socks), '-o', 'ConnectTimeout=15', '-o', 'ServerAliveInterval=1']
    const { client, said, where } = await connectEditor(options, install('0'))
    assert.equal(said.includes('found running server'), isAgain, said)
    ports.push(where)
    try {
      const two = [1, 2].map(async () => converse(await throughSocks(socks, Number(where))))
      await Promise.all(two) // one for its windows, one for what is extended
      const page = await run('curl', ['-sS', '--socks5', `localhost:${socks}`, `http://127.0.0.1:${where}/version`])
      assert.equal(page.stdout.toString(), 'editor 1.0')
    } finally {
      client.kill()
      await once(client, 'close')
    }
  }
  assert.equal(ports[0], ports[1], 'the same server')
  await door.ssh(['kill $(cat .editor-server/.0123abcd.pid); rm .editor-server/.*.pid'])
})

test('VS Code with a server that listens on a socket: -L to it, over a connection that is shared', async () => {
  const control = join(folder, 'control')
  const local = join(folder, 'local.sock')
  const { client, where } = await connectEditor(['-T', '-M', '-S', control], install('/tmp/editor.sock'))
  try {
    assert.equal(where, '/tmp/editor.sock')
    const forward = ['-F', 'none', '-S', control, '-O', 'forward', '-L', `${local}:${where}`, door.target]
    assert.equal((await run('ssh', forward)).code, 0)
    await converse(connect(local))
  } finally {
    client.kill()
  }
})

test('JetBrains Gateway: one connection that asks, uploads by sftp, starts a backend and reaches its port', async () => {
  const client = new ssh2.Client()
  client.connect({ host: '127.0.0.1', port: door.port, username: door.token, keepaliveInterval: 1000 })
  await once(client, 'ready')
  try {
    const exec = promisify<string, ClientChannel>(client.exec.bind(client))
    const ask = async (command: string): Promise<string> => {
      const channel = await exec(command)
      let output = ''
      channel.on('data', (bytes: Buffer) => {
        output += bytes.toString()
      })
      await once(channel, 'close')
      return output
    }
    const asked = ['uname -sm', 'echo "$SHELL"', 'df -Pk "$HOME" | tail -1', 'id -u', 'test -d .cache/ide; echo $?']
    const [system = '', shell = '', free = '', user] = await Promise.all(asked.map(ask))
    assert.match(system, /^Linux \w+\n$/)
    assert.match(shell, /^\/.*sh\n$/)
    assert.match(free, /\d+ +\d+ +\d+/)
    assert.equal(user, '1000\n')
    const sftp: SFTPWrapper = await promisify(client.sftp.bind(client))()
    const call = <T>(work: (done: (error: Error | null | undefined, value: T) => void) => void): Promise<T> =>
      new Promise((resolve, reject) => work((error, value) => (error ? reject(error) : resolve(value))))
    await ask('mkdir -p .cache/ide')
    await call((done) =>
      sftp.fastPut(join(folder, 'server.tar.gz'), '.cache/ide/b.tar.gz', (error) => done(error, null)),
    )
    const { size } = await call<{ size: number }>((done) => sftp.stat('.cache/ide/b.tar.gz', done))
    assert.ok(size > 20_000_000)
    await call((done) => sftp.rename('.cache/ide/b.tar.gz', '.cache/ide/backend.tar.gz', (error) => done(error, null)))
    assert.equal(
      await ask('cd .cache/ide && tar -xzf backend.tar.gz --strip-components 1 && ls bin'),
      'editor-server\n',
    )
    const backend = await exec('.cache/ide/bin/editor-server secret 0')
    const [said] = (await once(backend, 'data')) as [Buffer]
    const port = Number(/listening on (\d+)/.exec(said.toString())?.[1])
    const forward = () => call<ClientChannel>((done) => client.forwardOut('127.0.0.1', 40_000, '127.0.0.1', port, done))
    await Promise.all([1, 2, 3].map(async () => converse(await forward())))
    backend.signal('TERM')
    await once(backend.resume(), 'close')
    await assert.rejects(forward(), /Connection refused|connect failed|open failure/i)
  } finally {
    const ended = new Promise<void>((resolve) => client.once('close', () => resolve()))
    client.on('error', () => {}) // the other side may hang up first
    client.end()
    await ended
  }
})
