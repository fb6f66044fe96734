/**
 * What a repository is, and how it is brought to serve pages: found out by looking at a few of its files. Pure, so that
 * the server, the client library and others come to the same answer.
 */

/** What an application is made with. `other` is what only `sandyard.json` or a request describes. */
export const frameworks = [
  'nextjs',
  'nuxt',
  'sveltekit',
  'astro',
  'remix',
  'cra',
  'vue',
  'vite',
  'nest',
  'express',
  'fastify',
  'node',
  'static',
  'django',
  'fastapi',
  'flask',
  'streamlit',
  'python',
  'dockerfile',
  'procfile',
  'other',
] as const

export type Framework = (typeof frameworks)[number]

/** What installs the packages that an application needs. */
export const packageManagers = ['npm', 'pnpm', 'yarn', 'bun', 'pip', 'uv', 'poetry'] as const

export type PackageManager = (typeof packageManagers)[number]

/** Serves what was built, or the sources with hot reload. */
export type ServeMode = 'production' | 'development'

/** What is known of a repository's folder. */
export interface ProjectFiles {
  /** names of what lies in the folder, folders with `/` at their end */
  readonly names: readonly string[]
  /** the contents of those of `filesToRead` that are there, by name; of longer ones the first `projectFileBytes` */
  readonly texts: Readonly<Record<string, string>>
  /** of the repository's root, where the folder is below it: in a workspace the lock file lies there */
  readonly root?: {
    /** from the folder, such as `../..` */
    readonly path: string
    readonly names: readonly string[]
    readonly texts: Readonly<Record<string, string>>
  }
}

/** What somebody says of a project, over what is found; `null` leaves a step out. */
export interface ProjectOverrides {
  readonly framework?: Framework
  readonly mode?: ServeMode
  readonly install?: string | null
  readonly build?: string | null
  readonly start?: string
  readonly port?: number
  /** path that answers when the application is ready; default `/` */
  readonly readyPath?: string
  readonly env?: Readonly<Record<string, string>>
}

/** How a project is brought to serve. Commands are for `sh -c` in its folder. */
export interface ProjectPlan {
  readonly framework: Framework
  readonly packageManager: PackageManager | null
  readonly mode: ServeMode
  /** brings the package manager, and ends at once where it is there already; null: it is part of every snapshot */
  readonly prepare: string | null
  /** null: nothing is to be installed, built */
  readonly install: string | null
  readonly build: string | null
  /** goes on for as long as the application serves; of a Dockerfile without one: null, its own program serves */
  readonly start: string | null
  /** that it listens on, 1 to 65535 */
  readonly port: number
  readonly readyPath: string
  /** for all of these commands: the port, and what the project says; `cacheEnv` has where caches lie */
  readonly env: Readonly<Record<string, string>>
  /** files whose contents decide what `install` does: as long as they stay, it need not be done again */
  readonly lockFiles: readonly string[]
  /** what people should know, one sentence each: such as that there is no lock file */
  readonly notes: readonly string[]
}

/** Folder inside sandboxes in which package managers keep what they fetched, when there is a volume for it. */
export const cacheFolder = '/var/cache/sandyard'
