import type { Tone } from '../design/state.tsx'
import type { Preview, PreviewStep } from './calls.ts'

/** Steps in words. */
export const stepWords: Readonly<Record<PreviewStep['name'], string>> = {
  sandbox: 'Create a sandbox',
  clone: 'Clone the repository',
  detect: 'Find out how it is served',
  prepare: 'Prepare the package manager',
  install: 'Install packages',
  build: 'Build',
  start: 'Start',
  ready: 'Wait until it answers',
}

/** Colours of states. */
export const statusTones: Readonly<Record<Preview['status'], Tone>> = {
  queued: 'busy',
  building: 'busy',
  ready: 'good',
  failed: 'bad',
  deleting: 'rest',
}

/** A repository without what is the same for many: `acme/shop`. */
export function repositoryName(url: string): string {
  return url.replace(/^https?:\/\/[^/]+\//, '').replace(/(\.git)?\/*$/, '')
}

/** What a preview is called. */
export function previewName({ repository, branch }: Pick<Preview, 'repository' | 'branch'>): string {
  return `${repositoryName(repository)} · ${branch ?? 'its own branch'}`
}

/** What goes on, in words. */
export function statusText({ status, steps }: Preview): string {
  if (status === 'queued') return 'waits for its turn'
  if (status !== 'building') return status
  const step = steps.find(({ state }) => state === 'running')
  return step === undefined ? 'building' : `building: ${step.name}`
}

/** A link that a page may have; undefined for any other. Strangers choose some of them. */
export function webLink(url: string | null | undefined): string | undefined {
  return url !== null && url !== undefined && /^https?:\/\//i.test(url) ? url : undefined
}
