import { findLine, textOf } from './lines.ts'
import type { PackageJson } from './package-json.ts'
import type { Framework, ProjectFiles, ServeMode } from './plan.ts'
import type { ServingProgram } from './scripts.ts'

/** What a row of the table may look at. */
export interface Look {
  readonly files: ProjectFiles
  readonly packageJson: PackageJson
}

/** How what was built is served: by a program of a package, as files, or by a command. */
type How =
  | ServingProgram
  | { readonly kind: 'folder'; readonly folders: readonly string[]; readonly isApp: boolean }
  | { readonly kind: 'command'; readonly words: readonly string[] }

/** A framework of JavaScript: how it is known, built and served. */
export interface JavascriptTool {
  readonly framework: Framework
  /** any of these among the packages */
  readonly packages: readonly string[]
  readonly port: Readonly<Record<ServeMode, number>>
  /** program and words for a project without a script `build` */
  readonly build?: readonly string[]
  /** null and left out: the project's own server, by its script or main file */
  readonly production?: (look: Look) => How | null
  readonly development?: ServingProgram
  /** where the project has a server of its own, the pages' tool is only a part of it */
  readonly yieldsToServer?: boolean
  readonly env?: Readonly<Record<string, string>>
  readonly notes?: (look: Look) => readonly string[]
}

const at = (port: number, development = port): Readonly<Record<ServeMode, number>> => ({
  production: port,
  development,
})

/** Started by `start` or `dev`, when it is a call of the program, or anything of the project's own. */
const byScript = (script: string, words: readonly string[], style: ServingProgram['style']): ServingProgram => ({
  kind: 'program',
  script,
  words,
  style,
  mustCallProgram: false,
})

/** What was built, by the tool's own server. */
const preview = (words: readonly string[], style: ServingProgram['style']): ServingProgram => ({
  kind: 'program',
  script: 'preview',
  words,
  style,
  mustCallProgram: true,
})

/** All frameworks of JavaScript. Those that stand on others come before them. */
export const javascriptTools: readonly JavascriptTool[] = [
  {
    framework: 'nextjs',
    packages: ['next'],
    port: at(3000),
    build: ['next', 'build'],
    production: ({ files }) =>
      isExport(files)
        ? { kind: 'folder', folders: ['out'], isApp: false }
        : byScript('start', ['next', 'start'], 'short'),
    development: byScript('dev', ['next', 'dev'], 'short'),
    // The server of `output: 'standalone'` listens on the address that this variable names.
    env: { NEXT_TELEMETRY_DISABLED: '1', HOSTNAME: '0.0.0.0' },
  },
  {
    framework: 'nuxt',
    packages: ['nuxt', 'nuxt3', 'nuxt-nightly'],
    port: at(3000),
    build: ['nuxt', 'build'],
    production: ({ packageJson }) =>
      /\bgenerate\b/.test(packageJson.scripts.get('build') ?? '')
        ? { kind: 'folder', folders: ['.output/public', 'dist'], isApp: true }
        : { kind: 'command', words: ['node', '.output/server/index.mjs'] },
    development: byScript('dev', ['nuxt', 'dev'], 'long'),
    env: { NUXT_TELEMETRY_DISABLED: '1' },
  },
  {
    framework: 'sveltekit',
    packages: ['@sveltejs/kit'],
    port: at(3000, 5173),
    build: ['vite', 'build'],
    production: ({ packageJson }) =>
      packageJson.packages.has('@sveltejs/adapter-node')
        ? { kind: 'command', words: ['node', 'build'] }
        : preview(['vite', 'preview'], 'strict'),
    development: byScript('dev', ['vite'], 'strict'),
  },
  {
    framework: 'astro',
    packages: ['astro'],
    port: at(4321),
    build: ['astro', 'build'],
    production: () => preview(['astro', 'preview'], 'long'),
    development: byScript('dev', ['astro', 'dev'], 'long'),
    env: { ASTRO_TELEMETRY_DISABLED: '1' },
    notes: ({ packageJson }) =>
      ['@astrojs/vercel', '@astrojs/netlify', '@astrojs/cloudflare'].some((name) => packageJson.packages.has(name))
        ? [
            'The adapter of Astro is made for a certain host: where its preview fails, take @astrojs/node or mode development.',
          ]
        : [],
  },
  {
    framework: 'remix',
    packages: ['@react-router/dev', '@react-router/serve', '@remix-run/dev', '@remix-run/serve', '@remix-run/node'],
    port: at(3000, 5173),
    build: ['react-router', 'build'],
    production: ({ packageJson }) => {
      const server = packageJson.packages.has('@remix-run/serve') ? 'remix-serve' : 'react-router-serve'
      return byScript('start', [server, './build/server/index.js'], 'variables')
    },
    development: byScript('dev', ['react-router', 'dev'], 'long'),
  },
  {
    framework: 'cra',
    packages: ['react-scripts'],
    port: at(3000),
    build: ['react-scripts', 'build'],
    production: () => ({ kind: 'folder', folders: ['build'], isApp: true }),
    development: byScript('start', ['react-scripts', 'start'], 'variables'),
    env: { BROWSER: 'none' },
  },
  {
    framework: 'vue',
    packages: ['@vue/cli-service'],
    port: at(8080),
    build: ['vue-cli-service', 'build'],
    production: () => ({ kind: 'folder', folders: ['dist'], isApp: true }),
    development: byScript('serve', ['vue-cli-service', 'serve'], 'long'),
  },
  { framework: 'nest', packages: ['@nestjs/core'], port: at(3000), build: ['nest', 'build'], production: nestServer },
  {
    framework: 'vite',
    packages: ['vite'],
    port: at(4173, 5173),
    build: ['vite', 'build'],
    production: () => preview(['vite', 'preview'], 'strict'),
    development: byScript('dev', ['vite'], 'strict'),
    yieldsToServer: true,
  },
  { framework: 'fastify', packages: ['fastify'], port: at(3000) },
  { framework: 'express', packages: ['express'], port: at(3000) },
  {
    // Angular and Gatsby have no name of their own, but ports that they take as flags only.
    framework: 'node',
    packages: ['@angular/cli'],
    port: at(4200),
    production: () => byScript('start', ['ng', 'serve'], 'long'),
    development: byScript('start', ['ng', 'serve'], 'long'),
  },
  {
    framework: 'node',
    packages: ['gatsby'],
    port: at(9000, 8000),
    build: ['gatsby', 'build'],
    production: () => ({ ...preview(['gatsby', 'serve'], 'short'), script: 'serve' }),
    development: byScript('develop', ['gatsby', 'develop'], 'short'),
    env: { GATSBY_TELEMETRY_DISABLED: '1' },
  },
]

/** `start` of a new Nest project compiles once more; `start:prod`, where it is, runs what was built. */
function nestServer({ packageJson }: Look): How | null {
  const script = packageJson.scripts.get('start:prod') ?? ''
  const file = /^node\s+([\w@./-]+)$/.exec(script.trim().slice(0, 500))?.[1]
  return file === undefined &&
    packageJson.scripts.has('start') &&
    !/^nest\s/.test(packageJson.scripts.get('start') ?? '')
    ? null
    : { kind: 'command', words: ['node', file ?? 'dist/main'] }
}

/** True where Next makes files only, which no server of its own serves. */
function isExport(files: ProjectFiles): boolean {
  const configs = ['next.config.js', 'next.config.mjs', 'next.config.ts'].map((name) => textOf(files, name) ?? '')
  return configs.some((text) => findLine(text, /^(?:(?!\/\/).)*?\boutput['"]?\s*:\s*(['"`])export\1/) !== null)
}
