import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { extract } from 'tar-stream'
import { layGround } from '../fixtures/ground.ts'
import { startPackageRegistry } from '../fixtures/package-registry.ts'

/** The registry that the sandboxes of these tests install from. */
const registry = await layGround(async (ground) => {
  const started = await startPackageRegistry()
  ground.defer(() => started.close())
  return started
})

interface Packument {
  readonly 'dist-tags': { readonly latest: string }
  readonly versions: Readonly<
    Record<string, { readonly dist: { readonly integrity: string; readonly tarball: string }; readonly bin?: object }>
  >
}

const get = (path: string, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(new URL(path, registry.url), { headers })
const packument = async (name: string): Promise<Packument> => (await (await get(name)).json()) as Packument

test('a tarball is what its integrity says, each time, and has the package without those below it', async () => {
  const { versions, 'dist-tags': tags } = await packument('vite')
  const { dist, bin } = versions[tags.latest] ?? assert.fail('no latest')
  assert.deepEqual(bin, { vite: 'bin/vite.js' })
  const [one, other] = await Promise.all(
    [1, 2].map(async () => Buffer.from(await (await fetch(dist.tarball)).arrayBuffer())),
  )
  assert.equal(
    `sha512-${createHash('sha512')
      .update(one ?? '')
      .digest('base64')}`,
    dist.integrity,
  )
  assert.deepEqual(one, other)
  const names: string[] = []
  const tar = extract()
  tar.end(gunzipSync(one ?? ''))
  for await (const entry of tar) {
    names.push(`${entry.header.name} ${(entry.header.mode ?? 0).toString(8)}`)
    entry.resume()
  }
  assert.ok(names.includes('package/package.json 644') && names.includes('package/bin/vite.js 755'), names.join('\n'))
  assert.ok(names.every((name) => name.startsWith('package/') && !name.includes('node_modules/postcss')))
})

test('all versions that are installed, names with a scope, and nothing else', async () => {
  const { versions, 'dist-tags': tags } = await packument('postcss')
  assert.ok(Object.keys(versions).length > 1, 'one is below another package')
  const newest = Object.keys(versions).map((version) => version.split('.').map(Number))
  newest.sort((a, b) => (a[0] ?? 0) - (b[0] ?? 0) || (a[1] ?? 0) - (b[1] ?? 0) || (a[2] ?? 0) - (b[2] ?? 0))
  assert.equal(tags.latest, newest.at(-1)?.join('.'))
  const scoped = await packument('@vitejs%2fplugin-react')
  const { tarball } = scoped.versions[scoped['dist-tags'].latest]?.dist ?? assert.fail('no latest')
  assert.equal((await fetch(tarball, { method: 'HEAD' })).status, 200)
  for (const path of [
    'no-such-package',
    'vite/-/vite-0.0.1.tgz',
    'vite/0.0.1',
    '%2e%2e/x',
    'simple/none/',
    'wheels/x',
  ]) {
    assert.equal((await get(path)).status, 404, path)
  }
})

test('wheels as Python asks for them, by any way to write a name', async () => {
  const page = await (await get('simple/Flask/')).text()
  const [, path = '', hash] = /href="([^"#]+)#sha256=(\w+)"/.exec(page) ?? []
  const wheel = Buffer.from(await (await get(path)).arrayBuffer())
  assert.equal(createHash('sha256').update(wheel).digest('hex'), hash)
})

test('it counts, and what is fresh is not sent again', async () => {
  const before = registry.counts()
  const first = await get('react')
  const bytes = (await first.arrayBuffer()).byteLength
  const again = await get('react', { 'if-none-match': first.headers.get('etag') ?? '' })
  assert.equal(again.status, 304)
  const asked = (await (await get('-/counts')).json()) as ReturnType<typeof registry.counts>
  assert.deepEqual([asked.requests - before.requests, asked.bytes - before.bytes], [2, bytes])
})

after(() => assert.ok(registry.counts().missing.includes('no-such-package')))
