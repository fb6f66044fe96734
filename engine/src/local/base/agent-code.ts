import { basename, join } from 'node:path'
import { build, type Metafile, stop, transform } from 'esbuild'
import { agentLoader } from './agent-loader.ts'

/** Text files of a runtime folder by name: `agent.cjs`, which starts the agent, and the scripts with its code. */
export type AgentCode = ReadonlyMap<string, string>

const loaderName = 'agent.cjs'

/** Where a script begins: all that these files import is in it, unless an earlier script has it. */
const scripts = {
  /** what an agent needs to start */
  'main.cjs': ['agent/src/main.ts'],
  /** the first call of most */
  'commands.cjs': ['protocol/src/toolbox/processes.ts', 'agent/src/processes/routes.ts'],
}

/** Has all the rest, as most sandboxes never use most of it. */
const lastScript = 'others.cjs'

/**
 * The agent and all it imports, in few files: an agent reads and keeps what it uses. esbuild cuts the code where it is
 * imported late; the pieces become functions of CommonJS modules, which Node starts sooner than ES modules.
 */
export async function bundleAgent(projectDir: string): Promise<AgentCode> {
  try {
    const { outputFiles, metafile } = await build({
      entryPoints: [join(projectDir, 'agent/src/main.ts')],
      bundle: true,
      splitting: true,
      write: false,
      metafile: true,
      absWorkingDir: projectDir,
      outdir: 'out',
      platform: 'node',
      target: 'node24',
      format: 'esm',
      minifySyntax: true,
      legalComments: 'none',
      logLevel: 'silent',
    })
    const texts = new Map<string, string>()
    for (const { path, text } of outputFiles) texts.set(basename(path), await toCommonJs(text))
    return packed(texts, placesOf(metafile))
  } finally {
    // it would stay in memory beside us otherwise
    await stop()
  }
}

async function toCommonJs(text: string): Promise<string> {
  const { code } = await transform(text, {
    platform: 'node',
    target: 'node24',
    format: 'cjs',
    supported: { 'dynamic-import': false },
    minifySyntax: true,
    logLevel: 'silent',
  })
  // The loader reads bytes as characters.
  if (/[^\0-\x7f]/.test(code)) throw new Error('esbuild left characters in the agent that are not ASCII')
  return code
}

/** The script that each piece of code belongs to. */
function placesOf({ outputs }: Metafile): Map<string, string> {
  const places = new Map<string, string>()
  const place = (path: string, script: string): void => {
    if (places.has(basename(path))) return
    places.set(basename(path), script)
    for (const { path: next, kind, external } of outputs[path]?.imports ?? []) {
      if (kind === 'import-statement' && external !== true) place(next, script)
    }
  }
  for (const [script, beginnings] of Object.entries(scripts)) {
    for (const file of beginnings) {
      const found = Object.entries(outputs).find(([, { entryPoint }]) => entryPoint === file)
      if (found === undefined)
        throw new Error(`the agent no longer loads ${file} by itself: name what it loads instead`)
      place(found[0], script)
    }
  }
  for (const path of Object.keys(outputs)) place(path, lastScript)
  return places
}

/** Those of the files that hold code. */
export function scriptsOf(agent: AgentCode): string[] {
  return [...agent.keys()].filter((name) => name !== loaderName)
}

/** A script is an object of functions, one for each piece: a function that is not called is not compiled. */
function packed(texts: ReadonlyMap<string, string>, places: ReadonlyMap<string, string>): AgentCode {
  const files = new Map([[loaderName, agentLoader(Object.fromEntries(places))]])
  for (const script of new Set(places.values())) {
    const own = [...texts].filter(([name]) => places.get(name) === script)
    const functions = own.map(([name, text]) => `${JSON.stringify(name)}(exports, require, module) {\n${text}},\n`)
    files.set(script, `'use strict'; ({\n${functions.join('')}})\n`)
  }
  return files
}
