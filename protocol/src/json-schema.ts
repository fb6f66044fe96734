import * as z from 'zod/mini'
import './messages.ts'

/** JSON Schema of what a shape takes in, for the OpenAPI document. Rules that JSON Schema cannot say are left out. */
export function toJsonSchema(shape: z.ZodMiniType): Readonly<Record<string, unknown>> {
  return z.toJSONSchema(shape, { io: 'input', unrepresentable: 'any', target: 'openapi-3.0' })
}
