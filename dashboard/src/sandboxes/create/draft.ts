import { type CreateSandboxParams, Image } from '@sandyard/sdk'
import { numberOf, textOf } from '../../design/form-dialog.tsx'
import { type Pair, pairsObject } from '../../design/pairs.ts'

/** What it is made from. */
export type Source = 'snapshot' | 'image' | 'dockerfile'

/** Where it may connect to. */
export type Reach = 'all' | 'none' | 'list'

/** What was chosen and is not in the form itself. */
export interface Draft {
  readonly source: Source
  readonly dockerfile: string
  readonly reach: Reach
  readonly variables: readonly Pair[]
  readonly labels: readonly Pair[]
  /** ids of volumes, and where they are mounted */
  readonly volumes: readonly Pair[]
  /** names of secrets, and the variables that stand for them */
  readonly secrets: readonly Pair[]
}

/** Nothing chosen yet. */
export const emptyDraft: Draft = {
  source: 'snapshot',
  dockerfile: '',
  reach: 'all',
  variables: [],
  labels: [],
  volumes: [],
  secrets: [],
}

/** What the platform is asked for. Throws what is to be told where something does not go together. */
export function readParams(form: FormData, draft: Draft): CreateSandboxParams {
  const resources = { cpu: numberOf(form, 'cpu'), memory: numberOf(form, 'memory'), disk: numberOf(form, 'disk') }
  const variables = pairsObject(draft.variables)
  const labels = pairsObject(draft.labels)
  return {
    name: textOf(form, 'name'),
    target: textOf(form, 'region'),
    ...sourceOf(form, draft),
    ...(Object.values(resources).every((value) => value === undefined) ? {} : { resources }),
    ...reachOf(form, draft.reach),
    ...timersOf(form),
    ...(Object.keys(variables).length === 0 ? {} : { envVars: variables }),
    ...(Object.keys(labels).length === 0 ? {} : { labels }),
    ...mountsOf(draft),
    ...(form.has('public') ? { public: true } : {}),
  }
}

function sourceOf(form: FormData, { source, dockerfile }: Draft): CreateSandboxParams {
  switch (source) {
    case 'snapshot':
      return { snapshot: textOf(form, 'snapshot') }
    case 'image':
      return { image: textOf(form, 'image') }
    case 'dockerfile':
      return { image: Image.fromDockerfileText(dockerfile) }
  }
}

function reachOf(form: FormData, reach: Reach): CreateSandboxParams {
  if (reach === 'all') return {}
  if (reach === 'none') return { networkBlockAll: true }
  const networks = listOf(textOf(form, 'networks'))
  const domains = listOf(textOf(form, 'domains'))
  if (networks === undefined && domains === undefined)
    throw new Error('The list of what it may connect to is empty: add a network or a domain, or choose None')
  return {
    ...(networks === undefined ? {} : { networkAllowList: networks }),
    ...(domains === undefined ? {} : { domainAllowList: domains }),
  }
}

/** One a line, or with commas or spaces between them. */
function listOf(text: string | undefined): string | undefined {
  return (
    text
      ?.split(/[\s,]+/)
      .filter(Boolean)
      .join(',') || undefined
  )
}

function timersOf(form: FormData): CreateSandboxParams {
  const idle = numberOf(form, 'idle')
  const pauses = form.get('idle-action') === 'pause' && idle !== undefined && idle > 0
  const wake = textOf(form, 'wake')
  const given = {
    autoStopInterval: pauses ? 0 : idle,
    autoPauseInterval: pauses ? idle : undefined,
    autoArchiveInterval: numberOf(form, 'archive'),
    autoDeleteInterval: numberOf(form, 'delete'),
    ttlMinutes: numberOf(form, 'ttl'),
    autoWake: wake === undefined ? undefined : wake === 'true',
  }
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
}

function mountsOf({ volumes, secrets }: Draft): CreateSandboxParams {
  const mounts = volumes.filter(({ name, value }) => name !== '' && value.trim() !== '')
  const used = secrets.filter(({ name, value }) => name !== '' && value.trim() !== '')
  return {
    ...(mounts.length === 0
      ? {}
      : { volumes: mounts.map(({ name, value }) => ({ volumeId: name, mountPath: value.trim() })) }),
    ...(used.length === 0 ? {} : { secrets: Object.fromEntries(used.map(({ name, value }) => [value.trim(), name])) }),
  }
}
