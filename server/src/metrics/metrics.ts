import { timingSafeEqual } from 'node:crypto'
import { type Engine, PlatformError } from '@sandyard/protocol'
import type { CallWatcher } from '../api/watch.ts'
import { type Authenticate, parseBearer } from '../auth/authenticate.ts'
import type { ObservationOptions } from '../options.ts'
import { digest } from '../random.ts'
import type { TotalStore } from '../store/totals.ts'
import { createHistogram, type MetricValue } from './histogram.ts'
import { timeOrders } from './timed-engine.ts'

/** Where Prometheus reads. */
export const metricsPath = '/metrics'

/** An answer is given again for so long, ms: whoever asks all the time costs little. */
const keptMs = 1000

/** What goes on in numbers. */
export interface Metrics {
  readonly watcher: CallWatcher
  /** The engine, whose orders are timed. */
  time(engine: Engine): Engine
  /** Answers a request for `metricsPath`. */
  answer(request: Request, parts: Readers): Promise<Response>
}

/** What it takes to answer. */
interface Readers {
  readonly authenticate: Authenticate
  readonly totals: TotalStore
  readonly options: ObservationOptions
  readonly version: string
}

/** A metric as the library prints it. */
interface Metric {
  readonly name: string
  readonly help: string
  readonly type: 'counter' | 'gauge' | 'histogram'
  get(): Promise<{ name: string; help: string; type: string; values: readonly MetricValue[] }>
}

/** Makes the counters. The library is loaded when somebody asks for the first time; until then it costs nothing. */
export function createMetrics(): Metrics {
  const calls = createHistogram()
  const orders = createHistogram()
  const statuses = new Map<string, { labels: Readonly<Record<string, string>>; value: number }>()
  let kept: { readonly text: Promise<string>; readonly atMs: number } | undefined
  let printer: Promise<() => Promise<string>> | undefined

  async function openPrinter({ totals, version }: Readers): Promise<() => Promise<string>> {
    const { collectDefaultMetrics, Registry } = await import('prom-client')
    const registry = new Registry()
    // Memory, file descriptors, event loop lag, garbage collection.
    collectDefaultMetrics({ register: registry })
    const add = (
      name: string,
      type: Metric['type'],
      help: string,
      values: () => readonly MetricValue[] | Promise<readonly MetricValue[]>,
    ): void => {
      const metric: Metric = { name, help, type, get: async () => ({ name, help, type, values: await values() }) }
      // The library's own types know only its own classes; it prints whatever has this form.
      registry.registerMetric(metric as unknown as Parameters<typeof registry.registerMetric>[0])
    }
    add('sandyard_info', 'gauge', 'The platform, always 1.', () => [{ labels: { version }, value: 1 }])
    add('sandyard_api_calls_total', 'counter', 'Calls of the API by operation and status.', () => [
      ...statuses.values(),
    ])
    add('sandyard_api_call_seconds', 'histogram', 'Time to the answer of calls of the API, seconds.', () =>
      calls.values('sandyard_api_call_seconds'),
    )
    add('sandyard_order_seconds', 'histogram', 'Time that orders to the engine took, seconds.', () =>
      orders.values('sandyard_order_seconds'),
    )
    add('sandyard_organizations', 'gauge', 'Organizations.', async () => [
      { labels: {}, value: await totals.organizations() },
    ])
    add('sandyard_warm_pool_size', 'gauge', 'Sandboxes that all warm pools together are to hold ready.', async () => [
      { labels: {}, value: await totals.pooled() },
    ])
    const byState = [
      ['sandboxes', 'sandyard_sandboxes', 'Sandboxes by state; destroyed ones are counted for a day.'],
      ['warmSandboxes', 'sandyard_warm_sandboxes', 'Sandboxes made ahead, by state.'],
      ['snapshots', 'sandyard_snapshots', 'Snapshots of organizations by state.'],
      ['volumes', 'sandyard_volumes', 'Volumes by state.'],
      ['builds', 'sandyard_builds', 'Images that were built or pulled, by state.'],
      ['webhookDeliveries', 'sandyard_webhook_deliveries', 'Messages of webhooks that are remembered, by state.'],
    ] as const
    let counted = totals.byState()
    for (const [table, name, help] of byState) {
      add(name, 'gauge', help, async () =>
        (await counted)
          .filter((each) => each.table === table)
          .map(({ state, count }) => ({ labels: { state }, value: count })),
      )
    }
    return () => {
      counted = totals.byState()
      return registry.metrics()
    }
  }

  function print(readers: Readers): Promise<string> {
    const nowMs = performance.now()
    if (kept !== undefined && nowMs - kept.atMs < keptMs) return kept.text
    printer ??= openPrinter(readers)
    kept = { text: printer.then((one) => one()), atMs: nowMs }
    return kept.text
  }

  return {
    watcher: {
      ended({ id, route }, { status, ms }) {
        const key = `${id} ${status}`
        const known = statuses.get(key)
        if (known !== undefined) known.value += 1
        else statuses.set(key, { labels: { call: id, method: route.method, status: String(status) }, value: 1 })
        calls.note(id, () => ({ call: id }), ms / 1000)
      },
    },
    time: (engine) =>
      timeOrders(engine, (order, outcome, seconds) =>
        orders.note(`${order} ${outcome}`, () => ({ order, outcome }), seconds),
      ),
    async answer(request, readers) {
      await admit(request, readers)
      const headers = { 'content-type': 'text/plain; version=0.0.4; charset=utf-8', 'cache-control': 'no-store' }
      return new Response(await print(readers), { headers })
    },
  }
}

/** Throws UNAUTHORIZED or FORBIDDEN for who may not read them. */
async function admit(request: Request, { authenticate, options }: Readers): Promise<void> {
  if (options.areMetricsPublic) return
  const bearer = parseBearer(request.headers.get('authorization'))
  if (bearer === null) throw new PlatformError('UNAUTHORIZED', 'Invalid credentials')
  const { metricsToken } = options
  if (metricsToken !== null && timingSafeEqual(Buffer.from(digest(bearer)), Buffer.from(digest(metricsToken)))) return
  const principal = await authenticate(bearer)
  if (principal === null) throw new PlatformError('UNAUTHORIZED', 'Invalid credentials')
  if (!principal.isAdmin) throw new PlatformError('FORBIDDEN', 'Access denied')
}
