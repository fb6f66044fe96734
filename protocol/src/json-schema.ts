import * as z from 'zod/mini'
import './messages.ts'

/** JSON Schema as it is in documents of OpenAPI 3.1. */
export type JsonSchema = Readonly<Record<string, unknown>>

/**
 * JSON Schema (2020-12) of a shape, for the OpenAPI document: of what it takes in, or of what it makes of that. Rules
 * that JSON Schema cannot say are left out.
 */
export function toJsonSchema(shape: z.ZodMiniType, io: 'input' | 'output' = 'input'): JsonSchema {
  const { $schema: _, ...schema } = z.toJSONSchema(shape, { io, unrepresentable: 'any', target: 'draft-2020-12' })
  return schema
}

/** True for a shape, so that a package's shapes can be told from its other exports. */
export function isShape(value: unknown): value is z.ZodMiniType {
  return typeof value === 'object' && value !== null && '_zod' in value
}
