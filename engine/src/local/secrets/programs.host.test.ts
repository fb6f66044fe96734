import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, before, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { until } from '../empty.fixture.ts'
import { skipWithoutRoot, specOf } from '../engine.fixture.ts'
import { header, openSecretsGround, type SecretsGround, secretOf } from './secrets.fixture.ts'

describe('programs that use secrets', { skip: skipWithoutRoot }, () => {
  const { use, revealed } = secretOf(['api.one.test', '*.two.test'])
  const { id } = specOf()
  let outer: SecretsGround

  before(async () => {
    outer = await openSecretsGround()
    outer.reveal = async (sandboxId) => (sandboxId === id ? [revealed] : [])
    await outer.engine.create(specOf({ id, secrets: [use] }))
  })
  after(async () => {
    await outer?.engine.destroy(id)
    await outer?.close()
  })

  it('send the value in headers and the query to the hosts of it, and the placeholder everywhere else', async () => {
    const seen = await outer.curl(
      id,
      `-H "Authorization: Bearer $KEY" -H "X-Two: a $KEY b" "https://api.one.test/$KEY?k=$KEY&x=1"`,
    )
    assert.equal(header(seen, 'authorization'), `Bearer ${revealed.value}`)
    assert.equal(header(seen, 'x-two'), `a ${revealed.value} b`)
    assert.equal(seen.json.url, `/${use.placeholder}?k=${revealed.value}&x=1`)
    assert.equal(seen.json.name, 'api.one.test')
    assert.equal(header(seen, 'host'), 'api.one.test')
    const below = await outer.curl(id, '-H "X-Key: $KEY" https://api.two.test/')
    assert.equal(header(below, 'x-key'), revealed.value)
    const body = await outer.curl(id, '-d "a=$KEY" https://api.one.test/')
    assert.equal(body.json.body, `a=${use.placeholder}`)
    const basic = await outer.curl(id, '-u "me:$KEY" https://api.one.test/')
    assert.equal(header(basic, 'authorization'), `Basic ${Buffer.from(`me:${revealed.value}`).toString('base64')}`)
  })

  it('speak with another host at the same address as if nothing stood between', async () => {
    const seen = await outer.curl(
      id,
      '-v -H "X-Key: $KEY" https://other.one.test/ -o /tmp/out -w "%{http_version}"; cat /tmp/out',
    )
    assert.match(seen.text, new RegExp(`x-key: ${use.placeholder}`, 'i'))
    assert.match(seen.text, /issuer: CN=Outside/)
    assert.match(seen.text, new RegExp(`"${use.placeholder}"`))
    assert.doesNotMatch(seen.text, /value-/)
    // The host itself is one for HTTP/1.1 only, whatever the client offers.
    assert.match(await outer.sh(id, 'curl -sSv --http2 https://api.one.test/'), /issuer: CN=Sandyard secrets/)
  })

  it('are the usual ones: Node, Python, git, OpenSSL', async () => {
    const fetched = await outer.node(
      id,
      `const r = await fetch('https://api.one.test/?k=' + process.env.KEY, { headers: { authorization: process.env.KEY } })
console.log(await r.text(), r.headers.getSetCookie().join())`,
    )
    assert.equal(fetched.match(new RegExp(revealed.value, 'g'))?.length, 2, fetched)
    assert.match(fetched, /a=1,b=2/)
    const urllib = await outer.python(
      id,
      `import os, ssl, urllib.request as u
r = u.Request('https://api.one.test/', headers={'X-Key': os.environ['KEY']})
strict = ssl.create_default_context()
strict.verify_flags |= ssl.VERIFY_X509_STRICT
print(u.urlopen(r).read().decode(), u.urlopen(r, context=strict).status)`,
    )
    assert.match(urllib, new RegExp(`${revealed.value}.* 200`))
    assert.match(
      await outer.python(
        id,
        'import pip._vendor.requests as r, os\nprint(r.get("https://api.one.test/", headers={"x": os.environ["KEY"]}).text)',
      ),
      new RegExp(revealed.value),
    )
    const refs = await outer.sh(id, 'GIT_TERMINAL_PROMPT=0 git ls-remote "https://me:$KEY@api.one.test/git/x.git"')
    assert.match(refs, new RegExp(`refs/heads/me-${revealed.value}`))
    const wget = await outer.sh(
      id,
      'wget -qO- --ca-certificate=/etc/ssl/sandyard-ca.pem --header "X: $KEY" https://api.one.test/',
    )
    assert.match(wget, new RegExp(revealed.value))
    const verify = 'openssl s_client -connect api.one.test:443 -servername api.one.test -verify_return_error </dev/null'
    assert.match(await outer.sh(id, verify), /Verify return code: 0/)
  })

  it('open WebSockets', async () => {
    const told = await outer.python(
      id,
      `import os, socket, ssl
c = ssl.create_default_context().wrap_socket(socket.create_connection(('api.one.test', 443)), server_hostname='api.one.test')
c.sendall(('GET /ws?k=%s HTTP/1.1\\r\\nHost: api.one.test\\r\\nConnection: Upgrade\\r\\nUpgrade: websocket\\r\\n'
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\\r\\nSec-WebSocket-Version: 13\\r\\nAuthorization: %s\\r\\n\\r\\nearly' % (os.environ['KEY'], os.environ['KEY'])).encode())
said = b''
while b'early' not in said: said += c.recv(1000)
c.sendall(os.environ['KEY'].encode())
print(said.decode(), c.recv(1000).decode())`,
    )
    assert.match(
      told,
      new RegExp(
        `101 Switching Protocols[\\s\\S]*Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK\\+xOo=[\\s\\S]*X-Seen: ${revealed.value} /ws\\?k=${revealed.value}`,
      ),
    )
    assert.match(told, new RegExp(`early ${use.placeholder}`), 'what goes through is not looked at')
  })

  it('stream both ways, in bodies of any kind and size, over kept connections', async () => {
    const bytes = 64 * 1024 ** 2
    const digest = createHash('sha256').update(Buffer.alloc(bytes, 'y')).digest('hex')
    const up = `head -c ${bytes} /dev/zero | tr '\\0' y > /tmp/large; `
    for (const args of [
      '-T /tmp/large',
      '--data-binary @/tmp/large',
      '-H "Transfer-Encoding: chunked" -T - < /tmp/large',
    ]) {
      const text = await outer.sh(id, `${up} curl -sS -m 25 ${args} https://api.one.test/up`)
      const seen = JSON.parse(text) as { bytes: number; sha256: string }
      assert.deepEqual([seen.bytes, seen.sha256], [bytes, digest], args)
    }
    assert.equal(await outer.sh(id, `curl -sS 'https://api.one.test/large?bytes=${bytes}' | wc -c`), `${bytes}\n`)
    assert.equal(await outer.sh(id, `curl -sS 'https://other.one.test/large?bytes=${bytes}' | wc -c`), `${bytes}\n`)
    const expecting = await outer.curl(
      id,
      '-v -H "Expect: 100-continue" -d hello https://api.one.test/ -o /tmp/out; cat /tmp/out',
    )
    assert.match(expecting.text, /100 Continue/)
    assert.match(expecting.text, /"body":"hello"/)
    const events = await outer.python(
      id,
      `import time, urllib.request as u
r = u.urlopen('https://api.one.test/events')
at = []
for line in r:
    if line.strip(): at.append(time.time())
print(len(at), at[1] - at[0] > 0.15)`,
    )
    assert.equal(events, '3 True\n', 'each event comes when it is sent')
    const kept = await outer.sh(id, 'curl -sS https://api.one.test/ https://api.one.test/ -w " %{num_connects}\\n"')
    const ports = [...kept.matchAll(/"from":(\d+)/g)].map((match) => match[1])
    assert.deepEqual([kept.match(/} (\d)/g), new Set(ports).size], [['} 1', '} 0'], 1])
  })

  it('make as many connections as they like, one after the other', async () => {
    const made = await outer.python(
      id,
      `import os, ssl, socket
context = ssl.create_default_context()
for i in range(300):
    c = context.wrap_socket(socket.create_connection(('api.one.test', 443)), server_hostname='api.one.test')
    c.sendall(b'GET / HTTP/1.1\\r\\nHost: api.one.test\\r\\n\\r\\n')
    assert c.recv(12) == b'HTTP/1.1 200', i
    c.close()
print('made')`,
    )
    assert.equal(made, 'made\n')
  })

  it('see what a host does: answers that are cut are cut, and none is none', async () => {
    assert.match((await outer.curl(id, 'https://api.one.test/cut')).text, /curl: \(18\)[\s\S]*half/)
    assert.match(
      (await outer.curl(id, '-w "%{http_code}" https://api.one.test/reset')).text,
      /api\.one\.test did not answer\.\n502$/,
    )
    const gone = await outer.sh(
      id,
      'timeout 1 curl -sS https://api.one.test/large?bytes=1000000000000 -o /dev/null; echo $?',
    )
    assert.match(gone, /124/)
  })

  it('get their secrets while they run, and lose them', async () => {
    const more = secretOf(['other.one.test'], 'SECOND')
    outer.reveal = async () => [revealed, more.revealed]
    await outer.engine.setSecrets(id, [use, more.use])
    const seen = await outer.curl(id, '-H "X-Key: $SECOND" -H "X-First: $KEY" https://other.one.test/')
    assert.equal(header(seen, 'x-key'), more.revealed.value)
    assert.equal(header(seen, 'x-first'), use.placeholder, 'each for its hosts')
    outer.reveal = async () => []
    assert.equal(
      header(await outer.curl(id, `-H "X-Key: ${use.placeholder}" https://api.one.test/`), 'x-key'),
      use.placeholder,
    )
    await outer.engine.setSecrets(id, [])
    assert.equal(await outer.sh(id, 'echo "$KEY$SECOND$CARGO_HTTP_CAINFO"'), '/etc/ssl/sandyard-ca.pem\n')
    assert.match(await outer.sh(id, 'curl -sSv https://api.one.test/'), /issuer: CN=Outside/)
    outer.reveal = async () => [revealed]
    await outer.engine.setSecrets(id, [use])
    assert.equal(header(await outer.curl(id, '-H "X-Key: $KEY" https://api.one.test/'), 'x-key'), revealed.value)
  })

  it('have them after a new start of the engine, and after a stop and a start', async () => {
    const pinned = `--resolve api.one.test:443:${outer.one.address} -H "X-Key: $KEY" https://api.one.test/`
    const loop = `while [ ! -e /tmp/enough ]; do curl -sS -m 1 ${pinned} >> /tmp/meanwhile 2>&1; sleep 0.1; done`
    await outer.sh(id, `setsid sh -c '${loop}' >/dev/null 2>&1 & sleep 0.5`)
    await outer.engine.close()
    await sleep(1000)
    await outer.reopen()
    const meanwhile = await outer.sh(id, 'touch /tmp/enough; cat /tmp/meanwhile')
    assert.match(meanwhile, /Failed to connect|Couldn't connect/, 'nothing goes there while nobody puts the value in')
    assert.match(meanwhile, new RegExp(revealed.value))
    assert.doesNotMatch(meanwhile, new RegExp(use.placeholder))
    const send = () => outer.curl(id, '-H "X-Key: $KEY" https://api.one.test/')
    assert.equal(header(await send(), 'x-key'), revealed.value)
    await outer.engine.stop(id, { graceMs: 0 })
    await outer.engine.start(id)
    assert.equal(header(await send(), 'x-key'), revealed.value)
    await outer.engine.pause(id)
    await assert.rejects(outer.engine.setSecrets(id, []), { code: 'CONFLICT' })
    await outer.engine.resume(id)
    await until(async () => header(await send(), 'x-key') === revealed.value)
  })
})
