import type { Found, Wanted } from './found.ts'
import type { Framework, ProjectFiles } from './plan.ts'
import { djangoSettings, findPythonApplication, type PythonApplication } from './python-application.ts'
import { type PythonPackages, readPythonPackages } from './python-packages.ts'
import { shellWords } from './shell.ts'

/** Frameworks of Python. */
export const pythonFrameworks: ReadonlySet<Framework> = new Set(['django', 'fastapi', 'flask', 'streamlit', 'python'])

const usualPorts: Partial<Record<Framework, number>> = { flask: 5000, streamlit: 8501 }

/** What a command is made from. */
interface Situation {
  readonly wanted: Wanted
  readonly packages: PythonPackages
  readonly port: number
}

/** Commands of one framework. */
interface Commands {
  readonly build: string | null
  readonly start: string | null
  /** packages that it needs besides those that the project names */
  readonly more: readonly string[]
  readonly notes: readonly string[]
  /** see Found */
  readonly startNotes?: readonly string[]
}

/** The plan of a folder with Python in it; null where there is none. */
export function planPython(files: ProjectFiles, wanted: Wanted): Found | null {
  const packages = readPythonPackages(files)
  const settings = djangoSettings(files)
  const isDjango = wanted.framework === null ? settings !== null : wanted.framework === 'django'
  const application = isDjango ? null : findPythonApplication(files, wanted.framework)
  const hasPython = ['requirements.txt', 'pyproject.toml', 'setup.py', 'Pipfile'].some((name) =>
    files.names.includes(name),
  )
  if (!isDjango && application === null && !hasPython) return null
  const framework = isDjango ? 'django' : (application?.framework ?? frameworkNamed(packages) ?? 'python')
  const port = wanted.port ?? usualPorts[framework] ?? 8000
  const situation: Situation = { wanted, packages, port }
  const commands = isDjango ? django(settings, situation) : serve(application, situation)
  const install = packages.install(commands.more)
  return {
    framework,
    packageManager: packages.manager,
    prepare: packages.prepare,
    install,
    build: wanted.mode === 'development' && !isDjango ? null : commands.build,
    start: commands.start,
    missing: missing(framework),
    port,
    env: { PYTHONUNBUFFERED: '1', PIP_DISABLE_PIP_VERSION_CHECK: '1', ...packages.env },
    lockFiles: packages.lockFiles,
    notes: [...packages.notes, ...commands.notes],
    startNotes: commands.startNotes ?? [],
  }
}

/** True where an application of a framework is there, not only files of Python. */
export function hasPythonFramework(files: ProjectFiles): boolean {
  if (djangoSettings(files) !== null) return true
  const found = findPythonApplication(files, null)
  return found !== null && found.framework !== 'python'
}

function frameworkNamed({ names }: PythonPackages): Framework | null {
  const known: readonly Framework[] = ['django', 'fastapi', 'flask', 'streamlit']
  return known.find((name) => names.has(name)) ?? null
}

function missing(framework: Framework): string {
  if (framework === 'django') return 'There is no manage.py: add it, or "start" and "port" to sandyard.json.'
  return 'There is no application in main.py, app.py or another of the usual files: add "start" and "port" to sandyard.json.'
}

/** Migrations are part of the build: what shows pages of a database without tables would only show errors. */
function django(settings: string | null, { wanted, packages, port }: Situation): Commands {
  if (settings === null && wanted.framework !== 'django') return { build: null, start: null, more: [], notes: [] }
  const manage = '.venv/bin/python manage.py'
  const project = settings?.split('.').slice(0, -1)[0]
  const hasServer = packages.names.has('gunicorn') && project !== undefined && wanted.mode === 'production'
  const build = [`${manage} migrate --noinput`]
  if (packages.names.has('whitenoise')) build.push(`${manage} collectstatic --noinput`)
  const served = hasServer
    ? shellWords(['.venv/bin/gunicorn', '--bind', `0.0.0.0:${port}`, `${project}.wsgi`])
    : shellWords([
        ...manage.split(' '),
        'runserver',
        ...(wanted.mode === 'development' ? [] : ['--noreload']),
        `0.0.0.0:${port}`,
      ])
  return {
    build: build.join(' && '),
    start: served,
    more: packages.names.has('django') ? [] : ['django'],
    notes: ['With DEBUG off, ALLOWED_HOSTS must have "localhost": programs in previews are called by that name.'],
  }
}

function serve(application: PythonApplication | null, situation: Situation): Commands {
  if (application === null) return { build: null, start: null, more: [], notes: [] }
  const { packages, wanted } = situation
  const isDevelopment = wanted.mode === 'development'
  const port = String(situation.port)
  const { file, module, variable, framework } = application
  const lacks = (name: string): string[] => (packages.names.has(name) ? [] : [name])
  const command = (
    words: readonly string[],
    more: readonly string[],
    startNotes: readonly string[] = [],
  ): Commands => ({
    build: null,
    start: shellWords(words),
    more,
    notes: more.map((name) => `${name} is installed besides, as it is not among the packages of the project.`),
    startNotes,
  })
  switch (framework) {
    case 'fastapi': {
      const reload = isDevelopment ? ['--reload'] : []
      const words = ['.venv/bin/uvicorn', `${module}:${variable}`, '--host', '0.0.0.0', '--port', port, ...reload]
      return command(words, [...lacks('fastapi'), ...lacks('uvicorn')])
    }
    case 'flask': {
      const target = `${module}:${variable}`
      if (packages.names.has('gunicorn') && !isDevelopment)
        return command(['.venv/bin/gunicorn', '--bind', `0.0.0.0:${port}`, target], lacks('flask'))
      const debug = isDevelopment ? ['--debug'] : []
      const words = ['.venv/bin/flask', '--app', target, 'run', '--host', '0.0.0.0', '--port', port, ...debug]
      return command(words, lacks('flask'))
    }
    case 'streamlit': {
      const flags = ['--server.port', port, '--server.address', '0.0.0.0', '--server.headless', 'true']
      const words = ['.venv/bin/streamlit', 'run', file, ...flags, '--browser.gatherUsageStats', 'false']
      return command(words, lacks('streamlit'))
    }
    case 'python':
      return command(['.venv/bin/python', file], [], [`What ${file} starts must listen on PORT, ${port}.`])
  }
}
