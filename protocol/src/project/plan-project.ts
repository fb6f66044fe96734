import { PlatformError } from '../errors.ts'
import { planDockerfile } from './dockerfile.ts'
import type { Found, Wanted } from './found.ts'
import { findTool, planJavascript } from './javascript.ts'
import { readPackageJson } from './package-json.ts'
import type { Framework, ProjectFiles, ProjectOverrides, ProjectPlan } from './plan.ts'
import { webCommand } from './procfile.ts'
import { hasPythonFramework, planPython, pythonFrameworks } from './python.ts'
import { checkSettings, readSandyardJson } from './settings.ts'
import { isPort, portIn } from './shell.ts'
import { serveFolders } from './static-server.ts'

/**
 * How a project is brought to serve. What somebody says goes before what the project says in `sandyard.json`, that before
 * the `web` line of its Procfile, and that before what its files tell.
 *
 * A Dockerfile counts where nothing else is known, or where `framework` is `dockerfile`: a sandbox has Node and Python
 * ready and keeps what it has installed, while an image is built from its beginning, and most Dockerfiles are made for
 * another place than a preview.
 *
 * @throws PlatformError `BAD_REQUEST` that says what to add, when nothing can be served, or which setting is wrong
 */
export function planProject(files: ProjectFiles, overrides: ProjectOverrides = {}): ProjectPlan {
  const project = readSandyardJson(files)
  const asked = checkSettings(overrides, 'overrides')
  const said: ProjectOverrides = { ...project, ...asked, env: { ...project.env, ...asked.env } }
  const framework = said.framework ?? null
  const web = framework === null || framework === 'procfile' ? webCommand(files) : null
  const wanted: Wanted = { mode: said.mode ?? 'production', port: said.port ?? portOf(said.env), framework }
  const hasStart = said.start !== undefined || web !== null
  const found = find(files, wanted, hasStart)
  const start = said.start ?? web ?? found?.start ?? null
  if (start === null && found?.framework !== 'dockerfile') throw unserved(files, found)
  const named = hasStart && start !== null ? portIn(start) : null
  const port = wanted.port ?? named ?? found?.port ?? 3000
  const isOwn = hasStart && named !== port
  return {
    framework: framework ?? found?.framework ?? (web !== null && said.start === undefined ? 'procfile' : 'other'),
    packageManager: found?.packageManager ?? null,
    mode: wanted.mode,
    prepare: found?.prepare ?? null,
    install: said.install !== undefined ? said.install : (found?.install ?? null),
    build: said.build !== undefined ? said.build : (found?.build ?? null),
    start,
    port,
    readyPath: said.readyPath ?? '/',
    env: { PORT: String(port), HOST: '0.0.0.0', ...found?.env, ...said.env },
    lockFiles: found?.lockFiles ?? [],
    notes: [
      ...(found?.notes ?? []),
      ...(hasStart ? [] : (found?.startNotes ?? [])),
      ...(isOwn ? [`The command that starts it must listen on PORT, ${port}.`] : []),
    ],
  }
}

function portOf(env: Readonly<Record<string, string>> | undefined): number | null {
  const port = Number(env !== undefined && Object.hasOwn(env, 'PORT') ? env.PORT : undefined)
  return isPort(port) ? port : null
}

/** @param hasStart somebody says how it starts, so that only the packages are looked for */
function find(files: ProjectFiles, wanted: Wanted, hasStart: boolean): Found | null {
  switch (wanted.framework) {
    case null:
      return findAny(files, wanted, hasStart)
    case 'dockerfile':
      return planDockerfile(files)
    case 'static':
      return planStatic(files, wanted)
    case 'other':
    case 'procfile':
      return findAny(files, { ...wanted, framework: null }, hasStart)
    default:
      return findFramework(files, wanted, wanted.framework)
  }
}

function findFramework(files: ProjectFiles, wanted: Wanted, framework: Framework): Found {
  if (pythonFrameworks.has(framework)) {
    const found = planPython(files, wanted)
    if (found !== null) return found
    throw new PlatformError('BAD_REQUEST', `framework is ${framework}, but there is no file of Python that is known.`)
  }
  const found = planJavascript(files, wanted)
  if (found !== null) return found
  throw new PlatformError('BAD_REQUEST', `framework is ${framework}, but there is no package.json in this folder.`)
}

/**
 * Where there are both, a framework of JavaScript that makes whole sites goes first, then an application of Python, as
 * the packages beside it only make its scripts and styles.
 */
function findAny(files: ProjectFiles, wanted: Wanted, hasStart: boolean): Found | null {
  const packageJson = readPackageJson(files)
  const tool = packageJson === null ? null : findTool(packageJson, wanted)
  const isWhole = tool !== null && tool.framework !== 'vite' && tool.framework !== 'node'
  if (!isWhole && hasPythonFramework(files)) {
    const found = planPython(files, wanted)
    if (found !== null) return packageJson?.scripts.has('build') === true ? withUnbuilt(found) : found
  }
  const javascript = planJavascript(files, wanted)
  if (javascript !== null && (javascript.start !== null || hasStart)) return withUnusedDockerfile(javascript, files)
  const python = planPython(files, wanted)
  if (python !== null && (python.start !== null || hasStart)) return withUnusedDockerfile(python, files)
  if (files.names.includes('index.html')) return planStatic(files, wanted)
  if (files.names.includes('Dockerfile') && !hasStart) return planDockerfile(files)
  return javascript ?? python
}

function withUnbuilt(found: Found): Found {
  const note =
    'The script "build" of package.json is not run: where pages need it, say "install" and "build" in sandyard.json.'
  return { ...found, notes: [...found.notes, note] }
}

function withUnusedDockerfile(found: Found, files: ProjectFiles): Found {
  if (!files.names.includes('Dockerfile')) return found
  const note = 'The Dockerfile is not used; "framework": "dockerfile" in sandyard.json builds it and runs its program.'
  return { ...found, notes: [...found.notes, note] }
}

function planStatic(files: ProjectFiles, { port }: Wanted): Found {
  const folders = ['.', 'public', 'dist', 'build', 'site', 'docs']
  const there = folders.filter((name) => name === '.' || files.names.includes(`${name}/`))
  return {
    framework: 'static',
    packageManager: null,
    prepare: null,
    install: null,
    build: null,
    start: serveFolders({ folders: there, isApp: false, port: port ?? 8000 }),
    port: port ?? 8000,
    env: {},
    lockFiles: [],
    notes: [],
  }
}

/** Folders in which people keep the application of a repository with several. */
const usualFolders = ['frontend/', 'web/', 'client/', 'app/', 'apps/', 'packages/', 'site/', 'website/', 'www/']

function unserved(files: ProjectFiles, found: Found | null): PlatformError {
  const inside = usualFolders.filter((name) => files.names.includes(name)).map((name) => name.slice(0, -1))
  const where = inside.length === 0 ? '' : ` If it lies in ${inside.join(' or ')}, say so with rootDirectory.`
  const what =
    found?.missing ??
    'Nothing here says how it is served: add sandyard.json with "start" and "port", a Procfile with a web line, ' +
      'package.json with a script "start", an application in main.py or app.py, index.html, or a Dockerfile.'
  return new PlatformError('BAD_REQUEST', what + where)
}
