import { PlatformError, type RegistryLogin } from '@sandyard/protocol'
import type { Context } from '../context.ts'
import type { Image } from './image.ts'

/** What is to be pulled. */
export interface Pull {
  /** name of an image as people write it, such as `python:3.12` or `registry.example:5000/team/app@sha256:…` */
  readonly image: string
  readonly logins: readonly RegistryLogin[]
  /** most that it may unpack to, GiB */
  readonly maxGib: number
  /** told what is being done, a line at a time */
  readonly tell: (text: string) => void
  /** ends it; nothing is left then but layers that are whole */
  readonly signal: AbortSignal
}

/** Brings an image onto this machine, unpacked. What is here already is neither fetched nor unpacked again. */
export async function pullImage(_context: Context, _pull: Pull): Promise<Image> {
  throw new PlatformError('NOT_IMPLEMENTED', 'Snapshots of images are not supported yet')
}
