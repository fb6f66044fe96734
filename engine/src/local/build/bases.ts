import { isPlatformError, PlatformError, type SnapshotOrder } from '@sandyard/protocol'
import type { Context } from '../context.ts'
import { mostLayers } from '../disk/mapped-overlay.ts'
import type { Image } from '../images/image.ts'
import { useDisks } from '../images/layers.ts'
import { pullImage } from '../images/pull.ts'
import { refuse } from './refuse.ts'

/** What brings images here. */
interface Bringing {
  readonly order: SnapshotOrder
  readonly tell: (text: string) => void
  readonly signal: AbortSignal
}

/** The image without anything. */
const scratch: Image = {
  disks: [],
  rootfs: null,
  config: { user: '', workDir: null, env: {}, entrypoint: [], cmd: [] },
  sizeBytes: 0,
}

/** Brings all images that the stages begin with or copy from, by name. Throws BAD_REQUEST for one that is not there. */
export async function bringImages(
  context: Context,
  names: ReadonlyMap<string, number>,
  bringing: Bringing,
): Promise<Map<string, Image>> {
  const images = new Map<string, Image>([['scratch', scratch]])
  for (const [name, line] of names) {
    if (images.has(name)) continue
    const image = ownImage(context, name, line) ?? (await pull(context, name, line, bringing))
    // One layer for the build, one for the sandbox.
    if (image.disks.length + 1 >= mostLayers) refuse(line, `${name} has too many layers to build on`)
    useDisks(context, image.disks)
    images.set(name, image)
  }
  return images
}

/** A general snapshot, `sandyard/<name>`, or by its own name if that has a tag. Those of somebody are nobody else's. */
function ownImage(context: Context, name: string, line: number): Image | null {
  const own = /^sandyard\/([^:@]+)(:latest)?$/.exec(name)?.[1]
  const found = own ?? (name.includes(':') ? name : null)
  const snapshot = found === null || context.saved.has(found) ? undefined : context.snapshots.get(found)
  if (snapshot === undefined) {
    if (name.startsWith('sandyard/')) refuse(line, `there is no snapshot ${name} to build on`)
    return null
  }
  const { user, workDir, env, entrypoint, sizeBytes, layers } = snapshot
  const config = { user, workDir, env, entrypoint: entrypoint ?? [], cmd: [] }
  return { disks: [], rootfs: layers.at(-1) ?? null, config, sizeBytes }
}

async function pull(context: Context, name: string, line: number, { order, tell, signal }: Bringing): Promise<Image> {
  const { logins, resources } = order
  try {
    return await pullImage(context, { image: name, logins, maxGib: resources.diskGib, tell, signal })
  } catch (error) {
    if (!isPlatformError(error) || signal.aborted) throw error
    throw new PlatformError(error.code, `Dockerfile line ${line}: ${name}: ${error.message}`, { cause: error })
  }
}
