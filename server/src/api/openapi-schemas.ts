import * as protocol from '@sandyard/protocol'

/** Shapes that have a name, by the text of their JSON Schema. Small ones are clearer in place. */
const shortestNamed = 100

/** Writes schemas into a document: those that have a name once, and everywhere else a reference to that. */
export interface NamedSchemas {
  /** The schema with references in it. */
  refer(schema: protocol.JsonSchema): protocol.JsonSchema
  /** Those that were referred to, by name. */
  used(): Readonly<Record<string, protocol.JsonSchema>>
}

/** Makes the collection; names are those that the protocol exports shapes by. */
export function createNamedSchemas(): NamedSchemas {
  const names = new Map<string, string>()
  for (const [name, value] of Object.entries(protocol)) {
    if (!protocol.isShape(value) || !/^[A-Z]/.test(name)) continue
    const text = JSON.stringify(protocol.toJsonSchema(value))
    if (text.length >= shortestNamed && !names.has(text)) names.set(text, name)
  }
  const used = new Map<string, protocol.JsonSchema>()

  function walk(value: unknown, isInside: boolean): unknown {
    if (Array.isArray(value)) return value.map((item) => walk(item, true))
    if (typeof value !== 'object' || value === null) return value
    const name = isInside ? names.get(JSON.stringify(value)) : undefined
    if (name === undefined) {
      return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, walk(inner, true)]))
    }
    if (!used.has(name)) {
      used.set(name, {})
      used.set(name, walk(value, false) as protocol.JsonSchema)
    }
    return { $ref: `#/components/schemas/${name}` }
  }

  return {
    refer: (schema) => walk(schema, true) as protocol.JsonSchema,
    used: () => Object.fromEntries([...used].sort(([a], [b]) => a.localeCompare(b))),
  }
}
