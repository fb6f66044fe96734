// biome-ignore-all format: written by scripts/sdk-operations.mjs
// biome-ignore-all assist/source/organizeImports: likewise
/** Written by scripts/sdk-operations.mjs from protocol/src/api/object-storage.ts: change that, and run it again. */

/** What is sent and answered. */
export interface ObjectStorageOperations {
  /** Credentials for an hour to upload build contexts by S3; needs write:snapshots or write:sandboxes */
  getPushAccess: {
    answer: {
      accessKey: string
      secret: string
      sessionToken: string
      storageUrl: string
      organizationId: string
      bucket: string
      region: string
    }
  }
}

/** Method and path; with "bytes" where the answer is no JSON. */
export const objectStorageOperations = {
  getPushAccess: 'GET /object-storage/push-access',
} as const
