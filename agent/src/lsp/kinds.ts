import { extname } from 'node:path'
import type { Program, Tools } from '../tools.ts'

/** A language as callers name it. */
export type Language = 'python' | 'typescript' | 'javascript'

/** What differs between our language servers. */
export interface ServerKind {
  readonly name: 'python' | 'typescript'
  readonly program: Program
  /** answers to `workspace/configuration`, by section */
  readonly settings: Readonly<Record<string, unknown>>
  readonly initializationOptions: Readonly<Record<string, unknown>>
  /** sources, by the end of their name */
  readonly sources: RegExp
  /** files besides the sources whose changes it must hear of */
  readonly configuration: RegExp
  /** log message that says that the files of the project are known; null where no message is needed */
  readonly indexed: RegExp | null
  /** true when it knows only projects of files that are open */
  readonly needsOpenFiles: boolean
  /** environment of its process */
  variables(environment: Readonly<Record<string, string>>): Record<string, string>
}

const MiB = 2 ** 20

/** The server for a language; TypeScript and JavaScript have the same one. */
export function kindOf(language: Language, tools: Tools): ServerKind {
  return language === 'python' ? python(tools.languageServers.python) : typescript(tools.languageServers.typescript)
}

/** Pyright. It asks the Python of the sandbox, where there is one, for its version and folders. */
function python(program: Program): ServerKind {
  return {
    name: 'python',
    program,
    // Nobody sees what it finds wrong with the code.
    settings: { python: { analysis: { diagnosticMode: 'openFilesOnly', typeCheckingMode: 'off' } } },
    initializationOptions: {},
    sources: /\.pyi?$/,
    configuration: /^(pyrightconfig\.json|pyproject\.toml)$/,
    indexed: /^(Found \d+ source files?|No source files found\.?)$/,
    needsOpenFiles: false,
    variables(environment) {
      const kept = Object.entries(environment).filter(([name]) => !/^(NODE_|LD_PRELOAD$)/.test(name))
      return {
        ...Object.fromEntries(kept),
        NODE_OPTIONS: `--max-old-space-size=${memoryShare() / MiB}`,
        PYTHONDONTWRITEBYTECODE: '1',
      }
    },
  }
}

/** The native server of TypeScript. It must not fetch type packages: it is told so, and finds no npm. */
function typescript(program: Program): ServerKind {
  const fetchOff = { disableAutomaticTypeAcquisition: true, tsserver: { automaticTypeAcquisition: { enabled: false } } }
  return {
    name: 'typescript',
    program,
    settings: { 'js/ts': fetchOff, typescript: fetchOff, javascript: fetchOff },
    initializationOptions: { disablePushDiagnostics: true },
    sources: /\.[cm]?[jt]sx?$/,
    configuration: /^(tsconfig.*|jsconfig|package)\.json$/,
    indexed: null,
    needsOpenFiles: true,
    variables: ({ HOME = '/', LANG = 'C.UTF-8' }) => ({
      HOME,
      LANG,
      PATH: '/dev/null',
      GOMEMLIMIT: String(memoryShare()),
    }),
  }
}

/** The name that a server has for the language of a file. */
export function languageOf(path: string, asked: Language): string {
  const known: Readonly<Record<string, string>> = {
    '.py': 'python',
    '.pyi': 'python',
    '.ts': 'typescript',
    '.mts': 'typescript',
    '.cts': 'typescript',
    '.tsx': 'typescriptreact',
    '.js': 'javascript',
    '.mjs': 'javascript',
    '.cjs': 'javascript',
    '.jsx': 'javascriptreact',
  }
  return known[extname(path)] ?? asked
}

/** Memory that one server may use for its data: half of what the sandbox has, whole MiB, in bytes. */
function memoryShare(): number {
  const limit = process.constrainedMemory()
  const available = limit > 0 ? Math.min(limit, 4096 * MiB) : 4096 * MiB
  return Math.max(192, Math.floor(available / 2 / MiB)) * MiB
}
