import { randomUUID } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { PlatformError } from '@sandyard/protocol'
import { writeDurably } from '../records/durable-file.ts'
import { type Bucket, createBucket, isMissing, type S3Place } from './s3-bucket.ts'
import { type ArchiveStore, damaged, digestOf } from './store.ts'

/** What a store has on this machine. */
export interface LocalPlaces {
  /** for archives on their way */
  readonly folder: string
  /** holds the id of the data folder in buckets; lies outside of `folder`, where files without a record are litter */
  readonly idFile: string
}

/** Names that we give; whatever else is in the bucket is not ours. */
const nameRule = /^[\w.-]{1,200}$/

/**
 * Archives in a bucket of S3. They lie under an id that the data folder keeps, so platforms can share a bucket: what one
 * finds in no record of its own is never another's.
 */
export function createS3Store(place: S3Place, { folder, idFile }: LocalPlaces): ArchiveStore {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const local = (name: string) => join(folder, name)
  let ownBucket: Promise<Bucket> | undefined
  const bucket = (): Promise<Bucket> => {
    ownBucket ??= ownId(idFile).then((id) =>
      createBucket(place, [place.prefix, id].filter((part) => part !== '').join('/')),
    )
    return ownBucket
  }

  return {
    place: `${place.endpoint}/${place.bucket}/${place.prefix}`,
    async put(name, write) {
      const file = local(`${name}.new`)
      try {
        await write(file)
        const entry = { name, sha256: await digestOf(file), sizeBytes: statSync(file).size }
        await (await bucket()).put(name, file, entry.sizeBytes).catch(refuse)
        return entry
      } finally {
        rmSync(file, { force: true })
      }
    },
    async get({ name, sha256, sizeBytes }, read) {
      const file = local(`${name}.${randomUUID()}.get`)
      try {
        const isThere = await (await bucket()).get(name, file, sizeBytes).catch(refuse)
        if (!isThere || statSync(file).size !== sizeBytes || (await digestOf(file)) !== sha256) throw damaged(name)
        await read(file)
      } finally {
        rmSync(file, { force: true })
      }
    },
    async remove(name) {
      rmSync(local(name), { force: true })
      await (await bucket()).remove(name).catch(refuse)
    },
    async list() {
      const here = readdirSync(folder).filter((name) => /\.(new|get)$/.test(name))
      const there = (await (await bucket()).list().catch(refuse)).filter((name) => nameRule.test(name))
      return [...new Set([...here, ...there])]
    },
  }
}

function refuse(cause: unknown): never {
  if (isMissing(cause))
    throw new PlatformError('INTERNAL_SERVER_ERROR', 'The bucket of the archive store is not there', { cause })
  if ((cause as NodeJS.ErrnoException).code === 'ENOSPC') throw cause
  const why = cause instanceof Error ? cause.message : String(cause)
  throw new PlatformError('SERVICE_UNAVAILABLE', `The archive store does not do its work now: ${why.slice(0, 300)}`, {
    cause,
  })
}

/** The id of this data folder in buckets; made once. */
async function ownId(file: string): Promise<string> {
  if (!existsSync(file)) await writeDurably(file, JSON.stringify({ id: randomUUID() }))
  const { id } = JSON.parse(readFileSync(file, 'utf8')) as { id: unknown }
  if (typeof id !== 'string' || !/^[0-9a-f-]{36}$/.test(id)) throw new Error(`${file} holds no id`)
  return id
}
