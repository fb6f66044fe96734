import { createHash, randomUUID } from 'node:crypto'
import type { Image } from '../images/image.ts'
import type { BuildContext } from './build-context.ts'
import { digestOf, type Selected, selectFiles } from './select.ts'
import type { CopyStep, From, RunMount, RunStep, Stage, Step } from './step.ts'

/** What a key is made of beside the steps. */
export interface KeySources {
  /** of the order: others run their own steps */
  readonly scope: string
  readonly context: BuildContext
  readonly images: ReadonlyMap<string, Image>
  /** files of the context that each COPY and ADD takes */
  readonly selected: ReadonlyMap<CopyStep, readonly Selected[]>
}

/** A stage with the keys of its disk: `keys[n]` is that after step `n`, `first` that of what it begins with. */
export interface KeyedStage {
  readonly stage: Stage
  readonly first: string
  readonly keys: readonly string[]
}

/** Raised when the same steps come to something else. */
const revision = 1

/** Gives each step a key that is the same whenever it would come to the same. */
export function keyStages(stages: readonly Stage[], sources: KeySources): Map<number, KeyedStage> {
  const keyed = new Map<number, KeyedStage>()
  const keyOf = (from: From): string => {
    switch (from.kind) {
      case 'context':
        return 'context'
      case 'stage':
        return lastKey(keyed.get(from.index))
      case 'image': {
        const image = sources.images.get(from.name)
        return digest(['image', revision, sources.scope, image?.disks, image?.rootfs])
      }
    }
  }
  for (const stage of stages) {
    const first = keyOf(stage.from)
    const keys: string[] = []
    for (const step of stage.steps) {
      const part = partOf(step, { keyOf, ...sources })
      const before = keys.at(-1) ?? first
      keys.push(part === null ? before : digest([before, part]))
    }
    keyed.set(stage.index, { stage, first, keys })
  }
  return keyed
}

/** Key of a whole stage. */
export function lastKey(keyed: KeyedStage | undefined): string {
  if (keyed === undefined) throw new Error('A stage is used before it is known')
  return keyed.keys.at(-1) ?? keyed.first
}

type Sources = KeySources & { readonly keyOf: (from: From) => string }

/** What of a step matters; `null` when it changes no files. */
function partOf(step: Step, sources: Sources): unknown {
  switch (step.kind) {
    case 'note':
      return null
    case 'folder':
      return ['folder', step.path, step.user]
    case 'run':
      return runPart(step, sources)
    case 'copy':
      return copyPart(step, sources)
  }
}

function runPart(step: RunStep, sources: Sources): unknown {
  const { args, script, env, user, workDir, hasNetwork } = step
  const sorted = Object.entries(env).sort(([first], [second]) => (first < second ? -1 : 1))
  const mounts = step.mounts.map((mount) => [mount, mountPart(mount, step, sources)])
  return ['run', args, script, sorted, user, workDir, hasNetwork, mounts]
}

function mountPart(mount: RunMount, step: RunStep, sources: Sources): string {
  if (mount.kind !== 'bind') return ''
  if (mount.from.kind !== 'context') return sources.keyOf(mount.from)
  return digestOf(selectFiles(sources.context, wholeOf(step, mount.source)))
}

/** What a mount of the context shows, as if it were copied. */
export function wholeOf({ line, text }: RunStep, source: string): CopyStep {
  const nothing = { texts: [], urls: [], to: '/', isFolder: true, owner: '', mode: null }
  return { kind: 'copy', keyword: 'COPY', line, text, from: { kind: 'context' }, sources: [source], ...nothing }
}

function copyPart(step: CopyStep, sources: Sources): unknown {
  const { keyword, texts, to, isFolder, owner, mode } = step
  // What is fetched may be something else each time.
  const content =
    step.urls.length > 0
      ? randomUUID()
      : step.from.kind === 'context'
        ? digestOf(sources.selected.get(step) ?? [])
        : [sources.keyOf(step.from), step.sources]
  return ['copy', keyword, content, texts, to, isFolder, owner, mode]
}

function digest(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex')
}
