import { wireDate } from '../wire-date.ts'
import type { ObjectFolder, StoredObject } from './object-folder.ts'
import { isHash, keyText } from './object-key.ts'
import type { Parameter } from './parameters.ts'
import { S3Error } from './s3-error.ts'
import { encode } from './signed-request.ts'
import type { Upload, Uploads } from './uploads.ts'
import { writeXml } from './xml.ts'

const pageSize = 1000

/** Where a listing looks. */
interface ListPlace {
  readonly folder: ObjectFolder
  readonly organizationId: string
  readonly nowMs: number
}

/** Answers ListObjectsV2, below the prefix of the caller's organization only. What a client finds is in use by it. */
export function listObjects(
  bucket: string,
  { folder, organizationId, nowMs }: ListPlace,
  parameter: Parameter,
): string {
  const prefix = parameter('prefix') ?? ''
  if (!prefix.startsWith(`${organizationId}/`)) throw new S3Error('AccessDenied', 'Access Denied')
  const [hash = '', ...deeper] = prefix.slice(organizationId.length + 1).split('/')
  const only = deeper.length > 0 ? hash : undefined
  if (only !== undefined && !isHash(only)) return page([], [], null)
  const after = readMarker(parameter)
  const delimiter = parameter('delimiter') ?? ''
  const most = readCount(parameter('max-keys'))
  const found: StoredObject[] = []
  const prefixes: string[] = []
  let next: string | null = null
  let last = ''
  for (const object of folder.list(organizationId, only)) {
    const key = keyText(object.key)
    if (!key.startsWith(prefix) || key <= after) continue
    const cut = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length)
    const group = cut < 0 ? null : key.slice(0, cut + delimiter.length)
    if (group !== null && (group === prefixes.at(-1) || after.startsWith(group))) continue
    if (found.length + prefixes.length >= most) {
      next = last
      break
    }
    if (group === null) found.push(object)
    else prefixes.push(group)
    // After a group comes what is behind all of it.
    last = group === null ? key : `${group}\uffff`
  }
  for (const object of found) folder.touch(object, nowMs)
  return page(found, prefixes, most === 0 ? null : next)

  function page(objects: readonly StoredObject[], groups: readonly string[], marker: string | null): string {
    const text = parameter('encoding-type') === 'url' ? (value: string) => encode(value).replaceAll('%2F', '/') : String
    return writeXml('ListBucketResult', {
      Name: bucket,
      Prefix: text(prefix),
      Delimiter: parameter('delimiter'),
      EncodingType: parameter('encoding-type'),
      ContinuationToken: parameter('continuation-token'),
      StartAfter: parameter('start-after'),
      KeyCount: objects.length + groups.length,
      MaxKeys: readCount(parameter('max-keys')),
      IsTruncated: marker !== null,
      NextContinuationToken: marker === null ? undefined : Buffer.from(marker).toString('base64url'),
      Contents: objects.map((object) => ({
        Key: text(keyText(object.key)),
        LastModified: wireDate(object.modifiedAtMs),
        ETag: `"${object.etag}"`,
        Size: object.sizeBytes,
        StorageClass: 'STANDARD',
      })),
      CommonPrefixes: groups.map((group) => ({ Prefix: text(group) })),
    })
  }
}

/** Answers ListParts. */
export function listParts(bucket: string, uploads: Uploads, upload: Upload, parameter: Parameter): string {
  const after = Number(/^\d{1,5}$/.exec(parameter('part-number-marker') ?? '0')?.[0] ?? 0)
  const most = readCount(parameter('max-parts'))
  const rest = uploads.parts(upload).filter(({ number }) => number > after)
  const parts = rest.slice(0, most)
  return writeXml('ListPartsResult', {
    Bucket: bucket,
    Key: keyText(upload.key),
    UploadId: upload.id,
    PartNumberMarker: after,
    NextPartNumberMarker: parts.at(-1)?.number ?? 0,
    MaxParts: most,
    IsTruncated: rest.length > parts.length,
    Part: parts.map((part) => ({
      PartNumber: part.number,
      LastModified: wireDate(part.modifiedAtMs),
      ETag: `"${part.etag}"`,
      Size: part.sizeBytes,
    })),
  })
}

/** Answers ListMultipartUploads for the caller's organization; there are never more of them than fit one page. */
export function listUploads(bucket: string, uploads: Uploads, organizationId: string, parameter: Parameter): string {
  const prefix = parameter('prefix') ?? ''
  if (!prefix.startsWith(`${organizationId}/`)) throw new S3Error('AccessDenied', 'Access Denied')
  const found = uploads
    .list(organizationId)
    .filter(({ key }) => keyText(key).startsWith(prefix))
    .sort((one, other) => (keyText(one.key) < keyText(other.key) ? -1 : 1))
  return writeXml('ListMultipartUploadsResult', {
    Bucket: bucket,
    Prefix: prefix,
    MaxUploads: pageSize,
    IsTruncated: false,
    Upload: found.map(({ key, id, createdAtMs }) => ({
      Key: keyText(key),
      UploadId: id,
      Initiated: wireDate(createdAtMs),
    })),
  })
}

function readMarker(parameter: Parameter): string {
  const token = parameter('continuation-token')
  return token === undefined ? (parameter('start-after') ?? '') : Buffer.from(token, 'base64url').toString()
}

function readCount(text: string | undefined): number {
  if (text === undefined) return pageSize
  if (!/^\d{1,9}$/.test(text)) throw new S3Error('InvalidArgument', 'The length of a page must be a whole number')
  return Math.min(pageSize, Number(text))
}
