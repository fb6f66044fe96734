import type { SnapshotInfo, SnapshotOrder } from '@sandyard/protocol'
import { buildImage } from '../build/build.ts'
import type { Context } from '../context.ts'
import type { Image } from './image.ts'
import { keepImage } from './keep.ts'
import { pullImage } from './pull.ts'

/** Makes a snapshot of an image or a Dockerfile. */
export async function makeSnapshot(
  context: Context,
  order: SnapshotOrder,
  tell: (text: string) => void,
): Promise<SnapshotInfo> {
  const { signal } = new AbortController()
  const entrypoint = order.source.kind === 'image' ? order.source.entrypoint : null
  return await keepImage(context, order.name, await imageOf(context, order, tell, signal), { entrypoint })
}

async function imageOf(
  context: Context,
  order: SnapshotOrder,
  tell: (text: string) => void,
  signal: AbortSignal,
): Promise<Image> {
  const { source, logins, resources } = order
  switch (source.kind) {
    case 'image':
      return await pullImage(context, { image: source.image, logins, maxGib: resources.diskGib, tell, signal })
    case 'dockerfile':
      return await buildImage(context, { ...order, source }, tell, signal)
  }
}
