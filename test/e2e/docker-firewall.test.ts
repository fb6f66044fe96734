// alone: its firewall drops what the sandboxes of others send
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { after, test } from 'node:test'
import { openOutside } from '../fixtures/outside.ts'
import { startTestPlatform } from '../fixtures/platform.ts'

/** What Docker sets up: everything forwarded is dropped but what its own chains accept. */
const dockerRules = `
table ip filter {
  chain DOCKER-USER {
  }
  chain FORWARD {
    type filter hook forward priority 0; policy drop;
    jump DOCKER-USER
  }
}
`
const isTaken = nft('list', 'tables').split('\n').includes('table ip filter')

test('sandboxes reach the network beside a firewall that drops what it does not know', {
  skip: isTaken && 'this host has a table ip filter of its own',
}, async () => {
  const stack = new AsyncDisposableStack()
  after(() => stack.disposeAsync())
  const outside = await openOutside()
  stack.defer(() => outside.close())
  const server =
    'import http.server as h; s = h.HTTPServer(("0.0.0.0", 8000), h.SimpleHTTPRequestHandler); print("ready", flush=True); s.serve_forever()'
  await outside.start('python3', ['-c', server])
  execFileSync('nft', ['-f', '-'], { input: dockerRules })
  stack.defer(() => {
    nft('delete', 'table', 'ip', 'filter')
  })
  const platform = await startTestPlatform()
  stack.defer(async () => {
    const { index } = platform
    await platform.remove()
    const rules = nft('list', 'chain', 'ip', 'filter', 'DOCKER-USER')
    assert.doesNotMatch(rules, new RegExp(`"syd${index}-\\*".*accept`), 'reset takes its rules away')
  })
  const { id } = (await platform.call('POST', '/sandbox', {})).body as { id: string }
  const reach = async (): Promise<string> => {
    const response = await fetch(`${platform.url}/toolbox/${id}/process/execute`, {
      method: 'POST',
      headers: { authorization: `Bearer ${platform.apiKey}`, 'content-type': 'application/json' },
      body: JSON.stringify({ command: `curl -s -m 3 -o /dev/null -w '%{http_code}' http://${outside.address}:8000/` }),
    })
    return ((await response.json()) as { result: string }).result.trim()
  }
  assert.equal(await reach(), '200')
  assert.match(
    nft('list', 'chain', 'ip', 'filter', 'DOCKER-USER'),
    new RegExp(`iifname "syd${platform.index}-\\*".*accept`),
  )
  nft('flush', 'chain', 'ip', 'filter', 'DOCKER-USER')
  assert.equal(await reach(), '000', 'without our rules the other firewall drops it: the test can see that')
})

function nft(...args: string[]): string {
  return execFileSync('nft', args, { encoding: 'utf8' })
}
