import type { ImageConfig } from '../images/image.ts'

/** Where files come from. */
export type From =
  | { readonly kind: 'context' }
  | { readonly kind: 'stage'; readonly index: number }
  | { readonly kind: 'image'; readonly name: string }

/** A folder or file that one RUN sees beside those of its stage. */
export type RunMount =
  | { readonly kind: 'bind'; readonly target: string; readonly from: From; readonly source: string }
  | { readonly kind: 'tmpfs'; readonly target: string; readonly sizeBytes: number | null }
  | {
      readonly kind: 'cache'
      readonly target: string
      readonly id: string
      readonly owner: readonly [number, number]
      readonly mode: number
    }

interface Told {
  readonly line: number
  /** as people wrote it, on one line */
  readonly text: string
}

/** A program that runs in the stage. */
export interface RunStep extends Told {
  readonly kind: 'run'
  readonly args: readonly string[]
  /** text of a program that `args` ends with the name of; see `scriptPath` */
  readonly script: string | null
  readonly env: Readonly<Record<string, string>>
  readonly user: string
  readonly workDir: string
  readonly hasNetwork: boolean
  readonly mounts: readonly RunMount[]
}

/** Files that are put into the stage. */
export interface CopyStep extends Told {
  readonly kind: 'copy'
  readonly keyword: 'COPY' | 'ADD'
  readonly from: From
  /** paths and patterns in `from`, without a slash in front */
  readonly sources: readonly string[]
  /** files that stand in the Dockerfile itself */
  readonly texts: readonly { readonly name: string; readonly text: string }[]
  /** fetched from inside */
  readonly urls: readonly string[]
  /** absolute */
  readonly to: string
  /** sources come into it under their own names */
  readonly isFolder: boolean
  /** `user`, `user:group` or ids; `''` is root */
  readonly owner: string
  readonly mode: number | null
}

/** A folder that is made when it is not there (WORKDIR). */
export interface FolderStep extends Told {
  readonly kind: 'folder'
  readonly path: string
  readonly user: string
}

/** What changes nothing but how programs of the image are started. */
export interface NoteStep extends Told {
  readonly kind: 'note'
  /** why it does not do what people may expect */
  readonly note: string | null
}

/** What an instruction asks for, with all variables put in. */
export type Step = RunStep | CopyStep | FolderStep | NoteStep

/** A stage of which all is known that can be known before it runs. */
export interface Stage {
  /** its place in the Dockerfile, from 0 */
  readonly index: number
  readonly line: number
  /** its FROM, as people wrote it */
  readonly text: string
  readonly from: From
  readonly steps: readonly Step[]
  readonly config: ImageConfig
}

/** Where the text of a RUN that is a program of its own appears inside. */
export const scriptPath = '/dev/.sandyard/script'
