import { findLine, textOf } from './lines.ts'
import type { ProjectFiles } from './plan.ts'

/** The command of a Procfile's `web` process, made to find what the project has installed; null where there is none. */
export function webCommand(files: ProjectFiles): string | null {
  const text = textOf(files, 'Procfile')
  const command = text === null ? null : findLine(text, /^web\s*:\s*(\S.*)$/)
  if (command === null || command.includes('\0')) return null
  // Its programs are named without a path, as they are where a Procfile comes from.
  return `export PATH="$PWD/.venv/bin:$PWD/node_modules/.bin:$PATH"; ${command.trim()}`
}
