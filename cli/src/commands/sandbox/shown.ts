import type { Sandbox } from '@sandyard/sdk'
import type { Shown } from '../../screen.ts'
import { age, duration, resources, time } from '../../texts.ts'

/** Label that keeps the language of `code` (api.md 7.2); people have not set it, and tables do not show it. */
const languageLabel = 'code-toolbox-language'

/** Sandboxes in a listing. */
export const listedSandbox: Shown<Sandbox> = {
  columns: [
    { title: 'Name', text: ({ name }) => name },
    { title: 'State', text: stateText },
    { title: 'Snapshot', text: ({ snapshot, buildInfo }) => snapshot ?? (buildInfo === undefined ? '' : '(built)') },
    { title: 'Size', text: resources },
    { title: 'Age', text: ({ createdAt }) => age(createdAt), isNumber: true },
    { title: 'ID', text: ({ id }) => id },
  ],
  name: ({ name }) => name,
  whole: wholeSandbox,
}

/** One sandbox, with all that is known of it. */
export const shownSandbox: Shown<Sandbox> = {
  columns: [
    { title: 'Name', text: ({ name }) => name },
    { title: 'ID', text: ({ id }) => id },
    { title: 'State', text: stateText },
    { title: 'Snapshot', text: ({ snapshot }) => snapshot ?? '-' },
    { title: 'Size', text: resources },
    { title: 'User', text: ({ user }) => user },
    { title: 'Region', text: ({ target }) => target },
    { title: 'Labels', text: ({ labels }) => pairs(ownLabels(labels)) },
    { title: 'Language', text: ({ labels }) => labels[languageLabel] ?? 'python' },
    { title: 'Variables', text: ({ env = {} }) => pairs(env) },
    { title: 'Secrets', text: ({ secrets = [] }) => secrets.map(pairs).join(' ') || '-' },
    {
      title: 'Volumes',
      text: ({ volumes = [] }) => volumes.map(({ volumeId, mountPath }) => `${volumeId}:${mountPath}`).join(' ') || '-',
    },
    { title: 'Previews', text: (sandbox) => (sandbox.public ? 'public' : 'private') },
    { title: 'Network', text: networkText },
    { title: 'Stops', text: ({ autoStopInterval }) => interval(autoStopInterval, 'without activity') },
    { title: 'Archived', text: ({ autoArchiveInterval }) => interval(autoArchiveInterval, 'after its stop') },
    { title: 'Deleted', text: ({ autoDeleteInterval }) => deletionText(autoDeleteInterval) },
    { title: 'Created', text: ({ createdAt }) => `${time(createdAt)} (${age(createdAt)} ago)` },
    { title: 'Used', text: ({ lastActivityAt }) => `${age(lastActivityAt)} ago` },
  ],
  name: ({ name }) => name,
  whole: wholeSandbox,
}

/** Labels that people have set. */
export function ownLabels(labels: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(labels).filter(([name]) => name !== languageLabel))
}

function wholeSandbox(sandbox: Sandbox): unknown {
  const {
    fs: _,
    git: __,
    process: ___,
    codeInterpreter: ____,
    computerUse: _____,
    toolbox: ______,
    ...fields
  } = sandbox
  return fields
}

function stateText({ state, errorReason }: Sandbox): string {
  return errorReason === undefined || errorReason === '' ? state : `${state}: ${errorReason}`
}

function pairs(values: Readonly<Record<string, string>>): string {
  return (
    Object.entries(values)
      .map(([name, value]) => `${name}=${value}`)
      .join(' ') || '-'
  )
}

function networkText(sandbox: Sandbox): string {
  if (sandbox.networkBlockAll) return 'closed'
  const { networkAllowList, domainAllowList, networkDenyList, domainDenyList } = sandbox
  const [only, never] = [
    [networkAllowList, domainAllowList],
    [networkDenyList, domainDenyList],
  ].map((lists) => lists.filter((list) => list !== undefined && list !== '').join(',')) as [string, string]
  return [only === '' ? 'open' : `only ${only}`, ...(never === '' ? [] : [`never ${never}`])].join(', ')
}

function interval(minutes: number, when: string): string {
  return minutes <= 0 ? 'never' : `${duration(minutes)} ${when}`
}

function deletionText(minutes: number): string {
  if (minutes < 0) return 'never'
  return minutes === 0 ? 'at its stop' : `${duration(minutes)} after its stop`
}
