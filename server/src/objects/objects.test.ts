import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, dirname, join } from 'node:path'
import { Readable } from 'node:stream'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  ListPartsCommand,
  PutObjectCommand,
  type S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3'
import { Upload } from '@aws-sdk/lib-storage'
import { limits } from '@sandyard/protocol'
import { openGround, organization, stranger } from './objects.fixture.ts'

const MiB = 1024 * 1024
const Bucket = 'build-contexts'
const keyOf = (hash: string, owner = organization) => `${owner}/${hash}/context.tar`
const hash = 'd41d8cd98f00b204e9800998ecf8427e'

async function read(client: S3Client, Key: string, Range?: string): Promise<Buffer> {
  const { Body } = await client.send(new GetObjectCommand({ Bucket, Key, Range }))
  return Buffer.from((await Body?.transformToByteArray()) ?? [])
}

test('a context goes up as the published client does it, and is found', async () => {
  await using ground = await openGround()
  const client = ground.client()
  const Key = keyOf(hash)
  const look = () => client.send(new ListObjectsV2Command({ Bucket, Prefix: `${organization}/${hash}/`, MaxKeys: 1 }))
  assert.equal((await look()).KeyCount, 0)
  assert.equal(await ground.objects.contextUrl(organization, hash), null)
  for (const content of [randomBytes(13 * MiB + 7), randomBytes(1000), Buffer.alloc(0)]) {
    await new Upload({ client, params: { Bucket, Key, Body: Readable.from(pieces(content)) } }).done()
    const { Contents = [] } = await look()
    assert.deepEqual(
      Contents.map(({ Key: key, Size }) => [key, Size]),
      [[Key, content.length]],
    )
    assert.ok((await read(client, Key)).equals(content))
    const url = await ground.objects.contextUrl(organization, hash)
    assert.ok(readFileSync(fileURLToPath(url ?? '')).equals(content))
    const head = await client.send(new HeadObjectCommand({ Bucket, Key }))
    assert.deepEqual([head.ContentLength, head.ETag], [content.length, Contents[0]?.ETag])
  }
  assert.deepEqual(ground.files(), [`${organization}/${hash}/context.tar`])
  await client.send(new HeadBucketCommand({ Bucket }))
  assert.deepEqual(ground.faults, [])
})

function* pieces(content: Buffer): Generator<Buffer> {
  for (let at = 0; at < content.length; at += 100_000) yield content.subarray(at, at + 100_000)
}

test('bodies come in every form that clients send, and are checked', async () => {
  await using ground = await openGround()
  const content = randomBytes(300_000)
  for (const ChecksumAlgorithm of ['CRC32', 'CRC32C', 'SHA1', 'SHA256'] as const) {
    for (const Body of [content, Readable.from(pieces(content))]) {
      const put = new PutObjectCommand({
        Bucket,
        Key: keyOf('a'.repeat(32)),
        Body,
        ContentLength: content.length,
        ChecksumAlgorithm,
      })
      await ground.client().send(put)
      assert.ok((await read(ground.client(), keyOf('a'.repeat(32)))).equals(content))
    }
  }
  const plain = ground.client(undefined, {
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  })
  const send = (change: object) =>
    plain.send(new PutObjectCommand({ Bucket, Key: keyOf('b'.repeat(32)), Body: content, ...change }))
  await send({})
  await send({ ContentMD5: (await import('node:crypto')).hash('md5', content, 'base64') })
  await assert.rejects(send({ ContentMD5: Buffer.alloc(16).toString('base64') }), { name: 'BadDigest' })
  await assert.rejects(send({ ContentMD5: 'short' }), { name: 'InvalidDigest' })
  await assert.rejects(send({ ChecksumCRC32: 'AAAAAA==' }), { name: 'XAmzContentChecksumMismatch' })
  await assert.rejects(send({ ChecksumCRC64NVME: 'AAAAAAAAAAA=' }), { name: 'XAmzContentChecksumMismatch' })
  await send({ IfNoneMatch: undefined })
  await assert.rejects(send({ IfNoneMatch: '*' }), { name: 'PreconditionFailed' })
  assert.ok((await read(plain, keyOf('b'.repeat(32)))).equals(content), 'what was refused has changed nothing')
  assert.deepEqual(await read(plain, keyOf('b'.repeat(32)), 'bytes=10-19'), content.subarray(10, 20))
  assert.deepEqual(await read(plain, keyOf('b'.repeat(32)), 'bytes=-5'), content.subarray(-5))
  assert.deepEqual(await read(plain, keyOf('b'.repeat(32)), 'bytes=299990-'), content.subarray(-10))
  await assert.rejects(read(plain, keyOf('b'.repeat(32)), 'bytes=300000-'), { name: 'InvalidRange' })
  await assert.rejects(read(plain, keyOf('c'.repeat(32))), { name: 'NoSuchKey' })
  assert.deepEqual(ground.files().length, 2)
})

test('an organization opens nothing but what is its own, and only for Get, Put and List', async () => {
  await using ground = await openGround()
  const own = ground.client()
  const theirs = ground.client(ground.access(stranger))
  await own.send(new PutObjectCommand({ Bucket, Key: keyOf(hash), Body: 'x' }))
  const { UploadId } = await own.send(new CreateMultipartUploadCommand({ Bucket, Key: keyOf(hash) }))
  const Key = keyOf(hash)
  const denied = { name: 'AccessDenied' }
  await assert.rejects(read(theirs, Key), denied)
  await assert.rejects(theirs.send(new PutObjectCommand({ Bucket, Key, Body: 'y' })), denied)
  await assert.rejects(
    theirs.send(new HeadObjectCommand({ Bucket, Key })),
    (error: { $metadata: { httpStatusCode: number } }) => error.$metadata.httpStatusCode === 403,
  )
  for (const Prefix of [
    undefined,
    '',
    organization,
    `${organization}/`,
    `${stranger}`,
    `${stranger}/../${organization}/`.slice(0, 5),
  ]) {
    await assert.rejects(theirs.send(new ListObjectsV2Command({ Bucket, Prefix })), denied)
    await assert.rejects(theirs.send(new ListMultipartUploadsCommand({ Bucket, Prefix })), denied)
  }
  await assert.rejects(theirs.send(new UploadPartCommand({ Bucket, Key, UploadId, PartNumber: 1, Body: 'y' })), denied)
  // The same upload id under a key of its own.
  const ownKey = keyOf(hash, stranger)
  await assert.rejects(
    theirs.send(new UploadPartCommand({ Bucket, Key: ownKey, UploadId, PartNumber: 1, Body: 'y' })),
    { name: 'NoSuchUpload' },
  )
  await assert.rejects(theirs.send(new AbortMultipartUploadCommand({ Bucket, Key: ownKey, UploadId })), {
    name: 'NoSuchUpload',
  })
  assert.equal((await read(own, Key)).toString(), 'x')
  await assert.rejects(own.send(new PutObjectCommand({ Bucket: 'other', Key, Body: 'y' })), { name: 'NoSuchBucket' })
  for (const odd of [
    '',
    'context.tar',
    '../../x',
    'x/../../y',
    '.hidden/context.tar',
    `${hash}/.new`,
    `${hash}/a/b`,
    'ä/context.tar',
    `${'x'.repeat(200)}/context.tar`,
  ]) {
    await assert.rejects(
      own.send(new PutObjectCommand({ Bucket, Key: `${organization}/${odd}`, Body: 'y' })),
      { name: 'InvalidArgument' },
      odd,
    )
  }
  const { DeleteObjectCommand, CopyObjectCommand, GetObjectAclCommand } = await import('@aws-sdk/client-s3')
  await assert.rejects(own.send(new DeleteObjectCommand({ Bucket, Key })), denied)
  await assert.rejects(own.send(new CopyObjectCommand({ Bucket, Key, CopySource: `${Bucket}/${Key}` })), {
    name: 'NotImplemented',
  })
  await assert.rejects(own.send(new GetObjectAclCommand({ Bucket, Key })), { name: 'NotImplemented' })
  assert.deepEqual(ground.faults, [])
})

test('uploads in parts: parts and lists, what is wrong with them, abort, retries, and over a restart', async () => {
  await using ground = await openGround()
  const client = ground.client()
  const Key = keyOf(hash)
  const begin = async () => (await client.send(new CreateMultipartUploadCommand({ Bucket, Key }))).UploadId
  const UploadId = await begin()
  const part = (PartNumber: number, Body: Buffer, id = UploadId) =>
    client.send(new UploadPartCommand({ Bucket, Key, UploadId: id, PartNumber, Body }))
  const complete = (Parts: { PartNumber: number; ETag: string | undefined }[], id = UploadId) =>
    client.send(new CompleteMultipartUploadCommand({ Bucket, Key, UploadId: id, MultipartUpload: { Parts } }))
  const [first, second] = [randomBytes(5 * MiB), randomBytes(10)]
  await part(1, randomBytes(5 * MiB))
  const ETag1 = (await part(1, first)).ETag
  const ETag2 = (await part(2, second)).ETag
  await ground.reopen()
  const { Parts = [] } = await client.send(new ListPartsCommand({ Bucket, Key, UploadId }))
  assert.deepEqual(
    Parts.map(({ PartNumber, Size, ETag }) => [PartNumber, Size, ETag]),
    [
      [1, first.length, ETag1],
      [2, 10, ETag2],
    ],
  )
  const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket, Prefix: `${organization}/` }))
  assert.deepEqual(
    Uploads.map((upload) => upload.UploadId),
    [UploadId],
  )
  const good = { PartNumber: 1, ETag: ETag1 }
  await assert.rejects(complete([{ PartNumber: 1, ETag: '"other"' }]), { name: 'InvalidPart' })
  await assert.rejects(complete([good, { PartNumber: 7, ETag: ETag1 }]), { name: 'InvalidPart' })
  await assert.rejects(complete([{ PartNumber: 2, ETag: ETag2 }, good]), { name: 'InvalidPartOrder' })
  await assert.rejects(complete([]), { name: 'MalformedXML' })
  await assert.rejects(part(0, second), { name: 'InvalidArgument' })
  await assert.rejects(part(limits.objectParts + 1, second), { name: 'InvalidArgument' })
  const ETag3 = (await part(3, second)).ETag
  await assert.rejects(complete([good, { PartNumber: 2, ETag: ETag2 }, { PartNumber: 3, ETag: ETag3 }]), {
    name: 'EntityTooSmall',
  })
  const all = [good, { PartNumber: 2, ETag: ETag2 }]
  const answers = await Promise.all([complete(all), complete(all), complete(all)])
  assert.equal(new Set(answers.map(({ ETag }) => ETag)).size, 1)
  assert.equal((await complete(all)).ETag, answers[0]?.ETag, 'a lost answer can be asked for again')
  assert.ok((await read(client, Key)).equals(Buffer.concat([first, second])))
  await assert.rejects(part(1, first), { name: 'NoSuchUpload' })
  const another = await begin()
  await part(1, second, another)
  await client.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId: another }))
  await assert.rejects(complete(all, another), { name: 'NoSuchUpload' })
  assert.deepEqual(ground.files(), [`${organization}/${hash}/context.tar`])
  for (let count = 0; count < limits.objectUnfinished; count++) await begin()
  await assert.rejects(begin(), { name: 'SlowDown' })
})

test('many upload one key at once: one of them wins, whole', async () => {
  await using ground = await openGround()
  const contents = Array.from({ length: 8 }, (_, index) => Buffer.alloc(6 * MiB + index, index))
  await Promise.all(
    contents.map((Body, index) => {
      const params = { Bucket, Key: keyOf(hash), Body }
      return index % 2 === 0
        ? ground.client().send(new PutObjectCommand(params))
        : new Upload({ client: ground.client(), params }).done()
    }),
  )
  const found = await read(ground.client(), keyOf(hash))
  assert.ok(contents.some((content) => content.equals(found)))
  assert.equal(ground.files().length, 1)
})

test('pages of a listing are whole together', async () => {
  await using ground = await openGround()
  const client = ground.client()
  const hashes = Array.from({ length: 7 }, (_, index) => `${index}`.repeat(32))
  for (const one of hashes) await client.send(new PutObjectCommand({ Bucket, Key: keyOf(one), Body: one }))
  const list = async (change: object) => {
    const keys: string[] = []
    for (let ContinuationToken: string | undefined; ; ) {
      const page = await client.send(
        new ListObjectsV2Command({ Bucket, Prefix: `${organization}/`, MaxKeys: 3, ContinuationToken, ...change }),
      )
      assert.ok((page.KeyCount ?? 0) <= 3)
      keys.push(
        ...(page.Contents ?? []).map(({ Key = '' }) => Key),
        ...(page.CommonPrefixes ?? []).map(({ Prefix = '' }) => Prefix),
      )
      if (page.IsTruncated !== true) return keys
      ContinuationToken = page.NextContinuationToken
    }
  }
  assert.deepEqual(
    await list({}),
    hashes.map((one) => keyOf(one)),
  )
  assert.deepEqual(
    await list({ Delimiter: '/' }),
    hashes.map((one) => `${organization}/${one}/`),
  )
  assert.deepEqual(
    await list({ StartAfter: keyOf(hashes[4] ?? ''), EncodingType: 'url' }),
    hashes.slice(5).map((one) => keyOf(one)),
  )
  assert.deepEqual(await list({ MaxKeys: 0 }), [])
})

test('what nobody uses is removed in the end, and a use keeps it', async () => {
  await using ground = await openGround()
  const client = ground.client()
  await client.send(new PutObjectCommand({ Bucket, Key: keyOf('1'.repeat(32)), Body: 'x' }))
  await client.send(new PutObjectCommand({ Bucket, Key: keyOf('2'.repeat(32)), Body: 'x' }))
  await client.send(new CreateMultipartUploadCommand({ Bucket, Key: keyOf('3'.repeat(32)) }))
  assert.equal(ground.files().length, 3)
  ground.clock.nowMs += limits.objectUnfinishedMs
  await ground.objects.tidy()
  assert.equal(ground.files().length, 2, 'the upload is given up')
  ground.clock.nowMs += limits.objectUnusedMs - limits.objectUnfinishedMs - 1
  assert.notEqual(await ground.objects.contextUrl(organization, '1'.repeat(32)), null)
  ground.clock.nowMs += 1000 * 60 * 60
  await ground.objects.tidy()
  assert.deepEqual(ground.files(), [keyOf('1'.repeat(32))])
  ground.clock.nowMs += limits.objectUnusedMs
  await ground.objects.tidy()
  assert.deepEqual(ground.files(), [])
})

test('contexts stay within the limits of the organization', async () => {
  await using ground = await openGround()
  const client = ground.client()
  await assert.rejects(
    client.send(
      new PutObjectCommand({
        Bucket,
        Key: keyOf(hash),
        Body: Readable.from([]),
        ContentLength: limits.objectBytes + 1,
      }),
    ),
    { name: 'EntityTooLarge' },
  )
  // Sparse files take no room here but count in full.
  const { mkdirSync, truncateSync, writeFileSync } = await import('node:fs')
  for (const one of ['1', '2', '3', '4']) {
    mkdirSync(`${ground.folder}/${organization}/${one.repeat(32)}`, { recursive: true })
    const file = `${ground.folder}/${keyOf(one.repeat(32))}`
    writeFileSync(file, '')
    truncateSync(file, limits.objectBytesOfOrganization / 4 - 10)
  }
  const put = (size: number) =>
    client.send(new PutObjectCommand({ Bucket, Key: keyOf(hash), Body: Buffer.alloc(size) }))
  await put(40)
  await assert.rejects(put(1), { name: 'QuotaExceeded' })
  await ground
    .client(ground.access(stranger))
    .send(new PutObjectCommand({ Bucket, Key: keyOf(hash, stranger), Body: 'x' }))
})

test('the class of the published client itself puts a folder, once', async () => {
  await using ground = await openGround()
  const load = createRequire(import.meta.url)
  const { ObjectStorage } = load(join(dirname(load.resolve('@daytonaio/sdk')), 'ObjectStorage.js'))
  const { storageUrl, accessKey, secret, sessionToken, region } = ground.access()
  const storage = new ObjectStorage({
    endpointUrl: storageUrl,
    accessKeyId: accessKey,
    secretAccessKey: secret,
    sessionToken,
    bucketName: Bucket,
    region,
  })
  const folder = join(ground.folder, '../', `${basename(ground.folder)}-context`)
  mkdirSync(join(folder, 'empty'), { recursive: true })
  writeFileSync(join(folder, 'text'), 'text')
  writeFileSync(join(folder, 'big'), randomBytes(8 * MiB))
  try {
    const name = await storage.upload(folder, organization, folder.slice(1))
    assert.equal(await storage.upload(folder, organization, folder.slice(1)), name)
    const file = fileURLToPath((await ground.objects.contextUrl(organization, name)) ?? '')
    const names = execFileSync('tar', ['-tf', file], { encoding: 'utf8' })
    for (const one of ['empty/', 'text', 'big']) assert.ok(names.includes(`${folder.slice(1)}/${one}\n`), names)
    assert.equal(execFileSync('tar', ['-xOf', file, `${folder.slice(1)}/text`], { encoding: 'utf8' }), 'text')
  } finally {
    rmSync(folder, { recursive: true })
  }
})
