/** Where agents in a sandbox read what is particular about it. */
export interface SandboxFacts {
  /** absolute path of the project */
  readonly folder: string
  /** URL of a port's preview, with `{PORT}` in place of the port; null: there is a token in each, so that none can be made up */
  readonly previewUrlPattern: string | null
  /** that the server itself listens on */
  readonly port: number
}

/** What is appended to OpenCode's own prompt, which stays as it is. */
export function instructions({ folder, previewUrlPattern, port }: SandboxFacts): string {
  const previews =
    previewUrlPattern === null
      ? 'Its ports can be reached with a token only; tell the user which port a server listens on.'
      : `A server that listens on port N is reached at ${previewUrlPattern} with {PORT} replaced by N; tell the user that URL, never a localhost one.`
  return `# Sandbox

You work in a Sandyard sandbox: a Linux computer of its own, which you may change in any way. The project is in ${folder}.

- ${previews}
- Port ${port} is taken. Start servers in the background, with their output in a file, and look whether they answer before you say so.
- Servers may listen on localhost or on all addresses.
- Install whatever the project needs.
`
}

/**
 * Content for OPENCODE_CONFIG_CONTENT. Nobody is there to be asked, and the sandbox is what keeps the agent in, so
 * everything is allowed: a question would wait for ever (opencode.md 4). `own` goes over it, key by key.
 */
export function openCodeConfig(instructionsFile: string, own: Readonly<Record<string, unknown>> = {}): string {
  const files = Array.isArray(own.instructions) ? own.instructions : []
  return JSON.stringify({
    $schema: 'https://opencode.ai/config.json',
    autoupdate: false,
    share: 'disabled',
    permission: 'allow',
    ...own,
    instructions: [instructionsFile, ...files],
  })
}

/** The URL of a preview with `{PORT}` in place of the port that it was made for; null where it has no place for that. */
export function portPattern(url: string, port: number): string | null {
  // `3000-<id>.<domain>`, or `/preview/<id>/3000/` where there is no DNS.
  const pattern = url
    .replace(new RegExp(`^(https?://)${port}-`), '$1{PORT}-')
    .replace(new RegExp(`(/preview/[^/]+/)${port}(/|$)`), '$1{PORT}$2')
  return pattern === url ? null : pattern
}
