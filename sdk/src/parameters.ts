import { DaytonaInvalidArgumentError } from './errors.ts'
import type { Image } from './images/image.ts'
import type { CreateSandboxInput } from './operations/sandboxes.ts'
import { CodeLanguage, languageLabel } from './sandbox-data.ts'
import { wireSecrets } from './secret.ts'

/** What a sandbox may use. */
export interface Resources {
  /** cores */
  cpu?: number | undefined
  gpu?: number | undefined
  /** GiB */
  memory?: number | undefined
  /** GiB */
  disk?: number | undefined
}

export interface VolumeMount {
  /** id or name */
  volumeId: string
  mountPath: string
  /** folder in the volume; default: all of it */
  subpath?: string
}

/** Sizes by name, as some documents have them. */
const classes = { small: { cpu: 1, memory: 1 }, medium: { cpu: 2, memory: 4 }, large: { cpu: 4, memory: 8 } } as const
export type WorkspaceClass = keyof typeof classes

/** A sandbox to make. Everything may be left out. */
export interface CreateSandboxParams {
  /** default: its id */
  name?: string | undefined
  /** user inside */
  user?: string | undefined
  /** of `codeRun`: python, typescript, javascript; `node` is javascript */
  language?: CodeLanguage | string | undefined
  envVars?: Record<string, string> | undefined
  /** the same as `envVars` */
  env?: Record<string, string> | undefined
  labels?: Record<string, string> | undefined
  /** previews need no token */
  public?: boolean | undefined
  /** minutes, 0 is never; so are the next */
  autoStopInterval?: number | undefined
  autoPauseInterval?: number | undefined
  autoArchiveInterval?: number | undefined
  /** minutes after its stop, 0 at once, negative is never */
  autoDeleteInterval?: number | undefined
  ttlMinutes?: number | undefined
  autoWake?: boolean | undefined
  /** deleted at its stop */
  ephemeral?: boolean | undefined
  volumes?: VolumeMount[] | undefined
  networkBlockAll?: boolean | undefined
  networkAllowList?: string | undefined
  domainAllowList?: string | undefined
  /** closed even where the lists above open it, as is the next */
  networkDenyList?: string | undefined
  domainDenyList?: string | undefined
  /** id or name of a sandbox that it reaches by name, and goes with */
  linkedSandbox?: string | undefined
  /** names of variables to names of secrets */
  secrets?: Record<string, string> | undefined
  /** region */
  target?: string | undefined
  /** default: that of the platform */
  snapshot?: string | undefined
  /** instead of a snapshot: a name, or one that is built */
  image?: string | Image | undefined
  resources?: Resources | undefined
  /** the same as in `resources` */
  cpu?: number | undefined
  memory?: number | undefined
  disk?: number | undefined
  gpu?: number | undefined
  /** small: 1 core and 1 GiB, medium: 2 and 4, large: 4 and 8; where no other resources are asked for */
  workspaceClass?: WorkspaceClass | undefined
}

/** The parameters as the wire has them; the image goes in by itself. */
export function wireParameters(params: CreateSandboxParams, target?: string): CreateSandboxInput {
  const { language, envVars, env, labels, ephemeral, secrets, resources, workspaceClass, image, ...rest } = params
  if (image !== undefined && rest.snapshot !== undefined)
    throw new DaytonaInvalidArgumentError('A sandbox is made of an image or of a snapshot, not of both')
  if (ephemeral === true && rest.autoDeleteInterval !== undefined && rest.autoDeleteInterval !== 0)
    throw new DaytonaInvalidArgumentError('An ephemeral sandbox is deleted at its stop: autoDeleteInterval must be 0')
  if (workspaceClass !== undefined && !(workspaceClass in classes))
    throw new DaytonaInvalidArgumentError(
      `workspaceClass ${workspaceClass} is not one of ${Object.keys(classes).join(', ')}`,
    )
  const { cpu = rest.cpu, memory = rest.memory, disk = rest.disk, gpu = rest.gpu } = resources ?? {}
  const isSized = cpu !== undefined || memory !== undefined
  const size = workspaceClass === undefined || isSized ? {} : classes[workspaceClass]
  return {
    target,
    ...dropUndefined(rest),
    ...dropUndefined({ cpu, memory, disk, gpu }),
    ...size,
    env: { ...env, ...envVars },
    labels: { ...labels, [languageLabel]: readLanguage(language) },
    ...(ephemeral === true ? { autoDeleteInterval: 0 } : {}),
    ...(secrets === undefined ? {} : { secrets: wireSecrets(secrets) }),
  }
}

function dropUndefined<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined)) as T
}

function readLanguage(language = 'python'): string {
  if (language === 'node') return CodeLanguage.JAVASCRIPT
  const known: readonly string[] = Object.values(CodeLanguage)
  if (!known.includes(language))
    throw new DaytonaInvalidArgumentError(`Language ${language} is not one of ${known.join(', ')}`)
  return language
}
