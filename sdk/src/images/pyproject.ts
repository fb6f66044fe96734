import { DaytonaInvalidArgumentError } from '../errors.ts'

/**
 * Names of packages in a `pyproject.toml`: of `[project] dependencies`, and of the groups asked for. Reads the arrays of
 * strings that these are, and no other TOML.
 */
export function readDependencies(text: string, groups: readonly string[]): string[] {
  const sections = sectionsOf(text)
  const project = arrayIn(sections.get('project') ?? '', 'dependencies')
  if (project === undefined)
    throw new DaytonaInvalidArgumentError('The pyproject.toml has no `dependencies` in its section [project]')
  const optional = sections.get('project.optional-dependencies') ?? ''
  return [...project, ...groups.flatMap((group) => arrayIn(optional, group) ?? [])]
}

function sectionsOf(text: string): Map<string, string> {
  const sections = new Map<string, string>()
  let name = ''
  for (const line of text.split(/\r?\n/)) {
    const header = /^\s*\[([^[\]"']+)\]\s*(?:#.*)?$/.exec(line)
    if (header !== null) name = (header[1] ?? '').replaceAll(/\s/g, '')
    else sections.set(name, `${sections.get(name) ?? ''}${line}\n`)
  }
  return sections
}

/** The array of strings at a key of a section. */
function arrayIn(section: string, key: string): string[] | undefined {
  const escaped = key.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')
  const begin = new RegExp(`^\\s*(?:"${escaped}"|'${escaped}'|${escaped})\\s*=\\s*\\[`, 'm').exec(section)
  if (begin === null) return undefined
  const found: string[] = []
  const item = /\s*(?:#[^\n]*|,|"((?:[^"\\\n]|\\.)*)"|'([^'\n]*)'|(\]))/y
  item.lastIndex = begin.index + begin[0].length
  for (let match = item.exec(section); match !== null; match = item.exec(section)) {
    const [, basic, literal, end] = match
    if (end !== undefined) return found
    if (basic !== undefined) found.push(JSON.parse(`"${basic}"`) as string)
    if (literal !== undefined) found.push(literal)
  }
  throw new DaytonaInvalidArgumentError(`The pyproject.toml has something else than strings in ${key}`)
}
