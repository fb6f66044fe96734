import { pythonFiles } from './files-to-read.ts'
import { findLine, linesOf, textOf } from './lines.ts'
import type { Framework, ProjectFiles } from './plan.ts'

/** An application of Python in a file: `module:variable`, as servers take it. */
export interface PythonApplication {
  readonly framework: Extract<Framework, 'fastapi' | 'flask' | 'streamlit' | 'python'>
  readonly file: string
  readonly module: string
  /** of the application, or with brackets the call that makes it; empty where the file is run itself */
  readonly variable: string
}

type Finder = (text: string) => string | null

const imports = (name: string): RegExp => new RegExp(`^\\s*((?:import|from)\\s+${name})\\b`)

const finders: readonly (readonly [PythonApplication['framework'], Finder])[] = [
  ['fastapi', (text) => findLine(text, /^([A-Za-z_]\w*)(?:\s*:\s*[\w.]+)?\s*=\s*(?:fastapi\.)?FastAPI\(/)],
  ['flask', findFlask],
  ['streamlit', (text) => (findLine(text, imports('streamlit')) === null ? null : '')],
]

/** The likeliest application in the files that are looked at; of one framework, when it is said. */
export function findPythonApplication(files: ProjectFiles, wanted: Framework | null): PythonApplication | null {
  for (const [framework, find] of finders) {
    if (wanted !== null && wanted !== framework) continue
    for (const file of pythonFiles) {
      const text = textOf(files, file)
      const variable = text === null ? null : find(text)
      if (variable !== null) return { framework, file, module: moduleOf(file), variable }
    }
  }
  if (wanted !== null && wanted !== 'python') return null
  const own = pythonFiles.find((file) => textOf(files, file) !== null && !file.endsWith('__init__.py'))
  return own === undefined ? null : { framework: 'python', file: own, module: moduleOf(own), variable: '' }
}

/** Settings module that `manage.py` names, such as `mysite.settings`; null where it is none of Django's. */
export function djangoSettings(files: ProjectFiles): string | null {
  const text = textOf(files, 'manage.py')
  if (text === null) return null
  return findLine(text, /DJANGO_SETTINGS_MODULE["']\s*,\s*["']([A-Za-z_][\w.]{0,200})["']/)
}

function findFlask(text: string): string | null {
  const variable = findLine(text, /^([A-Za-z_]\w*)\s*=\s*(?:flask\.)?Flask\(/)
  if (variable !== null) return variable
  const makesFlask = linesOf(text).some((line) => /\bFlask\(/.test(line))
  const factory = makesFlask ? findLine(text, /^def\s+(create_app|make_app)\s*\(/) : null
  return factory === null ? null : `${factory}()`
}

function moduleOf(file: string): string {
  return file.replace(/(?:\/__init__)?\.py$/, '').replaceAll('/', '.')
}
