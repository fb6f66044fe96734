import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:https'
import { after, before, describe, it } from 'node:test'
import type { NetworkRules, RevealedSecret } from '@sandyard/protocol'
import { assertEmpty, until } from '../empty.fixture.ts'
import { skipWithoutRoot, specOf } from '../engine.fixture.ts'
import { header, openSecretsGround, type SecretsGround, secretOf } from './secrets.fixture.ts'

/** A program for a TLS connection to an address, which names a host, sends bytes and prints what comes. */
const talk = (address: string, name: string, bytes: string): string => `
import socket, ssl
context = ssl.create_default_context()
context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
try:
    c = context.wrap_socket(socket.create_connection(('${address}', 443), 5), server_hostname=${name === '' ? 'None' : `'${name}'`})
    c.settimeout(5)
    c.sendall(${JSON.stringify(bytes)}.encode())
    while True:
        said = c.recv(65536)
        if not said: break
        print(said.decode(), end='', flush=True)
except OSError as e: print('failed', e)`

describe('attempts to get at secrets from inside', { skip: skipWithoutRoot }, () => {
  const { use, revealed } = secretOf(['api.one.test', 'wrong.one.test', 'host.one.test', 'inner.one.test'])
  const thief = secretOf(['api.one.test'])
  const open: NetworkRules = { blockAll: false, allowList: null }
  const { id } = specOf()
  let outer: SecretsGround
  let address: string
  let all: Map<string, RevealedSecret[]>

  before(async () => {
    outer = await openSecretsGround()
    address = outer.one.address
    outer.zone({
      'host.one.test': { A: [outer.one.host] },
      'inner.one.test': { A: ['10.255.3.1', '169.254.169.254', '127.0.0.1', '198.18.0.1'] },
    })
    all = new Map([[id, [revealed]]])
    outer.reveal = async (sandboxId) => all.get(sandboxId) ?? []
    await outer.engine.create(specOf({ id, secrets: [use] }))
    // From here on connections there are taken.
    await outer.sh(id, 'curl -sS https://api.one.test/')
  })
  after(async () => {
    try {
      await outer?.engine.destroy(id)
      if (outer !== undefined) await assertEmpty(outer.ground)
    } finally {
      await outer?.close()
    }
  })

  const request = (host: string, more = '', target = '/'): string =>
    `GET ${target} HTTP/1.1\r\nHost: ${host}\r\nX-Key: ${use.placeholder}\r\n${more}Connection: close\r\n\r\n`
  const say = (name: string, bytes: string, to = address): Promise<string> => outer.python(id, talk(to, name, bytes))

  it('by another name in the Host header, the target or the connection, get nothing', async () => {
    assert.match(await say('api.one.test', request('api.one.test')), new RegExp(revealed.value), 'the honest way')
    assert.match(await say('api.one.test', request('api.one.test:443')), new RegExp(revealed.value))
    for (const host of ['other.one.test', 'api.one.test:444', 'api.one.test@other.one.test', 'api.one.test.evil', '']) {
      assert.match(await say('api.one.test', request(host)), /^HTTP\/1\.1 421 /, host)
    }
    assert.match(await say('other.one.test', request('api.one.test')), new RegExp(use.placeholder), 'as it was sent')
    for (const head of [
      request('api.one.test', 'Host: other.one.test\r\n'),
      request('api.one.test', '', 'https://other.one.test/'),
      request('api.one.test', '', 'https://api.one.test/'),
      request('api.one.test', '', '//other').replace('GET', 'CONNECT'),
      `GET / HTTP/1.0\r\nX-Key: ${use.placeholder}\r\n\r\n`,
      request('api.one.test').replace('GET', 'TRACE'),
    ]) {
      const said = await say('api.one.test', head)
      assert.doesNotMatch(said, new RegExp(`${revealed.value}|200 OK`), head)
    }
  })

  it('by requests that are not what they seem, get nothing', async () => {
    const hidden = `0\r\n\r\nGET /hidden HTTP/1.1\r\nHost: other.one.test\r\nX-Key: ${use.placeholder}\r\n\r\n`
    const length = `Content-Length: ${hidden.length}\r\n`
    for (const more of [
      `${length}Transfer-Encoding: chunked\r\n`,
      `Transfer-Encoding: chunked\r\n${length}`,
      `${length}Content-Length: 0\r\n`,
      'Transfer-Encoding: chunked, identity\r\n',
      'Transfer-Encoding : chunked\r\n',
      'Transfer-Encoding:\x0bchunked\r\n',
      `X: a\r\n b: c\r\n`,
      `X: a\nY: b\r\n`,
      `Bad Name: x\r\n`,
    ]) {
      const said = await say('api.one.test', `${request('api.one.test', more).replace('GET', 'POST')}${hidden}`)
      assert.match(said, /^HTTP\/1\.1 (4|5)\d\d |^failed|^$/, JSON.stringify(more))
      assert.doesNotMatch(said, /hidden|value-/)
    }
    const long = request('api.one.test', `X: ${'x'.repeat(100_000)}\r\n`)
    assert.doesNotMatch(await say('api.one.test', long), /200 OK|value-/)
  })

  it('by what is no TLS, names nobody or is no HTTPS port, get no connection or the host itself', async () => {
    assert.match(await say('', request('api.one.test')), /^failed/)
    const plain = `printf 'GET / HTTP/1.1\\r\\nHost: api.one.test\\r\\nX-Key: %s\\r\\n\\r\\n' $KEY | timeout 5 nc -w 3 ${address} 443; echo $?`
    assert.doesNotMatch(await outer.sh(id, plain), /HTTP|value-/)
    const python = (program: string) => outer.python(id, `import socket\n${program}`)
    const gateway = (await outer.sh(id, "sed -n 's/nameserver //p' /etc/resolv.conf")).trim()
    for (const port of [443, 444]) {
      const said = await python(`
try:
    socket.create_connection(('${gateway}', ${port}), 3)
    print('connected')
except OSError as e: print(e)`)
      assert.doesNotMatch(said, /^connected/, 'the proxy is nobody’s but by the firewall')
    }
    // Nothing listens there, and it is not us who say so.
    assert.match(
      await outer.sh(id, 'curl -sS http://api.one.test/; curl -sS https://api.one.test:8443/'),
      /Failed to connect[\s\S]*Failed to connect/,
    )
  })

  it('by a host that is not who it says, or that lies where the sandbox may not go, get nothing', async () => {
    const wrong = await outer.curl(id, '-H "X-Key: $KEY" https://wrong.one.test/')
    assert.match(wrong.text, /No safe connection to wrong\.one\.test/)
    const pem = readFileSync(outer.hostFile)
    let reached = 0
    const local = createServer({ key: pem, cert: pem }, (_, response) => response.end('from this machine'))
    local.on('connection', () => {
      reached += 1
    })
    local.listen(443, outer.one.host)
    await once(local, 'listening')
    try {
      for (const args of ['https://host.one.test/', `--resolve host.one.test:443:${address} https://host.one.test/`]) {
        assert.doesNotMatch((await outer.curl(id, `-H "X-Key: $KEY" ${args}`)).text, /from this machine/)
      }
      assert.equal(reached, 0, 'this machine is as closed as without a secret')
    } finally {
      local.close()
    }
    assert.match((await outer.curl(id, 'https://inner.one.test/')).text, /Could not resolve/)
    const inner = await outer.curl(id, `-k --resolve inner.one.test:443:${address} https://inner.one.test/`)
    assert.match(inner.text, /network rules of the sandbox do not allow/)
    assert.ok((await outer.engine.refused(id)).some(({ target }) => target === 'inner.one.test'))
  })

  it('by a placeholder of another sandbox, get the placeholder', async () => {
    const other = specOf({ secrets: [thief.use] })
    all.set(other.id, [thief.revealed])
    await outer.engine.create(other)
    const seen = await outer.curl(other.id, `-H "X-Own: $KEY" -H "X-Stolen: ${use.placeholder}" https://api.one.test/`)
    assert.equal(header(seen, 'x-own'), thief.revealed.value)
    assert.equal(header(seen, 'x-stolen'), use.placeholder)
    await outer.engine.destroy(other.id)
    const none = specOf()
    await outer.engine.create(none)
    const direct = await outer.curl(none.id, `-k -H "X-Stolen: ${use.placeholder}" https://api.one.test/`)
    assert.equal(header(direct, 'x-stolen'), use.placeholder)
    await outer.engine.destroy(none.id)
  })

  it('by values that cannot be had or do not fit, send nothing', async () => {
    all.set(id, [{ ...revealed, value: 'a\r\nX-Evil: 1' }])
    assert.match(
      (await outer.curl(id, '-w "%{http_code}" -H "X-Key: $KEY" https://api.one.test/')).text,
      /no header can hold\.\n502$/,
    )
    const before = outer.reveal
    outer.reveal = async () => {
      throw new Error('the store is away')
    }
    const failed = await outer.curl(id, '-w "%{http_code}" -H "X-Key: $KEY" https://api.one.test/')
    assert.match(failed.text, /cannot be had now; the request was not sent\.\n502$/)
    assert.doesNotMatch(failed.text, /store/)
    assert.notEqual((await outer.curl(id, 'https://api.one.test/')).json, null, 'without a secret it goes')
    outer.reveal = before
    all.set(id, [{ ...revealed, hosts: ['other.one.test'] }])
    assert.equal(header(await outer.curl(id, '-H "X-Key: $KEY" https://api.one.test/'), 'x-key'), use.placeholder)
    all.set(id, [revealed])
  })

  it('are held to the network rules, also on connections that are open', async () => {
    const hold = `
import os, socket, ssl
c = ssl.create_default_context().wrap_socket(socket.create_connection(('api.one.test', 443)), server_hostname='api.one.test')
c.sendall(b'GET /large?bytes=100000000000 HTTP/1.1\\r\\nHost: api.one.test\\r\\n\\r\\n')
while True:
    said = c.recv(100000)
    if not said: break
    open('/tmp/held', 'a').write('x')`
    const held = async (): Promise<string> => (await outer.sh(id, 'pgrep -fc "^python3 /tmp/hold.py"')).trim()
    const begin = async (): Promise<void> => {
      await outer.sh(
        id,
        `cat > /tmp/hold.py <<'END'\n${hold}\nEND\nrm -f /tmp/held; setsid python3 /tmp/hold.py >/dev/null 2>&1 &`,
      )
      await until(async () => (await outer.sh(id, 'test -s /tmp/held && echo yes')) === 'yes\n')
    }
    const send = async (): Promise<string> => (await outer.curl(id, '-m 3 -H "X-Key: $KEY" https://api.one.test/')).text
    const pinned = `-k -m 3 --resolve api.one.test:443:${address} -H "X-Key: $KEY" https://api.one.test/`
    await begin()
    await outer.engine.setNetwork(id, { ...open, domains: ['*.one.test'] })
    assert.equal(await held(), '1', 'it goes on where it may')
    assert.match(await send(), new RegExp(revealed.value))
    await outer.engine.setNetwork(id, { ...open, domains: ['other.one.test'] })
    await until(async () => (await held()) === '0')
    assert.match(await send(), /Could not resolve/)
    assert.match((await outer.curl(id, pinned)).text, /network rules of the sandbox do not allow/)
    assert.match(await outer.sh(id, 'curl -sS -m 3 https://other.one.test/'), /other\.one\.test/)
    await outer.engine.setNetwork(id, { ...open, allowList: [`${address}/32`] })
    assert.match(await send(), new RegExp(revealed.value))
    await begin()
    await outer.engine.setNetwork(id, { ...open, allowList: ['203.0.113.0/24'] })
    await until(async () => (await held()) === '0')
    assert.match((await outer.curl(id, pinned)).text, /network rules of the sandbox do not allow/)
    for (const denied of [{ denyList: [`${address}/32`] }, { denyDomains: ['*.one.test'] }]) {
      await outer.engine.setNetwork(id, open)
      await begin()
      await outer.engine.setNetwork(id, { ...open, ...denied })
      await until(async () => (await held()) === '0')
      assert.match((await outer.curl(id, pinned)).text, /network rules of the sandbox do not allow/)
    }
    await outer.engine.setNetwork(id, { ...open, blockAll: true })
    assert.doesNotMatch((await outer.curl(id, pinned)).text, /HTTP|value-|Secrets/)
    await outer.engine.setNetwork(id, open)
    assert.match(await send(), new RegExp(revealed.value))
  })

  it('in its memory, files and records, and in what is saved of it, find the placeholder alone', async () => {
    await outer.curl(id, '-H "X-Key: $KEY" https://api.one.test/ -o /dev/null')
    const inside = await outer.sh(
      id,
      `(env; cat /proc/*/environ /proc/*/cmdline; cat /etc/ssl/sandyard-ca.pem /etc/hosts; grep -rs value- /tmp /home /run /etc /dev/shm) 2>/dev/null | tr '\\0' '\\n' | grep -c '[v]${revealed.value.slice(1)}'`,
    )
    assert.equal(inside, '0\n')
    await outer.engine.saveSnapshot(id, 'kept')
    execFileSync('sync')
    const places = [outer.ground.data, `/run/sandyard/${outer.ground.index}/sandboxes`]
    const found = (text: string): string => {
      // The file system of the disks is mounted below, so its file need not be read.
      const args = ['-rlsa', '--devices=skip', '--exclude=disks.btrfs', text, ...places]
      const { status, stdout } = spawnSync('grep', args, { encoding: 'utf8', timeout: 60_000 })
      assert.ok(status !== null, 'it has looked everywhere')
      return stdout
    }
    assert.equal(found(revealed.value), '')
    assert.match(found(use.placeholder), /sandbox\.json/)
    assert.doesNotMatch(await outer.sh(id, 'cat /etc/ssl/sandyard-ca.pem'), /PRIVATE/)
    await outer.engine.removeSnapshot('kept')
  })

  it('cannot keep others from theirs: many connections of one are refused, and others are served', async () => {
    const other = specOf({ secrets: [thief.use] })
    all.set(other.id, [thief.revealed])
    await outer.engine.create(other)
    const flood = outer.python(
      id,
      `import socket, time
socks = []
for i in range(700):
    s = socket.socket()
    s.setblocking(False)
    s.connect_ex(('${address}', 443))
    socks.append(s)
    time.sleep(0.01)
time.sleep(4)`,
    )
    await until(async () => (await outer.sh(id, 'pgrep -fc "^python3 -$"')).trim() === '1')
    for (let count = 0; count < 5; count++) {
      const seen = await outer.curl(other.id, '-H "X-Key: $KEY" https://api.one.test/')
      assert.equal(header(seen, 'x-key'), thief.revealed.value)
    }
    await flood
    await outer.engine.destroy(other.id)
    const seen = async () => header(await outer.curl(id, '-H "X-Key: $KEY" https://api.one.test/'), 'x-key')
    await until(async () => (await seen()) === revealed.value)
  })
})
