import { type Route, type Routes, toJsonSchema } from '@sandyard/protocol'

/** The OpenAPI document of the rows. */
export function openApiOf(rows: Routes, version: string): Readonly<Record<string, unknown>> {
  const paths: Record<string, Record<string, unknown>> = {}
  for (const [operationId, route] of Object.entries(rows)) {
    const method = { [route.method.toLowerCase()]: operation(operationId, route) }
    paths[route.path] = { ...paths[route.path], ...method }
  }
  return {
    openapi: '3.0.3',
    info: { title: 'Sandyard', version },
    servers: [{ url: '/api' }],
    components: { securitySchemes: { key: { type: 'http', scheme: 'bearer' } } },
    paths,
  }
}

function operation(operationId: string, route: Route) {
  const { query, body, response } = route
  return {
    operationId,
    summary: route.summary,
    security: route.access === 'public' ? [] : [{ key: [] }],
    parameters: [...pathParameters(route.path), ...(query === undefined ? [] : queryParameters(toJsonSchema(query)))],
    ...(body === undefined
      ? {}
      : { requestBody: { required: route.isBodyOptional !== true, content: json(toJsonSchema(body)) } }),
    responses: {
      [route.status]: {
        description: route.summary,
        ...(response === undefined ? {} : { content: json(toJsonSchema(response)) }),
      },
    },
  }
}

function pathParameters(path: string) {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }))
}

function queryParameters(schema: Readonly<Record<string, unknown>>) {
  return Object.entries(schema.properties ?? {}).map(([name, shape]) => ({ name, in: 'query', schema: shape }))
}

function json(schema: Readonly<Record<string, unknown>>) {
  return { 'application/json': { schema } }
}
