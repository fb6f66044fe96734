/** A text of a project, read up to here, bytes. Of lock files, which may be longer, the beginning is enough. */
export const projectFileBytes = 256 * 1024

/** Files in which applications of Python are looked for, the likeliest first. */
export const pythonFiles = [
  'main.py',
  'app.py',
  'server.py',
  'api.py',
  'wsgi.py',
  'asgi.py',
  'application.py',
  'run.py',
  'index.py',
  'streamlit_app.py',
  'app/main.py',
  'app/app.py',
  'app/__init__.py',
  'src/main.py',
  'src/app.py',
  'api/main.py',
  'api/index.py',
  'backend/main.py',
] as const

/** Files whose text `planProject` looks at, relative to the folder. */
export const filesToRead: readonly string[] = [
  'sandyard.json',
  'package.json',
  'pnpm-lock.yaml',
  'yarn.lock',
  'next.config.js',
  'next.config.mjs',
  'next.config.ts',
  'Procfile',
  'Dockerfile',
  'requirements.txt',
  'pyproject.toml',
  'manage.py',
  ...pythonFiles,
]

/** Those of `filesToRead` that can be there, by the names of what lies in the folder. */
export function filesWorthReading(names: readonly string[]): string[] {
  const known = new Set(names)
  return filesToRead.filter((file) => {
    const slash = file.indexOf('/')
    return known.has(slash < 0 ? file : file.slice(0, slash + 1))
  })
}
