import type { Found, Wanted } from './found.ts'
import { type JavascriptTool, javascriptTools, type Look } from './javascript-tools.ts'
import { type PackageJson, readPackageJson } from './package-json.ts'
import { type ChosenManager, chooseManager, runProgram, runScript } from './package-managers.ts'
import type { ProjectFiles } from './plan.ts'
import { type Around, type Serving, serveByProgram, serveByScript } from './scripts.ts'
import { shellWords } from './shell.ts'
import { serveFolders } from './static-server.ts'

// biome-ignore lint/suspicious/noTemplateCurlyInString: for the shell
const productionVariable = 'NODE_ENV="${NODE_ENV:-production}"'

/** The framework that a project's packages tell of, in the order of the table; null: none of them. */
export function findTool(packageJson: PackageJson, wanted: Wanted): JavascriptTool | null {
  if (wanted.framework !== null) return javascriptTools.find((tool) => tool.framework === wanted.framework) ?? null
  return (
    javascriptTools.find(
      (tool) =>
        tool.packages.some((name) => packageJson.packages.has(name)) &&
        !(tool.yieldsToServer && startsServer(packageJson)),
    ) ?? null
  )
}

/** The plan of a folder with a `package.json`. */
export function planJavascript(files: ProjectFiles, wanted: Wanted): Found | null {
  const packageJson = readPackageJson(files)
  if (packageJson === null) return null
  const tool = findTool(packageJson, wanted)
  const manager = chooseManager(files, packageJson)
  const usualPort = tool?.port[wanted.mode] ?? 3000
  const around: Around = { packageJson, manager: manager.name, port: wanted.port, usualPort }
  const look: Look = { files, packageJson }
  const serving = serve(tool, { look, around, wanted })
  return {
    framework: tool?.framework ?? 'node',
    packageManager: manager.name,
    prepare: manager.prepare,
    install: manager.install,
    build: wanted.mode === 'development' ? null : buildCommand(tool, packageJson, manager),
    start: serving?.command ?? null,
    missing: missing(packageJson),
    port: serving?.port ?? wanted.port ?? usualPort,
    env: tool?.env ?? {},
    lockFiles: manager.lockFiles,
    notes: [...manager.notes, ...(tool?.notes?.(look) ?? [])],
    startNotes: serving?.notes ?? [],
  }
}

interface Situation {
  readonly look: Look
  readonly around: Around
  readonly wanted: Wanted
}

function serve(tool: JavascriptTool | null, situation: Situation): Serving | null {
  const { look, around, wanted } = situation
  const how = wanted.mode === 'development' ? tool?.development : tool?.production?.(look)
  switch (how?.kind) {
    case 'program':
      return inMode(serveByProgram(how, around), wanted)
    case 'folder': {
      const port = around.port ?? around.usualPort
      return { command: serveFolders({ folders: how.folders, isApp: how.isApp, port }), port, notes: [] }
    }
    case 'command': {
      const port = around.port ?? around.usualPort
      return inMode({ command: shellWords(how.words), port, notes: [], isOwn: true }, wanted)
    }
    case undefined:
      return serveNode(situation)
  }
}

/** A server of the project's own: by its script, else by the file that the package names. */
function serveNode({ look: { files, packageJson }, around, wanted }: Situation): Serving | null {
  const order = wanted.mode === 'development' ? ['dev', 'start:dev', 'develop', 'serve', 'start'] : ['start', 'serve']
  const script = order.find((name) => packageJson.scripts.has(name))
  if (script !== undefined) return inMode(serveByScript(script, around), wanted)
  const main = mainFile(files, packageJson)
  const port = around.port ?? around.usualPort
  const mustListen = `What ${main} starts must listen on PORT, ${port}.`
  if (main !== null)
    return inMode({ command: shellWords(['node', main]), port, notes: [mustListen], isOwn: true }, wanted)
  if (packageJson.scripts.has('build')) {
    const folders = ['dist', 'build', 'out', '_site', 'public', '.']
    const note = 'Nothing says how it is served, so the folder that its build makes is.'
    return { command: serveFolders({ folders, isApp: false, port }), port, notes: [note] }
  }
  if (packageJson.scripts.has('dev')) {
    const serving = serveByScript('dev', around)
    return { ...serving, notes: [...serving.notes, 'There is no script "start", so "dev" is run.'] }
  }
  if (!files.names.includes('index.html')) return null
  return { command: serveFolders({ folders: ['.'], isApp: false, port }), port, notes: [] }
}

function inMode(serving: Serving, wanted: Wanted): Serving {
  if (wanted.mode === 'development' || serving.isOwn !== true) return serving
  return { ...serving, command: `${productionVariable} ${serving.command}` }
}

/** A file for `node` to run: the one that the package names, where it can be there, else one of the usual names. */
function mainFile({ names }: ProjectFiles, { main, scripts }: PackageJson): string | null {
  if (main !== null) {
    const path = main.replace(/^\.\//, '')
    const top = path.includes('/') ? path.slice(0, path.indexOf('/') + 1) : path
    const isThere = names.includes(top) || names.includes(`${top}.js`) || scripts.has('build')
    // A leading dash would be an option of node.
    if (isThere && !path.startsWith('/') && !path.split('/').includes('..')) return `./${path}`
  }
  const usual = ['server.js', 'server.mjs', 'server.ts', 'app.js', 'app.mjs', 'index.js', 'index.mjs', 'index.ts']
  const found = usual.find((name) => names.includes(name))
  return found === undefined ? null : `./${found}`
}

function buildCommand(tool: JavascriptTool | null, packageJson: PackageJson, { name }: ChosenManager): string | null {
  if (packageJson.scripts.has('build')) return runScript(name, 'build')
  return tool?.build === undefined ? null : runProgram(name, tool.build)
}

/** True where a script or a main file starts a server of the project's own, which the pages' tool is only part of. */
function startsServer({ scripts }: PackageJson): boolean {
  const start = scripts.get('start') ?? ''
  return /(?:^|\s)(?:node|tsx|ts-node|bun|nodemon|pm2)\s/.test(start.slice(0, 500))
}

function missing(packageJson: PackageJson): string {
  return packageJson.hasWorkspaces
    ? 'package.json has workspaces and no script "start": say the application\'s folder with rootDirectory, or add "start" to sandyard.json.'
    : 'package.json has no script "start" and no main file: add one, or "start" and "port" to sandyard.json.'
}
