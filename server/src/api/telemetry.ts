import { PlatformError, type telemetryRoutes } from '@sandyard/protocol'
import { readPage, toWirePage } from '../paging.ts'
import type { Telemetry } from '../telemetry/telemetry.ts'
import type { Answers } from './call.ts'
import { createReader } from './sandbox-reader.ts'

/** What the calls on a sandbox's past need. */
type Parts = Parameters<typeof createReader>[0] & { readonly telemetry: Telemetry }

/** Answers of the calls on a sandbox's past. */
export function telemetryAnswers(parts: Parts): Answers<typeof telemetryRoutes> {
  const { telemetry } = parts
  const { find } = createReader(parts)

  return {
    async getSandboxLogs(call) {
      const { severities, search = '' } = call.query
      const { offset, limit } = readPage(call.query)
      const range = parseRange(call.query)
      const wanted = toList(severities).map((severity) => severity.toUpperCase())
      const sandbox = await find(call, call.params.sandboxId)
      const entries = (await telemetry.logs(sandbox, range)).filter(
        ({ severityText, body }) =>
          (wanted.length === 0 || wanted.includes(severityText)) && body.toLowerCase().includes(search.toLowerCase()),
      )
      const items = entries.slice(offset, offset + limit)
      return toWirePage(items, entries.length, call.query)
    },
    async getSandboxTraces(call) {
      parseRange(call.query)
      await find(call, call.params.sandboxId)
      return toWirePage([], 0, call.query)
    },
    async getSandboxTraceSpans(call) {
      await find(call, call.params.sandboxId)
      return []
    },
    async getSandboxMetrics(call) {
      const range = parseRange(call.query)
      const { id } = await find(call, call.params.sandboxId)
      return { series: await telemetry.metrics(id, range, toList(call.query.metricNames)) }
    },
  }
}

function parseRange({ from, to }: { readonly from: string; readonly to: string }) {
  const range = { fromMs: Date.parse(from), toMs: Date.parse(to) }
  if (range.fromMs > range.toMs) throw new PlatformError('BAD_REQUEST', 'from must not be after to')
  return range
}

/** Names come as one value, as several, or separated by commas. */
function toList(value: string | readonly string[] | undefined): readonly string[] {
  if (value === undefined) return []
  return [value].flat().flatMap((text) => text.split(',').filter((name) => name !== ''))
}
