import type { S3Place } from '@sandyard/engine'
import { PlatformError } from '@sandyard/protocol'
import type { Config } from './config.ts'

/** The bucket that keeps archives; null for a folder. Throws BAD_REQUEST when it is named without its keys. */
export function archivePlace(config: Config): S3Place | null {
  const {
    archiveStore,
    archiveEndpoint,
    archiveRegion: region,
    archiveAccessKey: accessKey,
    archiveSecretKey: secretKey,
  } = config
  if (archiveStore === null) return null
  if (accessKey === null || secretKey === null) {
    throw new PlatformError('BAD_REQUEST', '--archive-store needs --archive-access-key and --archive-secret-key')
  }
  const endpoint = archiveEndpoint ?? `https://s3.${region}.amazonaws.com`
  return { ...archiveStore, endpoint, region, accessKey, secretKey }
}
