import { PlatformError, type SnapshotOrder, type SnapshotSource } from '@sandyard/protocol'
import type { Context } from '../context.ts'
import { diskPaths, diskUse, sealDisk, unmountDisk } from '../disk/disks.ts'
import type { Image } from '../images/image.ts'
import { looseDisks, useDisks } from '../images/layers.ts'
import { bringImages } from './bases.ts'
import { readContext } from './build-context.ts'
import { cacheStep, trimCache } from './cache.ts'
import { parseDockerfile } from './dockerfile.ts'
import { evaluateStage } from './evaluate.ts'
import { Ground, type Root } from './ground.ts'
import { type KeyedStage, keyStages, lastKey } from './keys.ts'
import { buildLimits } from './limits.ts'
import { refuse } from './refuse.ts'
import { StageRun, type Workshop } from './run-stage.ts'
import { type Selected, selectFiles } from './select.ts'
import { cutStages, findCopyFrom, type RawStages } from './stages.ts'
import type { CopyStep, From, Stage, Step } from './step.ts'
import { createTeller, type Teller } from './teller.ts'
import { takePlace } from './work.ts'

/** The making of a snapshot from a Dockerfile. */
export interface BuildOrder extends SnapshotOrder {
  readonly source: Extract<SnapshotSource, { kind: 'dockerfile' }>
}

/**
 * Builds the image of a Dockerfile in sandboxes of its own, and tells what it does as text for people. Its topmost disk is
 * new: it goes with the making of the snapshot unless a record has it by then. Throws BAD_REQUEST for what cannot be
 * built, with the line.
 * @param signal ends the build; nothing is left then but finished steps, for the next build
 */
export async function buildImage(
  context: Context,
  order: BuildOrder,
  tell: (text: string) => void,
  signal: AbortSignal,
): Promise<Image> {
  // What is wrong with the text itself need not wait.
  const dockerfile = parseDockerfile(order.source.dockerfile)
  const raw = cutStages(dockerfile)
  const teller = createTeller(tell)
  const leave = await takePlace(context.builds, () => teller.line('Waiting for other builds to end'), signal)
  const timeout = AbortSignal.timeout(buildLimits.timeMs)
  const ending = AbortSignal.any([signal, timeout])
  try {
    trimCache(context)
    const files = await readContext(order.source.contexts, ending)
    const images = await bringImages(context, namesOf(raw), { order, tell, signal: ending })
    const stages = evaluate(raw, dockerfile.escapeChar, images)
    const selected = new Map<CopyStep, Selected[]>()
    for (const step of stages.flatMap(({ steps }) => steps)) {
      if (step.kind === 'copy' && step.from.kind === 'context') selected.set(step, selectFiles(files, step))
    }
    const keyed = keyStages(stages, { scope: order.scope, context: files, images, selected })
    await using ground = new Ground(context, order.resources, ending)
    return await new Build({ ground, teller, context: files, selected }, images, keyed).make()
  } catch (error) {
    if (timeout.aborted && !signal.aborted) {
      throw new PlatformError('BAD_REQUEST', `The build took longer than ${buildLimits.timeMs / 60_000} minutes`)
    }
    throw error
  } finally {
    leave()
  }
}

/** Images that the stages name, and the first line that does. */
function namesOf({ stages }: RawStages): Map<string, number> {
  const names = new Map<string, number>()
  const add = (from: From, line: number): void => {
    if (from.kind === 'image' && !names.has(from.name)) names.set(from.name, line)
    if (names.size > buildLimits.stages) refuse(line, `there are more than ${buildLimits.stages} images`)
  }
  for (const stage of stages) {
    add(stage.from, stage.begin.line)
    for (const { keyword, flags, line } of stage.instructions) {
      for (const [flag, value] of flags) {
        const inMount = flag === 'mount' ? /(?:^|,)from=([^,]+)/.exec(value)?.[1] : undefined
        const name = flag === 'from' && keyword === 'COPY' ? value : inMount
        if (name !== undefined) add(findCopyFrom(line, name, stages, stage.index), line)
      }
    }
  }
  return names
}

function evaluate(raw: RawStages, escapeChar: string, images: ReadonlyMap<string, Image>): Stage[] {
  const stages: Stage[] = []
  for (const stage of raw.stages) {
    const { from } = stage
    const config =
      from.kind === 'stage'
        ? stages.find(({ index }) => index === from.index)?.config
        : images.get(from.kind === 'image' ? from.name : '')?.config
    if (config === undefined) throw new Error(`What line ${stage.begin.line} begins with is not known`)
    stages.push(
      evaluateStage({ stage, stages: raw.stages, escapeChar, globals: raw.globals, budget: raw.budget }, config),
    )
  }
  return stages
}

/** One build from its first step to its image. */
class Build {
  readonly #shop: Workshop
  readonly #images: ReadonlyMap<string, Image>
  readonly #stages: ReadonlyMap<number, KeyedStage>
  readonly #roots = new Map<string, Promise<Root>>()
  readonly #ground: Ground
  readonly #teller: Teller

  constructor(
    shop: Omit<Workshop, 'rootOf'>,
    images: ReadonlyMap<string, Image>,
    stages: ReadonlyMap<number, KeyedStage>,
  ) {
    this.#shop = { ...shop, rootOf: (from) => this.#rootOf(from) }
    this.#images = images
    this.#stages = stages
    this.#ground = shop.ground
    this.#teller = shop.teller
  }

  async make(): Promise<Image> {
    const last = [...this.#stages.values()].at(-1)
    if (last === undefined) throw new Error('There is no stage to build')
    const needed = this.#needed(last)
    const count = [...this.#stages.values()].reduce((sum, { stage }) => sum + 1 + stage.steps.length, 0)
    let number = 0
    const begin = (text: string): void => this.#teller.line(`Step ${++number}/${count} : ${text}`)
    for (const keyed of this.#stages.values()) {
      begin(keyed.stage.text)
      if (needed.has(keyed)) await this.#buildStage(keyed, begin)
      else this.#tellCached(keyed.stage.steps, begin)
    }
    return await this.#seal(last)
  }

  /** Number of the last step that is in the cache; -1 when none is. */
  #cachedUpTo({ stage, keys }: KeyedStage): number {
    const { cached } = this.#ground.context.builds
    return stage.steps.findLastIndex(
      (step, at) => (step.kind === 'run' || step.kind === 'copy') && cached.has(keys[at] ?? ''),
    )
  }

  /** Stages of which something is to be done. */
  #needed(last: KeyedStage): Set<KeyedStage> {
    const needed = new Set<KeyedStage>()
    const add = (from: From): void => {
      const keyed = from.kind === 'stage' ? this.#stages.get(from.index) : undefined
      if (keyed !== undefined) visit(keyed)
    }
    const visit = (keyed: KeyedStage): void => {
      if (needed.has(keyed)) return
      needed.add(keyed)
      const cached = this.#cachedUpTo(keyed)
      // It can be given up before it is used: then the stage begins anew.
      if (cached < 0) add(keyed.stage.from)
      for (const step of keyed.stage.steps.slice(cached + 1)) for (const from of fromsOf(step)) add(from)
    }
    visit(last)
    return needed
  }

  #tellCached(steps: readonly Step[], begin: (text: string) => void): void {
    for (const step of steps) {
      begin(step.text)
      this.#teller.line(' ---> cached')
    }
  }

  async #buildStage(keyed: KeyedStage, begin: (text: string) => void): Promise<void> {
    const { stage, keys } = keyed
    const { context } = this.#ground
    const layers = this.#layersOf(keyed)
    const cached = this.#cachedUpTo(keyed)
    const root = cached < 0 ? null : await this.#ground.makeRoot(layers, { kind: 'cached', key: keys[cached] ?? '' })
    const next = root === null ? 0 : cached + 1
    const current = root ?? (await this.#beginRoot(keyed))
    this.#tellCached(stage.steps.slice(0, next), begin)
    const run = new StageRun(this.#shop, current)
    for (const [at, step] of stage.steps.entries()) {
      if (at < next) continue
      begin(step.text)
      if (step.kind === 'note' && step.note !== null) this.#teller.line(` ---> ${step.note}`)
      if (step.kind === 'folder') run.folder(step)
      if (step.kind === 'run') await run.run(step)
      if (step.kind === 'copy') await run.copy(step)
      const key = keys[at]
      const isKept = step.kind === 'run' || (step.kind === 'copy' && step.urls.length === 0)
      if (isKept && key !== undefined) await cacheStep(context, key, current.diskId)
      this.#ground.signal.throwIfAborted()
    }
    await run.finish()
    this.#roots.set(nameOf({ kind: 'stage', index: stage.index }), Promise.resolve(current))
  }

  async #beginRoot(keyed: KeyedStage): Promise<Root> {
    const { from } = keyed.stage
    const below = from.kind === 'stage' ? await this.#rootOf(from) : null
    const root = await this.#ground.makeRoot(
      this.#layersOf(keyed),
      below === null ? { kind: 'empty' } : { kind: 'copy', diskId: below.diskId },
    )
    if (root === null) throw new Error('A disk that was just there is missing')
    return root
  }

  /** The files of another stage, or of an image; nothing writes to them any more. */
  async #rootOf(from: From): Promise<Root> {
    const name = nameOf(from)
    const known = this.#roots.get(name)
    if (known !== undefined) return await known
    const made = from.kind === 'image' ? this.#imageRoot(from.name) : this.#missing(from)
    this.#roots.set(name, made)
    return await made
  }

  /** A stage whose steps were in the cache and, against all odds, have gone from it in between. */
  async #missing(from: From): Promise<Root> {
    const keyed = from.kind === 'stage' ? this.#stages.get(from.index) : undefined
    if (keyed === undefined) throw new Error('A stage is used that is not known')
    await this.#buildStage(keyed, (text) => this.#teller.line(text))
    return await this.#rootOf(from)
  }

  async #imageRoot(name: string): Promise<Root> {
    const image = this.#images.get(name)
    if (image === undefined) throw new Error(`The image ${name} was not brought here`)
    const root = await this.#ground.makeRoot(this.#foldersOf(image), { kind: 'empty' })
    if (root === null) throw new Error('An empty disk cannot be missing')
    return root
  }

  /** The image that a stage stands on, through all stages below it. */
  #baseOf({ stage }: KeyedStage): Image {
    const { from } = stage
    if (from.kind === 'stage') {
      const below = this.#stages.get(from.index)
      if (below === undefined) throw new Error('A stage is used that is not known')
      return this.#baseOf(below)
    }
    const image = this.#images.get(from.kind === 'image' ? from.name : '')
    if (image === undefined) throw new Error('An image is used that was not brought here')
    return image
  }

  #layersOf(keyed: KeyedStage): string[] {
    return this.#foldersOf(this.#baseOf(keyed))
  }

  #foldersOf({ disks, rootfs }: Image): string[] {
    const { layout } = this.#ground.context
    return [...disks.map((disk) => diskPaths(layout, disk).upper), ...(rootfs === null ? [] : [rootfs])]
  }

  /** Makes the disk of the last stage a layer that nothing changes any more. */
  async #seal(keyed: KeyedStage): Promise<Image> {
    const { context } = this.#ground
    const { layout } = context
    const { diskId } = await this.#rootOf({ kind: 'stage', index: keyed.stage.index })
    const base = this.#baseOf(keyed)
    await unmountDisk(layout, diskId)
    await sealDisk(layout, diskId)
    const sizeBytes = base.sizeBytes + (await diskUse(layout, diskId))
    this.#teller.line(`Built ${lastKey(keyed).slice(0, 12)}`)
    useDisks(context, [diskId])
    looseDisks(context, [diskId])
    this.#ground.release(diskId)
    return { disks: [diskId, ...base.disks], rootfs: base.rootfs, config: keyed.stage.config, sizeBytes }
  }
}

function nameOf(from: From): string {
  return from.kind === 'stage' ? `stage ${from.index}` : from.kind === 'image' ? `image ${from.name}` : 'context'
}

function fromsOf(step: Step): From[] {
  if (step.kind === 'copy') return [step.from]
  if (step.kind === 'run') return step.mounts.flatMap((mount) => (mount.kind === 'bind' ? [mount.from] : []))
  return []
}
