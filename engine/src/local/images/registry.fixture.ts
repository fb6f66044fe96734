import { execFileSync, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { request as httpRequest } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { machine } from './manifest.ts'
import { type TarEntry, tarOf } from './tar.fixture.ts'

/** The registry of the distribution, on loopback, with a folder of its own. */
export interface TestRegistry {
  /** `host:port` */
  readonly name: string
  /** what it was asked, as `GET /v2/…` */
  requests(): string[]
  /** Puts a blob and gives its digest. */
  putBlob(repository: string, bytes: Uint8Array): Promise<string>
  putManifest(repository: string, tag: string, manifest: object, mediaType: string): Promise<string>
  /** Overwrites what it has of a blob. */
  spoil(digest: string, bytes: Uint8Array): void
  close(): Promise<void>
}

/** How a registry is other than open and plain. */
export interface TestRegistryOptions {
  readonly login?: { readonly username: string; readonly password: string }
  /** address of its certificate; makes it speak HTTPS */
  readonly certificate?: { readonly key: string; readonly cert: string }
  readonly host?: string
}

/** Starts a registry. */
export async function startRegistry(options: TestRegistryOptions = {}): Promise<TestRegistry> {
  const folder = mkdtempSync(join(tmpdir(), 'sandyard-registry-'))
  const host = options.host ?? '127.0.0.1'
  const port = await freePort(host)
  const { login, certificate } = options
  const lines = [
    'version: 0.1',
    'log: {accesslog: {disabled: false}, level: error}',
    `storage: {filesystem: {rootdirectory: "${folder}/store"}}`,
    'validation: {disabled: true}',
    `http: {addr: "${host}:${port}"${certificate ? `, tls: {certificate: "${certificate.cert}", key: "${certificate.key}"}` : ''}}`,
  ]
  if (login !== undefined) {
    // No program for it is in the distribution's base; the C library knows bcrypt.
    const code = 'import crypt,sys;print(crypt.crypt(sys.argv[1],crypt.mksalt(crypt.METHOD_BLOWFISH,rounds=2**5)))'
    const hash = execFileSync('python3', ['-W', 'ignore', '-c', code, login.password], { encoding: 'utf8' }).trim()
    writeFileSync(join(folder, 'htpasswd'), `${login.username}:${hash}\n`)
    lines.push(`auth: {htpasswd: {realm: test, path: "${folder}/htpasswd"}}`)
  }
  writeFileSync(join(folder, 'config.yml'), lines.join('\n'))
  const child = spawn('docker-registry', ['serve', join(folder, 'config.yml')], { stdio: ['ignore', 'pipe', 'pipe'] })
  let log = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      log += chunk.toString()
    })
  }
  const scheme = certificate === undefined ? 'http' : 'https'
  const name = `${host}:${port}`
  const authorization: Record<string, string> =
    login === undefined
      ? {}
      : { authorization: `Basic ${Buffer.from(`${login.username}:${login.password}`).toString('base64')}` }
  const ask = (method: string, path: string, body?: Uint8Array, headers: Record<string, string> = {}) =>
    send(path.startsWith('http') ? path : `${scheme}://${name}${path}`, method, body, { ...authorization, ...headers })
  const close = async (): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) {
      const ended = once(child, 'exit')
      child.kill('SIGKILL')
      await ended
    }
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    const deadline = Date.now() + 10_000
    while ((await ask('GET', '/v2/').catch(() => null))?.status !== 200) {
      if (Date.now() > deadline) throw new Error(`the registry does not start: ${log}`)
      await sleep(50)
    }
  } catch (error) {
    await close()
    throw error
  }
  return {
    name,
    requests: () => [...log.matchAll(/"((?:GET|HEAD) [^ ]+)/g)].map(([, asked = '']) => asked),
    async putBlob(repository, bytes) {
      const digest = sha256(bytes)
      const begun = await ask('POST', `/v2/${repository}/blobs/uploads/`)
      const url = new URL(begun.location, `${scheme}://${name}`)
      url.searchParams.set('digest', digest)
      const put = await ask('PUT', url.href, bytes, { 'content-type': 'application/octet-stream' })
      if (put.status !== 201) throw new Error(`blob: ${put.status} ${put.text}`)
      return digest
    },
    async putManifest(repository, tag, manifest, mediaType) {
      const bytes = Buffer.from(JSON.stringify(manifest))
      const put = await ask('PUT', `/v2/${repository}/manifests/${tag}`, bytes, { 'content-type': mediaType })
      if (put.status !== 201) throw new Error(`manifest: ${put.status} ${put.text}`)
      return sha256(bytes)
    },
    spoil(digest, bytes) {
      const hex = digest.replace('sha256:', '')
      const file = join(folder, 'store/docker/registry/v2/blobs/sha256', hex.slice(0, 2), hex, 'data')
      readFileSync(file)
      writeFileSync(file, bytes)
    },
    close,
  }
}

interface Sent {
  readonly status: number
  readonly text: string
  readonly location: string
}

function send(url: string, method: string, body: Uint8Array | undefined, headers: object): Promise<Sent> {
  return new Promise((resolve, reject) => {
    const open = url.startsWith('https') ? httpsRequest : httpRequest
    const length = { 'content-length': String(body?.length ?? 0) }
    const sent = open(url, { method, headers: { ...headers, ...length }, rejectUnauthorized: false }, (response) => {
      let text = ''
      response.on('data', (chunk: Buffer) => {
        text += chunk.toString()
      })
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, text, location: response.headers.location ?? '' }),
      )
    })
    sent.once('error', reject)
    sent.end(body)
  })
}

async function freePort(host: string): Promise<number> {
  const server = createServer().listen(0, host)
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  return typeof address === 'object' && address !== null ? address.port : 0
}

/** An image for a registry. */
export interface TestImage {
  /** tar files, the lowest first */
  readonly layers: readonly Buffer[]
  /** of the OCI configuration */
  readonly config?: object
  readonly packing?: 'gzip' | 'zstd' | 'none'
  readonly kind?: 'oci' | 'docker'
  readonly architecture?: string
  /** other digests than those of the layers */
  readonly diffIds?: readonly string[]
}

/** Puts an image under a tag and gives the digests of its manifest and its packed layers. */
export async function putImage(
  registry: TestRegistry,
  repository: string,
  tag: string,
  image: TestImage,
): Promise<{
  readonly digest: string
  readonly blobs: readonly string[]
  readonly mediaType: string
  readonly size: number
}> {
  const { layers, packing = 'gzip', kind = 'oci', architecture = machine } = image
  const types = kind === 'oci' ? ociTypes : dockerTypes
  const blobs: string[] = []
  const descriptors: object[] = []
  for (const tar of layers) {
    const packed = packing === 'gzip' ? gzipSync(tar) : packing === 'zstd' ? zstdCompressSync(tar) : tar
    const digest = await registry.putBlob(repository, packed)
    blobs.push(digest)
    const suffix = kind === 'oci' && packing !== 'none' ? `+${packing}` : ''
    descriptors.push({ mediaType: `${types.layer}${suffix}`, digest, size: packed.length })
  }
  const config = Buffer.from(
    JSON.stringify({
      architecture,
      os: 'linux',
      config: image.config ?? {},
      rootfs: { type: 'layers', diff_ids: image.diffIds ?? layers.map(sha256) },
    }),
  )
  const configDigest = await registry.putBlob(repository, config)
  const manifest = {
    schemaVersion: 2,
    mediaType: types.manifest,
    config: { mediaType: types.config, digest: configDigest, size: config.length },
    layers: descriptors,
  }
  const digest = await registry.putManifest(repository, tag, manifest, types.manifest)
  return { digest, blobs, mediaType: types.manifest, size: JSON.stringify(manifest).length }
}

const ociTypes = {
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  config: 'application/vnd.oci.image.config.v1+json',
  layer: 'application/vnd.oci.image.layer.v1.tar',
}
const dockerTypes = {
  manifest: 'application/vnd.docker.distribution.manifest.v2+json',
  config: 'application/vnd.docker.container.image.v1+json',
  layer: 'application/vnd.docker.image.rootfs.diff.tar.gzip',
}

/** Digest as registries name it. */
export function sha256(bytes: Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`
}

/** A layer with a shell and users: what an image needs to be worked in. */
export function shellLayer(): Buffer {
  const dir = (name: string, mode = 0o755): TarEntry => ({ name, type: 'directory', mode })
  const applets = [
    'sh',
    'ash',
    'cat',
    'echo',
    'env',
    'id',
    'ls',
    'mkdir',
    'sleep',
    'head',
    'rm',
    'stat',
    'touch',
    'cmp',
    'find',
    'wc',
    'chmod',
    'ln',
    'tr',
    'readlink',
    'nc',
  ]
  return tarOf([
    ...['bin/', 'etc/', 'home/', 'root/', 'lib/', 'work/', 'srv/', 'proc/', 'sys/', 'dev/', 'run/'].map((name) =>
      dir(name),
    ),
    dir('tmp/', 0o1777),
    { ...dir('home/app/'), uid: 1000, gid: 1000 },
    { name: 'bin/busybox', mode: 0o755, content: readFileSync('/bin/busybox') },
    ...applets.map((name): TarEntry => ({ name: `bin/${name}`, type: 'symlink', linkname: 'busybox' })),
    { name: 'etc/passwd', mode: 0o644, content: 'root:x:0:0:root:/root:/bin/sh\napp:x:1000:1000::/home/app:/bin/sh\n' },
    { name: 'etc/group', mode: 0o644, content: 'root:x:0:\napp:x:1000:\n' },
  ])
}
