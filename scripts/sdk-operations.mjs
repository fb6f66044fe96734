/**
 * Writes the calls of the client library, `sdk/src/operations/`, from the rows of `protocol`: plain types and one small
 * table per area, so that the library needs nothing of `protocol` (nor its checks) when it runs.
 *
 *     node scripts/sdk-operations.mjs           writes them
 *     node scripts/sdk-operations.mjs --check   ends with 1 when they are not as the rows are
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { isShape } from '../protocol/src/json-schema.ts'

const root = resolve(import.meta.dirname, '..')
const target = join(root, 'sdk/src/operations')
const isCheck = process.argv.includes('--check')

/** Modules of rows: their file, the side they belong to, and what they export. */
const modules = []
for (const side of ['api', 'toolbox']) {
  const folder = join(root, 'protocol/src', side)
  for (const file of readdirSync(folder).sort()) {
    if (!file.endsWith('.ts') || file.endsWith('.test.ts') || file === 'rows.ts') continue
    modules.push({ side, file, name: basename(file, '.ts'), exports: await import(join(folder, file)) })
  }
}

/** Exported shapes by identity, so that a type which many calls answer is written once. */
const named = new Map()
for (const module of modules) {
  for (const [name, value] of Object.entries(module.exports)) {
    if (isShape(value) && /^[A-Z]/.test(name) && value._zod.def.type === 'object' && !name.endsWith('Query'))
      named.set(value, { name, module })
  }
}

const isRows = (value) =>
  typeof value === 'object' &&
  value !== null &&
  Object.values(value).every((row) => row?.method !== undefined && row.path)

const indexed = { api: [], toolbox: [] }
let isStale = false
mkdirSync(target, { recursive: true })
for (const module of modules) {
  const groups = Object.entries(module.exports).filter(([name, value]) => name.endsWith('Routes') && isRows(value))
  const shapes = [...named].filter(([, found]) => found.module === module)
  if (groups.length === 0 && shapes.length === 0) continue
  writeModule(module, groups, shapes)
  for (const [name] of groups) indexed[module.side].push({ file: module.name, name: name.replace(/Routes$/, '') })
}
writeIndex()
if (isCheck && isStale) {
  console.error('The operations of the client library are not as the rows are; run: node scripts/sdk-operations.mjs')
  process.exit(1)
}

function writeModule(module, groups, shapes) {
  const used = new Map()
  const writer = createWriter(module, used)
  const parts = []
  for (const [shape, { name }] of shapes) {
    parts.push(`export interface ${name} ${writer.object(shape, 'answer', '')}\n`)
    if (isInput(shape)) parts.push(`export interface ${name}Input ${writer.object(shape, 'sent', '')}\n`)
  }
  for (const [name, rows] of groups) {
    const stem = name.replace(/Routes$/, '')
    const entries = Object.entries(rows)
    parts.push(
      `/** What is sent and answered. */\nexport interface ${pascal(stem)}Operations {\n${entries.map(([operation, row]) => `  /** ${row.summary} */\n  ${operation}: ${writer.operation(row)}`).join('\n')}\n}\n`,
      `/** Method and path; with "bytes" where the answer is no JSON. */\nexport const ${stem}Operations = {\n${entries.map(([operation, row]) => `  ${operation}: '${row.method} ${row.path}${row.isStream === true ? ' bytes' : ''}',`).join('\n')}\n} as const\n`,
    )
  }
  const imports = [...used]
    .sort(([a], [b]) => a.localeCompare(b))
    .map(([file, names]) => `import type { ${[...names].sort().join(', ')} } from './${file}.ts'\n`)
  write(
    `${module.name}.ts`,
    `${header(module)}${imports.join('')}${imports.length === 0 ? '' : '\n'}${parts.join('\n')}`,
  )
}

/** True when some row takes the shape in its body. */
function isInput(shape) {
  return modules.some(({ exports }) =>
    Object.values(exports)
      .filter(isRows)
      .some((rows) => Object.values(rows).some((row) => row.body !== undefined && holds(row.body, shape))),
  )
}

function holds(outer, shape) {
  if (outer === shape) return true
  const { def } = outer._zod
  const inner = [
    def.innerType,
    def.element,
    def.in,
    def.valueType,
    ...(def.options ?? []),
    ...Object.values(def.shape ?? {}),
  ]
  return inner.some((one) => one !== undefined && holds(one, shape))
}

function createWriter(module, used) {
  const reference = (shape, way) => {
    const found = named.get(shape)
    if (found === undefined) return undefined
    const name = way === 'sent' ? `${found.name}Input` : found.name
    if (found.module !== module) {
      const names = used.get(found.module.name) ?? new Set()
      used.set(found.module.name, names.add(name))
    }
    return name
  }

  function type(shape, way, indent) {
    const { def } = shape._zod
    const isSent = way !== 'answer'
    switch (def.type) {
      case 'string':
        return way === 'query' ? 'string | number | boolean' : 'string'
      case 'number':
      case 'boolean':
      case 'null':
      case 'unknown':
      case 'undefined':
        return def.type
      case 'literal':
        return def.values.map((value) => quote(value)).join(' | ')
      case 'enum':
        return Object.values(def.entries).map(quote).join(' | ')
      case 'array':
        return isSent
          ? `readonly ${wrap(type(def.element, way, indent))}[]`
          : `${wrap(type(def.element, way, indent))}[]`
      case 'record':
        return isSent
          ? `Readonly<Record<string, ${type(def.valueType, way, indent)}>>`
          : `Record<string, ${type(def.valueType, way, indent)}>`
      case 'union':
        return [...new Set(def.options.map((option) => type(option, way, indent)))].join(' | ')
      case 'nullable':
        return `${type(def.innerType, way, indent)} | null`
      case 'optional':
      case 'default':
      case 'readonly':
        return type(def.innerType, way, indent)
      case 'pipe':
        if (def.in._zod.def.type === 'transform') return 'unknown'
        return type(isSent || def.out._zod.def.type === 'transform' ? def.in : def.out, way, indent)
      case 'object':
        return reference(shape, way) ?? object(shape, way, indent)
      default:
        throw new Error(`${module.file}: no type is known for a shape of ${def.type}`)
    }
  }

  function object(shape, way, indent) {
    const { def } = shape._zod
    const fields = Object.entries(def.shape).map(([name, field]) => {
      const isOptional = field._zod.def.type === 'optional' || (way !== 'answer' && field._zod.def.type === 'default')
      const written = type(field, way, `${indent}  `)
      const value = isOptional && way !== 'answer' && written !== 'unknown' ? `${written} | undefined` : written
      return `${indent}  ${/^[A-Za-z_$][\w$]*$/.test(name) ? name : quote(name)}${isOptional ? '?' : ''}: ${value}`
    })
    if (def.catchall !== undefined && def.catchall._zod.def.type !== 'never')
      fields.push(`${indent}  [name: string]: unknown`)
    return fields.length === 0 ? 'Record<string, never>' : `{\n${fields.join('\n')}\n${indent}}`
  }

  function operation(row) {
    const names = [...row.path.matchAll(/\{(\w+)\}/g)].map((match) => match[1])
    const lines = []
    if (names.length > 0)
      lines.push(`    params: { ${names.map((name) => `${name}: string | number | boolean`).join('; ')} }`)
    if (row.query !== undefined) {
      const isOptional = Object.values(row.query._zod.def.shape ?? {}).every(
        (field) => field._zod.def.type === 'optional',
      )
      lines.push(`    query${isOptional ? '?' : ''}: ${type(row.query, 'query', '    ')}`)
    }
    if (row.body !== undefined)
      lines.push(`    body${row.isBodyOptional ? '?' : ''}: ${type(row.body, 'sent', '    ')}`)
    const answer =
      row.isStream === true
        ? 'ReadableStream<Uint8Array>'
        : row.response === undefined
          ? 'undefined'
          : type(row.response, 'answer', '    ')
    lines.push(`    answer: ${answer}`)
    return `{\n${lines.join('\n')}\n  }`
  }

  return { object, operation }
}

function writeIndex() {
  const sides = Object.entries(indexed)
  const all = sides.flatMap(([, groups]) => groups)
  const lines = [
    header(null),
    ...all
      .sort((a, b) => a.file.localeCompare(b.file))
      .map(({ file, name }) => `import { type ${pascal(name)}Operations, ${name}Operations } from './${file}.ts'\n`),
    ...sides.flatMap(([side, groups]) => [
      `\n/** Calls of ${side === 'api' ? 'the API' : 'a sandbox'}, by their operation id. */\nexport const ${side}Operations = {\n${groups.map(({ name }) => `  ...${name}Operations,`).join('\n')}\n} as const\n`,
      `\nexport type ${pascal(side)}Operations = ${groups.map(({ name }) => `${pascal(name)}Operations`).join(' &\n  ')}\n`,
    ]),
  ]
  write('all.ts', lines.join(''))
}

function header(module) {
  const source = module === null ? 'protocol/src' : `protocol/src/${module.side}/${module.file}`
  return `// biome-ignore-all format: written by scripts/sdk-operations.mjs\n// biome-ignore-all assist/source/organizeImports: likewise\n/** Written by scripts/sdk-operations.mjs from ${source}: change that, and run it again. */\n\n`
}

function write(name, text) {
  const path = join(target, name)
  let before = null
  try {
    before = readFileSync(path, 'utf8')
  } catch (error) {
    if (error.code !== 'ENOENT') throw error
  }
  if (before === text) return
  isStale = true
  if (isCheck) console.error(`${name} is not as its rows are`)
  else writeFileSync(path, text)
}

function pascal(name) {
  return name[0].toUpperCase() + name.slice(1)
}

function wrap(type) {
  return /[|&]| /.test(type) && !type.startsWith('{') ? `(${type})` : type
}

function quote(value) {
  return typeof value === 'string' ? `'${value}'` : String(value)
}
