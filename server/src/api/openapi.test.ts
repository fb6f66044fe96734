import assert from 'node:assert/strict'
import { test } from 'node:test'
import { apiRoutes, type Routes } from '@sandyard/protocol'
import { openTestServer } from '../testing/test-server.ts'

// biome-ignore lint/suspicious/noExplicitAny: the document is looked into everywhere
type Any = any

async function readDocument(): Promise<Any> {
  await using server = await openTestServer()
  return (await server.server.fetch(new Request('http://localhost:3000/api-json'))).json()
}

const document = await readDocument()

/** Every object of a value, with its place. */
function* objectsIn(value: Any, place = '#'): Generator<{ place: string; value: Any }> {
  if (typeof value !== 'object' || value === null) return
  yield { place, value }
  for (const [key, inner] of Object.entries(value)) yield* objectsIn(inner, `${place}/${key.replaceAll('/', '~1')}`)
}

function lookUp(reference: string): Any {
  let found: Any = document
  for (const key of reference.slice(2).split('/')) found = found?.[key.replaceAll('~1', '/')]
  return found
}

const operations: { path: string; method: string; operation: Any }[] = Object.entries(document.paths as Any).flatMap(
  ([path, methods]) =>
    Object.entries(methods as Any).map(([method, operation]) => ({ path, method, operation: operation as Any })),
)

/** Every schema of the document, with its place. */
function* schemas(): Generator<{ place: string; schema: Any }> {
  for (const { place, value } of objectsIn(document)) {
    if ('schema' in value && place.split('/').at(-1) !== 'properties') yield* below(value.schema, `${place}/schema`)
  }
  for (const [name, schema] of Object.entries(document.components.schemas)) yield* below(schema, `#/components/${name}`)
}

function* below(schema: Any, place: string): Generator<{ place: string; schema: Any }> {
  yield { place, schema }
  if (typeof schema !== 'object') return
  for (const [name, inner] of Object.entries(schema.properties ?? {})) yield* below(inner, `${place}/${name}`)
  for (const key of ['items', 'additionalProperties', 'propertyNames', 'not']) {
    if (schema[key] !== undefined) yield* below(schema[key], `${place}/${key}`)
  }
  for (const key of ['anyOf', 'allOf', 'oneOf', 'prefixItems']) {
    for (const [index, inner] of (schema[key] ?? []).entries()) yield* below(inner, `${place}/${key}/${index}`)
  }
}

test('the document has the fields of OpenAPI 3.1, and no others', () => {
  assert.match(document.openapi, /^3\.1\.\d$/)
  assert.deepEqual(Object.keys(document).sort(), ['components', 'info', 'openapi', 'paths', 'servers', 'tags'])
  assert.equal(typeof document.info.title, 'string')
  assert.equal(typeof document.info.version, 'string')
  const fields = 'securitySchemes parameters headers responses schemas'.split(' ')
  assert.ok(Object.keys(document.components).every((key) => fields.includes(key)))
  for (const part of Object.values(document.components)) {
    for (const name of Object.keys(part as object)) assert.match(name, /^[a-zA-Z0-9.\-_]+$/)
  }
})

test('it has each row once, with the row’s own status', () => {
  const ids = operations.map(({ operation }) => operation.operationId)
  assert.deepEqual(ids.sort(), Object.keys(apiRoutes).sort())
  for (const { path, method, operation } of operations) {
    const row = (apiRoutes as Routes)[operation.operationId]
    assert.deepEqual([row?.path, row?.method.toLowerCase(), row?.access], [path, method, operation['x-access']])
    assert.ok(row !== undefined && String(row.status) in operation.responses, operation.operationId)
    assert.equal(operation.requestBody !== undefined, row.body !== undefined || row.isRawBody === true)
    assert.deepEqual(operation.security, row.access === 'public' ? [] : [{ bearer: [] }])
    const { content } = operation.responses[row.status]
    const type = row.isStream ? 'application/octet-stream' : row.response === undefined ? undefined : 'application/json'
    assert.equal(Object.keys(content ?? {})[0], type, operation.operationId)
  }
})

test('operations follow the rules: parameters, responses, tags', () => {
  const tags = document.tags.map(({ name }: Any) => name)
  assert.equal(new Set(tags).size, tags.length)
  for (const { path, method, operation } of operations) {
    const place = `${method} ${path}`
    assert.match(path, /^\//)
    assert.ok(['get', 'post', 'put', 'patch', 'delete'].includes(method), place)
    const parameters = operation.parameters.map((each: Any) => ('$ref' in each ? lookUp(each.$ref) : each))
    const keys = parameters.map((each: Any) => `${each.in} ${each.name}`)
    assert.equal(new Set(keys).size, keys.length, `${place} has a parameter twice`)
    const inPath = parameters.filter((each: Any) => each.in === 'path')
    assert.deepEqual(
      inPath.map((each: Any) => each.name),
      [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name),
      place,
    )
    assert.ok(inPath.every((each: Any) => each.required === true))
    for (const each of parameters) assert.ok(each.schema !== undefined && ['path', 'query', 'header'].includes(each.in))
    for (const tag of operation.tags) assert.ok(tags.includes(tag), place)
    for (const [status, response] of Object.entries(operation.responses as Any)) {
      assert.match(status, /^[2345]\d\d$/)
      const found = '$ref' in (response as Any) ? lookUp((response as Any).$ref) : response
      assert.equal(typeof found?.description, 'string', `${place} ${status}`)
    }
    if (method === 'get') assert.equal(operation.requestBody, undefined, place)
    for (const [name] of Object.entries(operation.security[0] ?? {})) {
      assert.ok(name in document.components.securitySchemes)
    }
  }
})

test('every reference leads somewhere, and nothing is described that is not used', () => {
  const used = new Set<string>()
  for (const { place, value } of objectsIn(document)) {
    if (typeof value.$ref !== 'string') continue
    assert.match(value.$ref, /^#\/components\//, place)
    assert.ok(lookUp(value.$ref) !== undefined, `${place}: ${value.$ref}`)
    used.add(value.$ref)
  }
  for (const part of ['schemas', 'responses', 'parameters', 'headers']) {
    for (const name of Object.keys(document.components[part])) {
      assert.ok(used.has(`#/components/${part}/${name}`), `${part}/${name} is not used`)
    }
  }
})

test('schemas are JSON Schema of 2020-12', () => {
  const types = ['null', 'boolean', 'object', 'array', 'number', 'string', 'integer']
  const known =
    /^(\$ref|type|properties|required|additionalProperties|propertyNames|items|prefixItems|anyOf|allOf|oneOf|not|enum|const|format|pattern|default|description|(min|max)(imum|Length|Items|Properties)|exclusive(Minimum|Maximum)|uniqueItems|contentEncoding)$/
  let count = 0
  for (const { place, schema } of schemas()) {
    count += 1
    if (typeof schema === 'boolean') continue
    for (const key of Object.keys(schema)) assert.match(key, known, `${place} has ${key}`)
    for (const type of [schema.type ?? []].flat()) assert.ok(types.includes(type), `${place} is a ${type}`)
    for (const name of schema.required ?? []) assert.ok(name in (schema.properties ?? {}), `${place} needs ${name}`)
    if (schema.pattern !== undefined) assert.ok(new RegExp(schema.pattern, 'u'), place)
    assert.equal(schema.nullable, undefined, `${place} is written as OpenAPI 3.0`)
  }
  assert.ok(count > 500, `${count} schemas`)
})

test('named schemas are written once', () => {
  const { Sandbox, Error: body } = document.components.schemas
  assert.deepEqual(Sandbox.properties.id, { type: 'string' })
  assert.ok(body.properties.code.enum.includes('NOT_FOUND'))
  const { content } = document.paths['/sandbox'].post.responses[200]
  assert.deepEqual(content, { 'application/json': { schema: { $ref: '#/components/schemas/Sandbox' } } })
})
