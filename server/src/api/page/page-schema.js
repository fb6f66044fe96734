// Shows JSON Schemas as lists, and makes examples of them.
import { make } from './page-make.js'

/** A schema as elements; what has a name is shown when it is opened. */
export function shapeOf(api, schema) {
  if (schema.$ref !== undefined) {
    const name = schema.$ref.split('/').at(-1)
    const details = make('details', {}, make('summary', {}, name))
    details.addEventListener('toggle', () => {
      if (details.children.length === 1) details.append(shapeOf(api, api.components.schemas[name]))
    })
    return details
  }
  const choices = schema.anyOf ?? schema.oneOf ?? schema.allOf
  if (choices !== undefined) {
    const [first, second] = choices
    if (choices.length === 2 && second.type === 'null') return make('div', {}, shapeOf(api, first), note(' or null'))
    const word = schema.allOf === undefined ? 'one of' : 'all of'
    return make(
      'div',
      {},
      note(word),
      make('ul', { class: 'shape' }, ...choices.map((each) => make('li', {}, shapeOf(api, each)))),
    )
  }
  if (schema.properties !== undefined) {
    const required = new Set(schema.required ?? [])
    const items = Object.entries(schema.properties).map(([name, inner]) => {
      const mark = required.has(name) ? '' : ' (optional)'
      return make('li', {}, make('code', {}, name), note(mark), ' ', shapeOf(api, inner))
    })
    return make('ul', { class: 'shape' }, ...items)
  }
  if (schema.items !== undefined) return make('div', {}, note(`list${limits(schema)}, of `), shapeOf(api, schema.items))
  if (typeof schema.additionalProperties === 'object') {
    return make('div', {}, note('values by name, each '), shapeOf(api, schema.additionalProperties))
  }
  return note(`${describe(schema)}${limits(schema)}`)
}

function note(text) {
  return make('span', { class: 'type' }, text)
}

function describe(schema) {
  if (schema.const !== undefined) return JSON.stringify(schema.const)
  if (schema.enum !== undefined) return schema.enum.map((value) => JSON.stringify(value)).join(' | ')
  return [schema.type ?? 'anything'].flat().join(' or ')
}

function limits(schema) {
  const known = [
    ['minimum', 'from'],
    ['maximum', 'to'],
    ['minLength', 'at least', 'characters'],
    ['maxLength', 'at most', 'characters'],
    ['minItems', 'at least', 'items'],
    ['maxItems', 'at most', 'items'],
    ['pattern', 'like'],
    ['format', 'as'],
  ]
  // The widest whole numbers are no limit that anybody needs to read.
  const said = known.filter(
    ([name]) => schema[name] !== undefined && Math.abs(schema[name]) !== Number.MAX_SAFE_INTEGER,
  )
  return said.length === 0
    ? ''
    : `, ${said.map(([name, word, unit = '']) => `${word} ${schema[name]} ${unit}`.trim()).join(', ')}`
}

/** A body to begin with: what is required, in the simplest form. */
export function exampleOf(api, schema) {
  return JSON.stringify(sampleOf(api, schema, 0), null, 2)
}

function sampleOf(api, schema, depth) {
  if (depth > 6) return null
  if (schema.$ref !== undefined) return sampleOf(api, api.components.schemas[schema.$ref.split('/').at(-1)], depth + 1)
  if (schema.const !== undefined) return schema.const
  if (schema.enum !== undefined) return schema.enum[0]
  const choices = schema.anyOf ?? schema.oneOf
  if (choices !== undefined) return sampleOf(api, choices[0], depth + 1)
  const type = [schema.type].flat()[0]
  if (type === 'object') {
    const required = schema.required ?? []
    return Object.fromEntries(required.map((name) => [name, sampleOf(api, schema.properties[name], depth + 1)]))
  }
  return (
    { array: [], string: '', number: schema.minimum ?? 0, integer: schema.minimum ?? 0, boolean: false }[type] ?? null
  )
}
