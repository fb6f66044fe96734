// biome-ignore-all format: written by scripts/sdk-operations.mjs
// biome-ignore-all assist/source/organizeImports: likewise
/** Written by scripts/sdk-operations.mjs from protocol/src/api/telemetry.ts: change that, and run it again. */

export interface LogEntry {
  timestamp: string
  body: string
  severityText: string
  severityNumber?: number
  serviceName: string
  resourceAttributes: Record<string, string>
  logAttributes: Record<string, string>
  traceId?: string
  spanId?: string
}

/** What is sent and answered. */
export interface TelemetryOperations {
  /** What has happened to a sandbox, the newest first; what its programs print is not in it */
  getSandboxLogs: {
    params: { sandboxId: string | number | boolean }
    query: {
      from: string | number | boolean
      to: string | number | boolean
      page?: string | number | boolean | undefined
      limit?: string | number | boolean | undefined
      severities?: string | number | boolean | readonly (string | number | boolean)[] | undefined
      search?: string | number | boolean | undefined
    }
    answer: {
      items: LogEntry[]
      total: number
      page: number
      totalPages: number
    }
  }
  /** Traces of a sandbox; none are collected, so the page is always empty */
  getSandboxTraces: {
    params: { sandboxId: string | number | boolean }
    query: {
      from: string | number | boolean
      to: string | number | boolean
      page?: string | number | boolean | undefined
      limit?: string | number | boolean | undefined
    }
    answer: {
      items: {
        traceId: string
        rootSpanName: string
        startTime: string
        endTime: string
        durationMs: number
        spanCount: number
        statusCode?: string
      }[]
      total: number
      page: number
      totalPages: number
    }
  }
  /** Spans of a trace; none are collected, so the list is always empty */
  getSandboxTraceSpans: {
    params: { sandboxId: string | number | boolean; traceId: string | number | boolean }
    answer: {
      traceId: string
      spanId: string
      parentSpanId?: string
      spanName: string
      timestamp: string
      durationNs: number
      spanAttributes: Record<string, string>
      statusCode?: string
      statusMessage?: string
    }[]
  }
  /** What a sandbox has used, sampled while it runs; a long time is told in averages */
  getSandboxMetrics: {
    params: { sandboxId: string | number | boolean }
    query: {
      from: string | number | boolean
      to: string | number | boolean
      metricNames?: string | number | boolean | readonly (string | number | boolean)[] | undefined
    }
    answer: {
      series: {
        metricName: string
        dataPoints: {
          timestamp: string
          value: number
        }[]
      }[]
    }
  }
}

/** Method and path; with "bytes" where the answer is no JSON. */
export const telemetryOperations = {
  getSandboxLogs: 'GET /sandbox/{sandboxId}/telemetry/logs',
  getSandboxTraces: 'GET /sandbox/{sandboxId}/telemetry/traces',
  getSandboxTraceSpans: 'GET /sandbox/{sandboxId}/telemetry/traces/{traceId}',
  getSandboxMetrics: 'GET /sandbox/{sandboxId}/telemetry/metrics',
} as const
