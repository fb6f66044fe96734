import { randomUUID } from 'node:crypto'
import { limits } from '@sandyard/protocol'
import type { TestServer } from './test-server.ts'
import { webhooksPath } from './webhook-calls.ts'
import type { Wrong } from './wrong-lifecycle.ts'

const noEndpoint = /^Webhook endpoint .* not found$/
const foreign: Wrong = { params: { organizationId: randomUUID() }, status: 404, message: /not found$/ }

const unknownEndpoint: readonly Wrong[] = [
  foreign,
  { params: { endpointId: 'no-such' }, status: 404, message: noEndpoint },
  { params: { endpointId: '%00' }, status: 404, message: noEndpoint },
  { params: { endpointId: 'x'.repeat(5000) }, status: 404, message: noEndpoint },
]

const privateAddresses = [
  'http://10.0.0.1/',
  'http://172.16.0.1:8080/a',
  'http://192.168.1.1/',
  'http://169.254.169.254/latest/meta-data',
  'http://0.0.0.0/',
  'http://0x0a000001/',
  'http://167772161/',
  'http://[::1]/',
  'http://[::ffff:10.0.0.1]/',
  'http://[fd00::1]/',
  'http://[fe80::1]/',
  'http://[64:ff9b::a00:1]/',
  'http://[2002:a00:1::1]/',
  'http://[2001:0:a00:1::1]/',
  'http://198.18.0.1/',
  'http://224.0.0.1/',
]

const urls: Wrong[] = [
  { body: { url: 7 }, status: 400, message: /url/ },
  { body: { url: '' }, status: 400, message: /url/ },
  { body: { url: 'x' }, status: 400, message: /^url must begin with/ },
  { body: { url: 'ftp://example.com' }, status: 400, message: /^url must begin with/ },
  { body: { url: 'file:///etc/passwd' }, status: 400, message: /^url must begin with/ },
  { body: { url: 'http://user:secret@example.com' }, status: 400, message: /^url must not hold/ },
  { body: { url: `http://example.com/${'x'.repeat(limits.webhookUrlLength)}` }, status: 400, message: /url/ },
  ...privateAddresses.map((url) => ({ body: { url }, status: 400, message: /is not an address that webhooks/ })),
  { body: { url: 'http://example.com', events: ['sandbox.exploded'] }, status: 400, message: /events/ },
  { body: { url: 'http://example.com', events: 'sandbox.created' }, status: 400, message: /events/ },
  { body: { url: 'http://example.com', enabled: 'yes' }, status: 400, message: /enabled/ },
  {
    body: { url: 'http://example.com', description: 'x'.repeat(limits.webhookDescriptionLength + 1) },
    status: 400,
    message: /description/,
  },
]

async function fill(server: TestServer): Promise<void> {
  const path = await webhooksPath(server)
  for (let index = 0; index < limits.webhookEndpointCount; index += 1) {
    await server.call(`POST ${path}/endpoints`, { body: { url: 'http://127.0.0.1:9/', enabled: false } })
  }
}

/** What can be wrong with each call on webhooks in particular. */
export const wrongWebhooks: Record<string, readonly Wrong[]> = {
  webhookControllerGetAppPortalAccess: [foreign],
  webhookControllerGetInitializationStatus: [foreign],
  webhookControllerInitializeWebhooks: [foreign],
  webhookControllerRefreshEndpoints: [foreign],
  createWebhookEndpoint: [
    foreign,
    { body: {}, status: 400, message: /url/ },
    ...urls,
    { body: { url: 'http://example.com' }, status: 400, message: /at most 50 endpoints/, prepare: fill },
  ],
  listWebhookEndpoints: [foreign],
  getWebhookEndpoint: unknownEndpoint,
  updateWebhookEndpoint: [...unknownEndpoint, ...urls],
  deleteWebhookEndpoint: unknownEndpoint,
  testWebhookEndpoint: unknownEndpoint,
  rotateWebhookSecret: unknownEndpoint,
  listWebhookDeliveries: [
    ...unknownEndpoint,
    { query: '?state=lost', status: 400, message: /state/ },
    { query: '?page=0', status: 400, message: /page/ },
    { query: '?limit=201', status: 400, message: /limit/ },
    { query: '?limit=x', status: 400, message: /limit/ },
  ],
  replayWebhookDelivery: unknownEndpoint,
  replayFailedWebhooks: [
    ...unknownEndpoint,
    { body: {}, status: 400, message: /since/ },
    { body: { since: 'yesterday' }, status: 400, message: /^since: must be a date$/ },
  ],
}

/** A body that is good where a row on webhooks needs one. */
export const goodWebhookBodies: Record<string, unknown> = {
  createWebhookEndpoint: { url: 'http://127.0.0.1:9/' },
  updateWebhookEndpoint: {},
  replayFailedWebhooks: { since: '2030-01-01' },
}

const range = '?from=2030-01-01&to=2031-01-01'

const ranges: readonly Wrong[] = [
  { query: '', status: 400, message: /from/ },
  { query: '?from=2030-01-01', status: 400, message: /to/ },
  { query: '?from=yesterday&to=2030-01-01', status: 400, message: /^from: must be a date$/ },
  { query: `?from=2030-01-01&to=${'9'.repeat(200)}`, status: 400, message: /to/ },
  { query: '?from=2031-01-01&to=2030-01-01', status: 400, message: /^from must not be after to$/ },
  { query: range, params: { sandboxId: 'no-such' }, status: 404, message: /not found/ },
]

const pages: readonly Wrong[] = [
  { query: `${range}&page=0`, status: 400, message: /page/ },
  { query: `${range}&limit=201`, status: 400, message: /limit/ },
]

/** What can be wrong with each call on telemetry in particular. */
export const wrongTelemetry: Record<string, readonly Wrong[]> = {
  getSandboxLogs: [
    ...ranges,
    ...pages,
    { query: `${range}&${'severities=a&'.repeat(11)}`, status: 400, message: /severities/ },
    { query: `${range}&search=${'x'.repeat(300)}`, status: 400, message: /search/ },
  ],
  getSandboxTraces: [...ranges, ...pages],
  getSandboxTraceSpans: [{ params: { sandboxId: 'no-such' }, status: 404, message: /not found/ }],
  getSandboxMetrics: [
    ...ranges,
    { query: `${range}&${'metricNames=a&'.repeat(101)}`, status: 400, message: /metricNames/ },
  ],
}

/** A query that is good where a row needs one. */
export const goodQueries: Record<string, string> = {
  getSandboxLogs: range,
  getSandboxTraces: range,
  getSandboxMetrics: range,
}
