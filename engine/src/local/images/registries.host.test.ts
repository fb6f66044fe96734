import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { appendFileSync, chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer as createHttpServer } from 'node:http'
import { connect, createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, afterEach, before, describe, it } from 'node:test'
import { type Outside, openOutside } from '../../../../test/fixtures/outside.ts'
import { assertEmpty, assertRemoved } from '../empty.fixture.ts'
import { skipWithoutRoot } from '../engine.fixture.ts'
import { createImagesGround, type ImagesGround } from './images-ground.fixture.ts'
import { machine } from './manifest.ts'
import { putImage, sha256, shellLayer, startRegistry, type TestRegistry } from './registry.fixture.ts'
import { tarOf } from './tar.fixture.ts'

const manifestType = 'application/vnd.oci.image.manifest.v1+json'
const listType = 'application/vnd.oci.image.index.v1+json'
const login = { username: 'somebody', password: 'pass:word' }

describe('registries', { skip: skipWithoutRoot }, () => {
  let ground: ImagesGround
  let open: TestRegistry
  let closed: TestRegistry
  const shell = shellLayer()

  before(async () => {
    open = await startRegistry()
    closed = await startRegistry({ login })
    ground = await createImagesGround({ insecureRegistries: [open.name, closed.name] })
    await putImage(open, 'plain', '1', { layers: [shell] })
    await putImage(closed, 'team/secret', '1', { layers: [shell] })
  })
  after(async () => {
    await ground.engine.close()
    await assertRemoved(ground.ground)
    await open.close()
    await closed.close()
  })
  afterEach(async () => {
    for (const { name } of ground.engine.snapshots()) if (name !== 'default') await ground.engine.removeSnapshot(name)
    await assertEmpty(ground.ground)
  })

  const refuses = async (image: string, message: RegExp, code = 'BAD_REQUEST'): Promise<void> => {
    await assert.rejects(ground.make('refused', image), (error: { code: string; message: string }) => {
      assert.match(error.message, message)
      assert.equal(error.code, code, error.message)
      return true
    })
  }

  it('may want a login: the one that fits best is sent, and to no other', async () => {
    const image = `${closed.name}/team/secret:1`
    await refuses(image, new RegExp(`${closed.name} wants a login, and there is none for it`))
    const wrong = { ...login, password: 'wrong', registry: closed.name }
    const elsewhere = { ...login, registry: `${closed.name}/other` }
    await assert.rejects(ground.make('refused', image, { logins: [wrong, elsewhere] }), {
      code: 'BAD_REQUEST',
      message: /refuses the login of "somebody"/,
    })
    await ground.make('secret', image, { logins: [wrong, { ...login, registry: `https://${closed.name}/team` }] })
    assert.equal(await ground.runIn('secret', 'echo in'), 'in\n')
    assert.ok(!ground.told.join('').includes('word'))
  })

  it('are told apart from what is no name of an image', async () => {
    for (const image of [
      '',
      'Upper',
      'a b',
      '-x',
      'a/../b',
      'name:',
      'name@sha256:12',
      'http://a/b',
      '--help',
      'a\nb',
      'x'.repeat(5000),
    ]) {
      await refuses(image, /is not the name of an image/)
    }
  })

  it('may not have the image, or not for this machine', async () => {
    await refuses(`${open.name}/plain:2`, /no such image/)
    await refuses(`${open.name}/nothing:1`, /no such image/)
    await refuses(`${open.name}/plain@${sha256(Buffer.from('x'))}`, /no such image/)
    await putImage(open, 'other', '1', { layers: [shell], architecture: 'riscv64' })
    await refuses(`${open.name}/other:1`, /is for linux\/riscv64; this machine is linux\/(amd64|arm64)/)
    const list = async (tag: string, architectures: readonly string[]): Promise<string> => {
      const { digest, mediaType, size } = await putImage(open, 'list', 'attested', { layers: [shell] })
      const manifests: object[] = [{ mediaType, digest, size, platform: { os: 'unknown', architecture: 'unknown' } }]
      for (const architecture of architectures) {
        const { digest, mediaType, size } = await putImage(open, 'list', architecture, {
          layers: [shell],
          architecture,
        })
        manifests.push({ mediaType, digest, size, platform: { os: 'linux', architecture } })
      }
      return await open.putManifest('list', tag, { schemaVersion: 2, mediaType: listType, manifests }, listType)
    }
    await list('others', ['s390x', 'riscv64'])
    await refuses(`${open.name}/list:others`, /no image for linux\/\w+, only for linux\/s390x, linux\/riscv64$/)
    const digest = await list('all', ['s390x', 'amd64', 'arm64'])
    await ground.make('chosen', `${open.name}/list:all@${digest}`)
    assert.equal(await ground.runIn('chosen', 'echo runs'), 'runs\n')
  })

  it('may send what is not what its name says', async () => {
    const large = tarOf([{ name: 'large', content: randomBytes(100_000) }])
    const { blobs } = await putImage(open, 'spoilt', 'blob', { layers: [shell, large] })
    open.spoil(blobs[1] ?? '', randomBytes(100_126))
    await refuses(`${open.name}/spoilt:blob`, /a digest is wrong/)
    await putImage(open, 'spoilt', 'diff', { layers: [shell], diffIds: [sha256(Buffer.from('other'))] })
    await refuses(`${open.name}/spoilt:diff`, /layer of the image is sha256:\w+, but ought to be/)
    await putImage(open, 'spoilt', 'count', { layers: [shell], diffIds: [sha256(shell), sha256(shell)] })
    await refuses(`${open.name}/spoilt:count`, /manifest has 1 layers, its configuration 2/)
  })

  it('may answer with anything', async () => {
    const layer = { mediaType: 'application/vnd.oci.image.layer.v1.tar', digest: sha256(shell), size: 3 }
    const config = { mediaType: 'application/vnd.oci.image.config.v1+json', digest: sha256(shell), size: 3 }
    const good = { schemaVersion: 2, mediaType: manifestType, config, layers: [layer] }
    const list = { schemaVersion: 2, mediaType: listType }
    const platform = { os: 'linux', architecture: machine }
    const inner = JSON.stringify({ ...list, manifests: [{ digest: sha256(shell), size: 1, platform }] })
    const cases: Readonly<Record<string, readonly [answer: string, message: RegExp]>> = {
      text: ['<html>hello</html>', /is no JSON|manifest is broken|failed/],
      empty: ['{}', /is broken/],
      old: [JSON.stringify({ schemaVersion: 1, name: 'x', fsLayers: [], history: [] }), /schema 1/],
      long: [
        JSON.stringify({ ...good, annotations: { long: 'x'.repeat(5_000_000) } }),
        /is no JSON, or too long|failed|broken/,
      ],
      lists: [
        JSON.stringify({ ...list, manifests: [{ digest: sha256(Buffer.from(inner)), size: 1, platform }] }),
        /a list/,
      ],
      torn: [JSON.stringify({ ...list, manifests: [{ digest: 'sha256:12', platform }] }), /is broken/],
      none: [JSON.stringify({ ...good, layers: [] }), /not an image of a root file system/],
      artifact: [JSON.stringify({ ...good, config: { ...config, mediaType: 'application/other' } }), /not an image of/],
      many: [
        JSON.stringify({ ...good, layers: Array.from({ length: 501 }, () => layer) }),
        /501 layers; 500 are possible/,
      ],
      path: [JSON.stringify({ ...good, layers: [{ ...layer, digest: 'sha256:../../../../etc/passwd' }] }), /is broken/],
      minus: [JSON.stringify({ ...good, layers: [{ ...layer, size: -1 }] }), /is broken/],
      foreign: [JSON.stringify({ ...good, layers: [{ ...layer, mediaType: 'x.foreign.diff' }] }), /cannot be used/],
      config: [JSON.stringify(good), /is not what the registry sends|digest is wrong|is broken/],
    }
    const server = createHttpServer(({ url = '' }, response) => {
      const name = url.split('/').at(-1) ?? ''
      const answer =
        url === '/v2/' ? '{}' : name === sha256(Buffer.from(inner)) ? inner : (cases[name]?.[0] ?? '"other"')
      response.setHeader(
        'content-type',
        name === 'old'
          ? 'application/vnd.docker.distribution.manifest.v1+json'
          : /manifests"/.test(answer)
            ? listType
            : manifestType,
      )
      response.end(answer)
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as { port: number }
    try {
      await ground.reopen({ insecureRegistries: [`127.0.0.1:${port}`] })
      for (const [tag, [, message]] of Object.entries(cases)) await refuses(`127.0.0.1:${port}/odd:${tag}`, message)
    } finally {
      server.close()
      server.closeAllConnections()
      await ground.reopen({ insecureRegistries: [open.name, closed.name] })
    }
  })

  it('may hold more than the snapshot may have', async () => {
    await putImage(open, 'huge', '1', {
      layers: [shell, tarOf([{ name: 'huge', content: Buffer.alloc(80 * 2 ** 20) }])],
    })
    const resources = { cpu: 1, memoryGib: 1, diskGib: 1 / 16 }
    await assert.rejects(ground.make('huge', `${open.name}/huge:1`, { resources }), {
      code: 'BAD_REQUEST',
      message: /larger than 0.0625 GiB/,
    })
  })

  describe('that are outside', () => {
    let outside: Outside
    let folder: string
    let registry: TestRegistry
    /** as pulls name it: a way there which cuts connections when it is told to */
    let name: string
    const forward = `
      const { readFileSync, writeFileSync } = require('node:fs')
      const { connect, createServer } = require('node:net')
      const [, port, host, cuts] = process.argv
      createServer((near) => {
        const far = connect(Number(port), host)
        const left = Number(readFileSync(cuts, 'utf8'))
        let bytes = 0
        if (left > 0) {
          writeFileSync(cuts, String(left - 1))
          far.on('data', (chunk) => { bytes += chunk.length; if (bytes > 200000) { near.destroy(); far.destroy() } })
        }
        for (const [a, b] of [[near, far], [far, near]]) { a.on('error', () => b.destroy()); a.on('close', () => b.destroy()); a.pipe(b) }
      }).listen(5000, () => console.log('listening'))
    `
    const cut = (times: number): void => writeFileSync(join(folder, 'cuts'), String(times))

    before(async () => {
      outside = await openOutside()
      folder = mkdtempSync(join(tmpdir(), 'sandyard-tls-'))
      chmodSync(folder, 0o700)
      cut(0)
      const certificate = makeCertificate(folder, outside.address)
      registry = await startRegistry({ certificate, host: outside.host })
      const port = registry.name.split(':')[1] ?? ''
      await outside.start(process.execPath, ['-e', forward, port, outside.host, join(folder, 'cuts')])
      name = `${outside.address}:5000`
    })
    after(async () => {
      await registry.close()
      await outside.close()
      rmSync(folder, { recursive: true })
    })

    it('are trusted by the configured authority, and by no other', async () => {
      await putImage(registry, 'tls', '1', { layers: [shell] })
      await refuses(`${name}/tls:1`, /certificate of .* is not one that this machine trusts/)
      const usual = readFileSync('/etc/ssl/certs/ca-certificates.crt', 'utf8')
      writeFileSync(join(folder, 'bundle.pem'), usual + readFileSync(join(folder, 'ca.pem'), 'utf8'))
      await ground.reopen({ caFile: join(folder, 'bundle.pem') })
      await ground.make('tls', `${name}/tls:1`)
    })

    it('are tried again when a connection is cut', async () => {
      await putImage(registry, 'cut', '1', {
        layers: [shell, tarOf([{ name: 'large', content: randomBytes(3_000_000) }])],
      })
      cut(1)
      await ground.make('cut', `${name}/cut:1`)
      await ground.engine.removeSnapshot('cut')
      cut(1000)
      await refuses(`${name}/cut:1`, /the connection to .* failed/, 'SERVICE_UNAVAILABLE')
      assert.equal(ground.told.filter((line) => line.includes('trying again')).length, 2)
      cut(0)
      await ground.make('cut', `${name}/cut:1`)
    })

    it('lead nobody into private networks, neither by their address nor by sending on', async () => {
      for (const host of [
        '127.0.0.1:5000',
        'localhost:5000',
        '10.1.2.3',
        '169.254.169.254',
        '192.168.1.1:5000',
        '[::1]:5000',
        '198.18.0.1:53',
      ]) {
        await refuses(`${host}/app:1`, /is in a private network; .* insecure-registries/)
      }
      const visits = join(folder, 'visits')
      writeFileSync(visits, '')
      const visited = await listenFor(outside.host, visits)
      const { port } = visited.address() as { port: number }
      const sendOn = `
        const options = { key: require('fs').readFileSync(process.argv[1]), cert: require('fs').readFileSync(process.argv[2]) }
        require('node:https').createServer(options, (request, response) => {
          if (request.url === '/v2/') return response.writeHead(200).end('{}')
          response.writeHead(307, { location: process.argv[3] + request.url }).end()
        }).listen(5001, () => console.log('listening'))
      `
      const files = [join(folder, 'server.key'), join(folder, 'server.pem')]
      await outside.start(process.execPath, ['-e', sendOn, ...files, `https://${outside.host}:${port}`])
      await refuses(`${outside.address}:5001/app:1`, /cannot be reached; private networks are out of bounds/)
      assert.equal(readFileSync(visits, 'utf8'), '')
      // The control: from the host itself it is sent on.
      await ground.reopen({ insecureRegistries: [open.name, closed.name, `${outside.address}:5001`] })
      await assert.rejects(ground.make('refused', `${outside.address}:5001/app:1`))
      assert.match(readFileSync(visits, 'utf8'), /visit/)
      visited.close()
    })
  })
})

/** A server on the host that nobody is to reach. */
async function listenFor(host: string, notes: string): Promise<Server> {
  const server = createServer((socket) => {
    appendFileSync(notes, 'visit\n')
    socket.on('error', () => {})
    socket.end()
  }).listen(0, host)
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  const control = connect(port, host)
  await once(control, 'close')
  writeFileSync(notes, '')
  return server
}

/** An authority and a certificate of it for an address. */
function makeCertificate(folder: string, address: string): { readonly key: string; readonly cert: string } {
  const openssl = (...args: string[]): void => void execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' })
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  openssl('req', '-x509', ...key, '-keyout', 'ca.key', '-out', 'ca.pem', '-subj', '/CN=Test authority', '-days', '2')
  openssl('req', ...key, '-keyout', 'server.key', '-out', 'server.csr', '-subj', '/CN=registry')
  writeFileSync(join(folder, 'extensions'), `subjectAltName=IP:${address},IP:127.0.0.1`)
  const sign = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-extfile', 'extensions', '-days', '2']
  openssl('x509', '-req', '-in', 'server.csr', '-out', 'server.pem', ...sign)
  return { key: join(folder, 'server.key'), cert: join(folder, 'server.pem') }
}
