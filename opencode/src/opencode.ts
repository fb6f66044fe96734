/**
 * What OpenCode 1.18 gives a plugin and takes from it, as far as this one goes; found by experiment (opencode.md 2).
 * Its own package of types brings 63 MB with it, and a plugin must be one file without imports.
 */

/** A session, as far as it matters here. */
export interface Session {
  readonly id: string
  readonly title?: string
  /** of a child session: the one that started it */
  readonly parentID?: string
}

/** What `client` answers. */
export interface Answer<T> {
  readonly data?: T
  readonly error?: unknown
}

/** The part of OpenCode's client that the plugin uses. */
export interface Client {
  readonly session: {
    get(request: { path: { id: string } }): Promise<Answer<Session>>
    list(): Promise<Answer<readonly Session[]>>
  }
  readonly tui: {
    /** Answers also when nobody looks (`serve`, `run`). */
    showToast(request: {
      body: { title?: string; message: string; variant: 'info' | 'success' | 'warning' | 'error'; duration?: number }
    }): Promise<Answer<boolean>>
  }
}

/** What a plugin is made with. */
export interface PluginInput {
  readonly client: Client
  /** `id` is `global` without git and in a repository without commits */
  readonly project: { readonly id: string; readonly worktree: string; readonly vcs?: string }
  /** where OpenCode was started */
  readonly directory: string
  /** root of the repository; `/` without git */
  readonly worktree: string
}

/** What a tool is called with, besides its arguments. */
export interface ToolContext {
  readonly sessionID: string
  readonly messageID: string
  readonly callID?: string
  readonly agent: string
  /** ends when the user stops the turn */
  readonly abort: AbortSignal
}

/** What a tool gives; `metadata` is what OpenCode's own screens draw. */
export interface ToolResult {
  readonly title?: string
  readonly output: string
  readonly metadata?: Readonly<Record<string, unknown>>
  /** files that the model looks at beside the output; `url` is a `data:` URL */
  readonly attachments?: readonly { readonly type: 'file'; readonly mime: string; readonly url: string }[]
}

/** JSON Schema of one argument. All that are named become `required`, and none is checked before `execute`. */
export type ArgumentSchema = Readonly<Record<string, unknown>>

/** A tool: one with the name of a built-in replaces it. What it throws is shown to the model. */
export interface ToolDefinition {
  readonly description: string
  readonly args: Readonly<Record<string, ArgumentSchema>>
  execute(args: Readonly<Record<string, unknown>>, context: ToolContext): Promise<ToolResult | string>
}

/** An event of OpenCode; only those of the plugin's own directory come. */
export interface OpenCodeEvent {
  readonly type: string
  readonly properties: Readonly<Record<string, unknown>>
}

/** OpenCode's configuration, as far as the plugin changes it. */
export interface OpenCodeConfig {
  /** program that `!command` and the built-in bash run, as `shell -c "<command>"` */
  shell?: string
  permission?: string | Record<string, unknown>
  /** whether the user's own files are saved at each step, for /undo */
  snapshot?: boolean
  [key: string]: unknown
}

/** What a plugin gives. */
export interface Hooks {
  /** Called once, before the tools are. */
  readonly config?: (config: OpenCodeConfig) => Promise<void>
  readonly tool?: Readonly<Record<string, ToolDefinition>>
  /** Called for each tool before each request to the model; `jsonSchema` is that of a plugin's tool. */
  readonly 'tool.definition'?: (
    input: { toolID: string },
    output: { description: string; jsonSchema?: Readonly<Record<string, unknown>> },
  ) => Promise<void>
  /** After each call of a tool; what it changes in `output` is what the model gets. */
  readonly 'tool.execute.after'?: (
    input: { tool: string; sessionID: string; callID: string },
    output: { title: string; output: string; metadata: unknown },
  ) => Promise<void>
  /** Not awaited; must not reject. */
  readonly event?: (input: { event: OpenCodeEvent }) => Promise<void>
  /** Awaited when `opencode run` ends; not called on a signal. */
  readonly dispose?: () => Promise<void>
  readonly 'shell.env'?: (
    input: { cwd: string; sessionID?: string; callID?: string },
    output: { env: Record<string, string> },
  ) => Promise<void>
  readonly 'experimental.chat.system.transform'?: (
    input: { sessionID?: string },
    output: { system: string[] },
  ) => Promise<void>
}

/** The module's default export. */
export interface Plugin {
  readonly id: string
  readonly server: (input: PluginInput, options?: Readonly<Record<string, unknown>>) => Promise<Hooks>
}
