import { errorTable, type JsonSchema, permissions, type Route, type Routes, toJsonSchema } from '@sandyard/protocol'
import { basePath } from './base-path.ts'
import { createNamedSchemas, type NamedSchemas } from './openapi-schemas.ts'

/** The OpenAPI document (3.1) of the rows: what is served, and nothing else. */
export function openApiOf(rows: Routes, version: string): Readonly<Record<string, unknown>> {
  const schemas = createNamedSchemas()
  const paths: Record<string, Record<string, unknown>> = {}
  for (const [operationId, route] of Object.entries(rows)) {
    const method = { [route.method.toLowerCase()]: operation(operationId, route, schemas) }
    paths[route.path] = { ...paths[route.path], ...method }
  }
  const tags = [...new Set(Object.values(rows).map(tagOf))]
  return {
    openapi: '3.1.0',
    info: {
      title: 'Sandyard',
      version,
      description:
        'Calls of the control plane. What happens inside a sandbox (files, commands, git and more) is asked of its toolbox, whose address is `toolboxProxyUrl` of the sandbox.',
    },
    servers: [{ url: basePath }],
    tags: tags.map((name) => ({ name })),
    paths,
    components: {
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer', description: 'An API key, or the token of a signed-in user.' },
      },
      parameters: { organization },
      headers: { version: versionHeader },
      responses: Object.fromEntries(errorStatuses.map((status) => [`Error${status}`, errorResponse(status)])),
      schemas: { Error: errorBody, ...schemas.used() },
    },
  }
}

function operation(operationId: string, route: Route, schemas: NamedSchemas) {
  const { query, body } = route
  const needsOrganization = !['public', 'user', 'self', 'admin'].includes(route.access)
  return {
    operationId,
    summary: route.summary,
    description: describeAccess(route.access),
    tags: [tagOf(route)],
    security: route.access === 'public' ? [] : [{ bearer: [] }],
    'x-access': route.access,
    parameters: [
      ...pathParameters(route.path),
      ...(query === undefined ? [] : queryParameters(toJsonSchema(query), toJsonSchema(query, 'output'))),
      ...(needsOrganization ? [{ $ref: '#/components/parameters/organization' }] : []),
    ],
    ...(route.isRawBody === true ? { requestBody: { required: true, content: anyBytes } } : {}),
    ...(body === undefined
      ? {}
      : {
          requestBody: { required: route.isBodyOptional !== true, content: json(schemas.refer(toJsonSchema(body))) },
        }),
    responses: {
      [route.status]: success(route, schemas),
      ...Object.fromEntries(
        errorsOf(route).map((status) => [status, { $ref: `#/components/responses/Error${status}` }]),
      ),
    },
  }
}

const anyBytes = { '*/*': { schema: { type: 'string', format: 'binary' } } }

function success(route: Route, schemas: NamedSchemas) {
  const headers = { 'X-Daytona-Api-Version': { $ref: '#/components/headers/version' } }
  if (route.isRedirect === true) {
    const location = { description: 'Where to go.', schema: { type: 'string', format: 'uri' } }
    return { description: 'Another address.', headers: { ...headers, Location: location } }
  }
  if (route.isStream === true) {
    const content = { 'application/octet-stream': { schema: { type: 'string', format: 'binary' } } }
    return { description: 'Bytes that come as they are made, until the end.', headers, content }
  }
  if (route.response === undefined) return { description: 'Done.', headers }
  return { description: 'Done.', headers, content: json(schemas.refer(toJsonSchema(route.response))) }
}

/** What can go wrong with a call, as far as its row tells; 500 and 503 can with each. */
function errorsOf({ access, path, body, isRawBody, method }: Route): number[] {
  return [
    400,
    ...(access === 'public' ? [] : [401, 403]),
    ...(path.includes('{') ? [404] : []),
    ...(method === 'GET' ? [] : [409]),
    ...(body === undefined && isRawBody !== true ? [] : [413]),
    429,
    500,
    503,
  ]
}

const errorStatuses = [400, 401, 403, 404, 409, 413, 429, 500, 503] as const

const errorBody: JsonSchema = {
  type: 'object',
  properties: {
    statusCode: { type: 'integer' },
    error: { type: 'string', description: 'reason phrase of the status' },
    message: { type: 'string', description: 'what was tried and why it failed, for people' },
    code: { type: 'string', enum: Object.keys(errorTable) },
    source: { type: 'string', enum: ['DAYTONA_API', 'DAYTONA_DAEMON', 'DAYTONA_PROXY'] },
    method: { type: 'string' },
    path: { type: 'string' },
    timestamp: { type: 'string', format: 'date-time' },
  },
  required: ['statusCode', 'error', 'message', 'code', 'source', 'method', 'path', 'timestamp'],
}

const organization = {
  name: 'X-Daytona-Organization-ID',
  in: 'header',
  required: false,
  description: 'Which organization a signed-in user means. A key has one of its own.',
  schema: { type: 'string' },
}

const versionHeader = { description: 'Version of the platform.', schema: { type: 'string' } }

function errorResponse(status: (typeof errorStatuses)[number]) {
  const meanings = Object.values(errorTable).filter((row) => row.status === status)
  const retryAfter = { description: 'When to try again, seconds.', schema: { type: 'integer' } }
  const meaning = meanings[0]?.meaning ?? 'An error.'
  // One for each throttler, so their names are not fixed (api.md 3.7).
  const limits =
    ' `Retry-After-<throttler>` and `X-RateLimit-Limit-`, `-Remaining-` and `-Reset-<throttler>` tell more.'
  return {
    description: status === 429 ? `${meaning}${limits}` : meaning,
    headers: {
      'X-Daytona-Api-Version': { $ref: '#/components/headers/version' },
      ...(status === 429 || status === 503 ? { 'Retry-After': retryAfter } : {}),
    },
    content: json({ $ref: '#/components/schemas/Error' }),
  }
}

function describeAccess(access: Route['access']): string {
  const known: Readonly<Record<string, string>> = {
    public: 'Needs no credentials.',
    user: 'Needs any credentials.',
    self: 'Needs a signed-in user, or a key with every permission.',
    member: 'Needs credentials of the organization.',
    owner: 'Needs an owner of the organization.',
    admin: 'Needs an administrator of the platform.',
  }
  return known[access] ?? `Needs the permission \`${permissions.find((one) => one === access) ?? access}\`.`
}

/** The first segment of the path. */
function tagOf({ path }: Pick<Route, 'path'>): string {
  return path.split('/')[1] ?? ''
}

function pathParameters(path: string) {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }))
}

/** Values arrive as text; what they must be is told by what is made of them, where that can be told. */
function queryParameters(input: JsonSchema, output: JsonSchema) {
  const required = (input.required ?? []) as readonly string[]
  const made = (output.properties ?? {}) as Readonly<Record<string, JsonSchema>>
  return Object.entries((input.properties ?? {}) as Readonly<Record<string, JsonSchema>>).map(([name, text]) => {
    const value = made[name]
    const schema = value !== undefined && Object.keys(value).length > 0 ? value : text
    return { name, in: 'query', required: required.includes(name), schema }
  })
}

function json(schema: JsonSchema) {
  return { 'application/json': { schema } }
}
