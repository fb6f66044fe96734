import { archiveFolder, archiveIdFile, type Layout } from '../layout.ts'
import { createS3Store } from './s3.ts'
import type { S3Place } from './s3-bucket.ts'
import { type ArchiveStore, createFolderStore } from './store.ts'

/** Opens the archive store: a bucket, or by default a folder. */
export function openArchives(layout: Layout, place: S3Place | null): ArchiveStore {
  const folder = archiveFolder(layout)
  return place === null ? createFolderStore(folder) : createS3Store(place, { folder, idFile: archiveIdFile(layout) })
}
