import { PlatformError, type SnapshotInfo, type SnapshotOrder } from '@sandyard/protocol'
import { buildImage } from '../build/build.ts'
import type { Context } from '../context.ts'
import type { Image } from './image.ts'
import { keepImage } from './keep.ts'
import { collect } from './layers.ts'
import { pullImage } from './pull.ts'

/** Makes a snapshot of an image or a Dockerfile. `removeSnapshot` of its name ends it. */
export async function makeSnapshot(
  context: Context,
  order: SnapshotOrder,
  tell: (text: string) => void,
): Promise<SnapshotInfo> {
  const { makings } = context.images
  const { name } = order
  if (context.snapshots.has(name)) throw new PlatformError('CONFLICT', `There is a snapshot ${name} already`)
  if (makings.has(name)) throw new PlatformError('CONFLICT', `The snapshot ${name} is being made already`)
  const cancel = new AbortController()
  const { promise: ended, resolve } = Promise.withResolvers<void>()
  makings.set(name, { startedAt: performance.now(), cancel, ended })
  try {
    const image = await imageOf(context, order, tell, cancel.signal)
    const entrypoint = order.source.kind === 'image' ? order.source.entrypoint : null
    return await context.locks.run(`snapshot ${name}`, async () => {
      cancel.signal.throwIfAborted()
      // A sandbox was saved under the name meanwhile.
      if (context.snapshots.has(name)) throw new PlatformError('CONFLICT', `There is a snapshot ${name} already`)
      return await keepImage(context, name, image, { entrypoint })
    })
  } catch (error) {
    if (!cancel.signal.aborted) throw error
    throw new PlatformError('CONFLICT', `The making of the snapshot ${name} was ended`, { cause: error })
  } finally {
    makings.delete(name)
    collect(context)
    resolve()
  }
}

/** Ends the making of a snapshot and waits until nothing of it is under way. Does nothing when there is none. */
export async function cancelMaking({ images }: Context, name: string): Promise<void> {
  const making = images.makings.get(name)
  making?.cancel.abort()
  await making?.ended
}

/** Ends all that is being made, and looks for nothing any more. */
export async function closeImages(context: Context): Promise<void> {
  await Promise.all([...context.images.makings.keys()].map((name) => cancelMaking(context, name)))
  if (context.images.timer !== null) clearTimeout(context.images.timer)
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
