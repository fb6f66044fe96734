import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3'
import type { Log } from '../log.ts'
import { parseSite } from '../previews/site.ts'
import { createObjects, type Objects, type PushAccess } from './objects.ts'

/** Objects behind HTTP, in a folder of their own. */
export interface ObjectsGround extends AsyncDisposable {
  readonly folder: string
  readonly url: string
  readonly clock: { nowMs: number }
  readonly faults: unknown[]
  objects: Objects
  /** Opens the folder anew, as after a start of the platform. */
  reopen(): Promise<void>
  access(organizationId?: string): PushAccess
  /** The AWS client as the published clients make it. */
  client(access?: PushAccess, change?: Partial<S3ClientConfig>): S3Client
  /** paths of all that is in the folder but keys and folders, sorted */
  files(): string[]
}

export const organization = '11111111-1111-4111-8111-111111111111'
export const stranger = '22222222-2222-4222-8222-222222222222'

/** Opens a server as the platform does. */
export async function openGround(): Promise<ObjectsGround> {
  const folder = mkdtempSync(join(tmpdir(), 'sandyard-objects-'))
  const clock = { nowMs: Date.now() }
  const faults: unknown[] = []
  const log: Log = {
    info: () => {},
    warn: () => {},
    error: (fields, message) => void faults.push({ ...fields, message }),
    child: () => log,
  }
  const clients: S3Client[] = []
  const http = createServer({ maxHeaderSize: 64 * 1024, requestTimeout: 0 })
  http.on('request', (request, response) => void ground.objects.listener(request, response))
  http.on('checkContinue', (request, response) => {
    response.writeContinue()
    http.emit('request', request, response)
  })
  await new Promise<void>((done) => http.listen(0, '127.0.0.1', done))
  const url = `http://localhost:${(http.address() as AddressInfo).port}`
  const home = parseSite(url)
  const open = () => createObjects({ folder, home, region: 'us', clock: () => clock.nowMs, log })
  const ground: ObjectsGround = {
    folder,
    url,
    clock,
    faults,
    objects: await open(),
    async reopen() {
      ground.objects = await open()
    },
    access: (organizationId = organization) => ground.objects.pushAccess(organizationId, home),
    client(access = ground.access(), change = {}) {
      const { accessKey: accessKeyId, secret: secretAccessKey, sessionToken, storageUrl, region } = access
      const credentials = { accessKeyId, secretAccessKey, sessionToken }
      const client = new S3Client({
        region,
        endpoint: storageUrl,
        credentials,
        forcePathStyle: true,
        maxAttempts: 1,
        ...change,
      })
      clients.push(client)
      return client
    },
    files: () =>
      readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile() && entry.name !== '.key')
        .map(({ parentPath, name }) => join(parentPath, name).slice(folder.length + 1))
        .sort(),
    async [Symbol.asyncDispose]() {
      for (const client of clients) client.destroy()
      http.closeAllConnections()
      await new Promise((done) => http.close(done))
      rmSync(folder, { recursive: true, force: true })
    },
  }
  return ground
}
