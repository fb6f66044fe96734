import type { SandboxListItem, Sandbox as WireSandbox } from './operations/sandboxes.ts'

/** What the platform says of a sandbox; what is not in listings is absent there. */
export type SandboxData = SandboxListItem & Partial<Omit<WireSandbox, keyof SandboxListItem>>

export type SandboxState = SandboxData['state']

/** Label that holds the language of `codeRun` (api.md 7.2). */
export const languageLabel = 'code-toolbox-language'

/** Languages that `codeRun` knows. */
export const CodeLanguage = { PYTHON: 'python', TYPESCRIPT: 'typescript', JAVASCRIPT: 'javascript' } as const
export type CodeLanguage = (typeof CodeLanguage)[keyof typeof CodeLanguage]

/** The language of a sandbox by its labels; Python where they say nothing. */
export function languageOf(labels: Readonly<Record<string, string>>): CodeLanguage {
  const label = labels[languageLabel]
  return label === 'typescript' || label === 'javascript' ? label : 'python'
}

/** What is known of a sandbox, as its object has it. */
export class SandboxFields {
  id!: string
  organizationId!: string
  name!: string
  /** name of the snapshot it was made from */
  snapshot?: string
  user!: string
  /** absent in listings, as `volumes` and `buildInfo` are */
  env?: Record<string, string>
  labels!: Record<string, string>
  public!: boolean
  /** region */
  target!: string
  /** cores */
  cpu!: number
  gpu!: number
  /** GiB */
  memory!: number
  /** GiB */
  disk!: number
  state!: SandboxState
  desiredState!: SandboxData['desiredState']
  errorReason?: string
  recoverable?: boolean
  backupState!: string
  /** minutes, as the three below */
  autoStopInterval!: number
  autoPauseInterval!: number
  autoArchiveInterval!: number
  autoDeleteInterval!: number
  autoWake?: boolean
  autoDestroyAt?: string
  volumes?: WireSandbox['volumes']
  buildInfo?: NonNullable<WireSandbox['buildInfo']>
  /** RFC 3339, as the two below */
  createdAt!: string
  updatedAt!: string
  lastActivityAt!: string
  networkBlockAll!: boolean
  networkAllowList?: string
  domainAllowList?: string
  networkDenyList?: string
  domainDenyList?: string
  kvm?: boolean
  linkedSandboxId?: string
  /** names of its secrets by their variables, one an entry */
  secrets?: Record<string, string>[]
  sandboxClass!: string
  daemonVersion?: string
  runnerId?: string
  toolboxProxyUrl!: string
}
