import type { Daytona } from '../daytona.ts'
import { DaytonaInvalidArgumentError } from '../errors.ts'
import type { CreateSandboxParams } from '../parameters.ts'

/** Version of `opencode-ai` that is installed unless another is asked for: the one that this was tried with. */
export const openCodeVersion = '1.18.33'

/** What is common to a server and to a snapshot for servers. */
export interface OpenCodeSource {
  /** default: one with the settings of the environment */
  client?: Daytona | undefined
  /** to begin with; one without OpenCode gets it installed. Default: the platform's own */
  snapshot?: string | undefined
  /** of `opencode-ai` at npm */
  version?: string | undefined
  /** variables of everything in the sandbox */
  env?: Record<string, string> | undefined
  /** told what is done, one line each */
  onProgress?: ((text: string) => void) | undefined
  /** ends the making, and removes what was made */
  signal?: AbortSignal | undefined
}

/** A server to set up. Everything may be left out. */
export interface OpenCodeServerOptions extends OpenCodeSource {
  /** URL to clone from; without, the server begins in an empty folder */
  repository?: string | undefined
  /** default the repository's own */
  branch?: string | undefined
  /** login at the git server */
  username?: string | undefined
  token?: string | undefined
  /** that the server listens on; default 4096, so that 3000 stays free for what is developed */
  port?: number | undefined
  /** default: one is made up */
  password?: string | undefined
  /**
   * Keys of model providers, by the variable that OpenCode looks for, such as `ANTHROPIC_API_KEY`. They become secrets of
   * the platform for as long as the server is there: programs inside use them and never have them.
   */
  keys?: Record<string, string> | undefined
  /** the same with secrets that are there already: names of variables to names of secrets */
  secrets?: Record<string, string> | undefined
  /** OpenCode's own configuration, over what is set here */
  config?: Record<string, unknown> | undefined
  /** the sandbox's name, size and so on; previews are public unless it says otherwise: the password is what protects */
  sandbox?: Omit<CreateSandboxParams, 'snapshot' | 'image' | 'env' | 'envVars' | 'secrets'> | undefined
  /** true: the sandbox is deleted at SIGINT and SIGTERM, which then end the process; default true where there are signals */
  cleanUp?: boolean | undefined
  /** s that the server may take until it answers; default 120 */
  timeout?: number | undefined
}

/** What an OpenCode server needs (opencode.md 1: about half a GiB by itself). */
export const defaultSandbox = { cpu: 2, memory: 2, disk: 5, autoStopInterval: 120, public: true } as const

/** Hosts that get the key, by the variable that OpenCode takes it from. */
const keyHosts: Readonly<Record<string, readonly string[]>> = {
  ANTHROPIC_API_KEY: ['api.anthropic.com'],
  OPENAI_API_KEY: ['api.openai.com'],
  OPENROUTER_API_KEY: ['openrouter.ai'],
  GEMINI_API_KEY: ['generativelanguage.googleapis.com'],
  GOOGLE_GENERATIVE_AI_API_KEY: ['generativelanguage.googleapis.com'],
  GROQ_API_KEY: ['api.groq.com'],
  MISTRAL_API_KEY: ['api.mistral.ai'],
  DEEPSEEK_API_KEY: ['api.deepseek.com'],
  XAI_API_KEY: ['api.x.ai'],
  CEREBRAS_API_KEY: ['api.cerebras.ai'],
  OPENCODE_API_KEY: ['opencode.ai', '*.opencode.ai'],
}

/** Hosts that a provider's key goes to. @throws DaytonaInvalidArgumentError for a variable of no known provider */
export function hostsOfKey(variable: string): string[] {
  const hosts = Object.hasOwn(keyHosts, variable) ? keyHosts[variable] : undefined
  if (hosts === undefined)
    throw new DaytonaInvalidArgumentError(
      `${variable} is the key of no provider that is known here (${Object.keys(keyHosts).join(', ')}): make a secret with its hosts, and give it as \`secrets\``,
    )
  return [...hosts]
}
