import * as z from 'zod/mini'
import { limits } from '../limits.ts'
import { dateText } from '../query.ts'
import { defineRoutes } from '../route.ts'
import '../messages.ts'
import { pageCounts, pageQuery } from '../paging.ts'

/** Names of what is measured, as the published clients ask for them; use and sizes in bytes, utilization in percent. */
export const metricNames = [
  'daytona.sandbox.cpu.utilization',
  'daytona.sandbox.cpu.limit',
  'daytona.sandbox.memory.utilization',
  'daytona.sandbox.memory.usage',
  'daytona.sandbox.memory.limit',
  'daytona.sandbox.memory.cache',
  'daytona.sandbox.filesystem.utilization',
  'daytona.sandbox.filesystem.usage',
  'daytona.sandbox.filesystem.total',
  'daytona.sandbox.filesystem.available',
  'daytona.sandbox.network.received',
  'daytona.sandbox.network.sent',
] as const

export type MetricName = (typeof metricNames)[number]

const listed = (most: number) => z.optional(z.union([z.string(), z.array(z.string()).check(z.maxLength(most))]))

const page = {
  from: dateText,
  to: dateText,
  ...pageQuery,
}

const pageOf = <T extends z.ZodMiniType>(item: T) => z.object({ items: z.array(item), ...pageCounts })

const attributes = z.record(z.string(), z.string())

/** Something that has happened to a sandbox. */
export const LogEntry = z.object({
  timestamp: z.string(),
  body: z.string(),
  /** INFO or ERROR */
  severityText: z.string(),
  severityNumber: z.optional(z.number()),
  serviceName: z.string(),
  resourceAttributes: attributes,
  logAttributes: attributes,
  traceId: z.optional(z.string()),
  spanId: z.optional(z.string()),
})

export type LogEntry = z.output<typeof LogEntry>

const TraceSummary = z.object({
  traceId: z.string(),
  rootSpanName: z.string(),
  startTime: z.string(),
  endTime: z.string(),
  durationMs: z.number(),
  spanCount: z.number(),
  statusCode: z.optional(z.string()),
})

const TraceSpan = z.object({
  traceId: z.string(),
  spanId: z.string(),
  parentSpanId: z.optional(z.string()),
  spanName: z.string(),
  timestamp: z.string(),
  durationNs: z.number(),
  spanAttributes: attributes,
  statusCode: z.optional(z.string()),
  statusMessage: z.optional(z.string()),
})

/** What is known of a sandbox's past (api.md 1.1). */
export const telemetryRoutes = defineRoutes({
  getSandboxLogs: {
    method: 'GET',
    path: '/sandbox/{sandboxId}/telemetry/logs',
    summary: 'What has happened to a sandbox, the newest first; what its programs print is not in it',
    access: 'member',
    query: z.object({
      ...page,
      severities: listed(10),
      search: z.optional(z.string().check(z.maxLength(limits.nameLength))),
    }),
    response: pageOf(LogEntry),
    status: 200,
  },
  getSandboxTraces: {
    method: 'GET',
    path: '/sandbox/{sandboxId}/telemetry/traces',
    summary: 'Traces of a sandbox; none are collected, so the page is always empty',
    access: 'member',
    query: z.object(page),
    response: pageOf(TraceSummary),
    status: 200,
  },
  getSandboxTraceSpans: {
    method: 'GET',
    path: '/sandbox/{sandboxId}/telemetry/traces/{traceId}',
    summary: 'Spans of a trace; none are collected, so the list is always empty',
    access: 'member',
    response: z.array(TraceSpan),
    status: 200,
  },
  getSandboxMetrics: {
    method: 'GET',
    path: '/sandbox/{sandboxId}/telemetry/metrics',
    summary: 'What a sandbox has used, sampled while it runs; a long time is told in averages',
    access: 'member',
    query: z.object({ from: dateText, to: dateText, metricNames: listed(100) }),
    response: z.object({
      series: z.array(
        z.object({
          metricName: z.string(),
          dataPoints: z.array(z.object({ timestamp: z.string(), value: z.number() })),
        }),
      ),
    }),
    status: 200,
  },
})
