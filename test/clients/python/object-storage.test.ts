import assert from 'node:assert/strict'
import { execFile, execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { type ObjectsGround, openGround, organization } from '../../../server/src/objects/objects.fixture.ts'
import type { PushAccess } from '../../../server/src/objects/objects.ts'
import { type PythonClient, preparePython } from './environment.ts'

const run = promisify(execFile)
const python = await preparePython().catch((error: Error) => error)
const mustRun = process.env.SANDYARD_FORCE_HOST_TESTS === '1'
const skip = python instanceof Error && !mustRun ? python.message : false

describe('build contexts of the published Python client', { skip }, () => {
  let ground: ObjectsGround
  let folder: string
  const client = python as PythonClient

  before(async () => {
    ground = await openGround()
    folder = mkdtempSync(join(tmpdir(), 'sandyard-context-'))
    mkdirSync(join(folder, 'context/inner'), { recursive: true })
    writeFileSync(join(folder, 'context/inner/text'), 'text')
    writeFileSync(join(folder, 'context/big'), randomBytes(17 * 1024 * 1024))
  })
  after(async () => {
    await ground[Symbol.asyncDispose]()
    rmSync(folder, { recursive: true, force: true })
  })

  /** Uploads what is in the folder, and checks what has come. */
  async function upload(access: PushAccess, wrapper: readonly string[] = []): Promise<void> {
    const script = join(import.meta.dirname, 'object-storage.py')
    const [program = '', ...args] = [...wrapper, client.program, script, join(folder, 'context')]
    const env = { ...process.env, ...client.env, PUSH_ACCESS: JSON.stringify(access) }
    const { stdout } = await run(program, args, { env, timeout: 60_000 })
    const [hashes = '', size, stranger] = stdout.trim().split('\n')
    const [first, again] = JSON.parse(hashes) as string[]
    assert.equal(first, again)
    const file = fileURLToPath((await ground.objects.contextUrl(organization, first ?? '')) ?? '')
    assert.equal(Number(size), readFileSync(file).length)
    const names = execFileSync('tar', ['-tf', file], { encoding: 'utf8' }).trim().split('\n').sort()
    assert.deepEqual(names, ['context/', 'context/big', 'context/inner/', 'context/inner/text'])
    const inner = execFileSync('tar', ['-xOf', file, 'context/big'], { maxBuffer: 2 ** 26 })
    assert.ok(inner.equals(readFileSync(join(folder, 'context/big'))))
    assert.equal(stranger, 'PermissionDeniedError')
    assert.deepEqual(ground.files(), [`${organization}/${first}/context.tar`])
    assert.deepEqual(ground.faults, [])
  }

  it('go up by its S3 library', async () => {
    await upload(ground.access())
  })

  // It takes no authority but those of the machine, so it gets a view of the machine where ours is one.
  it('go up by the client as it is, which speaks HTTPS only', {
    skip: process.getuid?.() !== 0 && 'needs root',
  }, async () => {
    const [key, cert, bundle] = ['key.pem', 'cert.pem', 'bundle.pem'].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ]
    const names = [
      '-subj',
      '/CN=localhost',
      '-addext',
      'subjectAltName=DNS:localhost',
      '-addext',
      'basicConstraints=critical,CA:FALSE',
    ]
    execFileSync(
      'openssl',
      ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', ...names, '-keyout', key, '-out', cert],
      { stdio: 'pipe' },
    )
    const authorities = '/etc/ssl/certs/ca-certificates.crt'
    writeFileSync(bundle, `${readFileSync(authorities, 'utf8')}\n${readFileSync(cert, 'utf8')}`)
    const https = createServer(
      { key: readFileSync(key), cert: readFileSync(cert) },
      (request, response) => void ground.objects.listener(request, response),
    )
    await new Promise<void>((done) => https.listen(0, '127.0.0.1', done))
    try {
      const { port } = https.address() as AddressInfo
      const access = ground.objects.pushAccess(organization, { scheme: 'https', host: 'localhost', port: `:${port}` })
      rmSync(join(folder, 'context/inner'), { recursive: true })
      mkdirSync(join(folder, 'context/inner'))
      writeFileSync(join(folder, 'context/inner/text'), 'other text')
      for (const file of ground.files()) rmSync(join(ground.folder, file))
      await upload(access, [
        'unshare',
        '--mount',
        'sh',
        '-c',
        `mount --bind ${bundle} ${authorities} && exec "$@"`,
        'sh',
      ])
    } finally {
      https.closeAllConnections()
      https.close()
    }
  })
})
