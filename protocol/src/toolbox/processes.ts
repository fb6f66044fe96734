import * as z from 'zod/mini'
import { Environment } from '../environment.ts'
import { defineRoutes } from '../route.ts'
import '../messages.ts'

/** Seconds; absent or 0 is no limit (toolbox.md 2.2). */
const timeoutSeconds = z.optional(z.nullable(z.number().check(z.int(), z.minimum(0), z.maximum(4_294_967_295))))

const text = z.optional(z.string())
const texts = z.optional(z.array(z.string()))
const number = z.optional(z.number())
const numbers = z.optional(z.array(z.number()))

/** What charts and parts of composite charts have in common; numbers of an axis are matplotlib's (days for dates). */
const chartFields = {
  png: text,
  x_label: text,
  x_ticks: numbers,
  x_tick_labels: texts,
  x_scale: text,
  y_label: text,
  y_ticks: numbers,
  y_tick_labels: texts,
  y_scale: text,
}

/** One series, bar, slice or box; which fields there are depends on the chart's type (toolbox.md 2.3). */
const plainElement = {
  label: text,
  points: z.optional(z.array(z.array(z.number()))),
  group: text,
  /** a number as text, as clients expect it */
  value: text,
  angle: number,
  radius: number,
  min: number,
  first_quartile: number,
  median: number,
  third_quartile: number,
  max: number,
  outliers: numbers,
}

/** An element, or in a composite chart a whole chart. */
const ChartElement = z.object({
  ...plainElement,
  type: text,
  title: text,
  ...chartFields,
  elements: z.optional(z.array(z.object(plainElement))),
})

/** A figure that a program showed. */
const Chart = z.object({
  type: z.enum(['line', 'scatter', 'bar', 'pie', 'box_and_whisker', 'composite_chart', 'unknown']),
  title: z.string(),
  /** base64; absent where the figure could not be drawn */
  ...chartFields,
  elements: z.array(ChartElement),
})
export type Chart = z.infer<typeof Chart>

const CodeLanguage = z.enum(['python', 'javascript', 'typescript'])

/** Commands and code that run to their end within one call. */
export const processRoutes = defineRoutes({
  executeCommand: {
    method: 'POST',
    path: '/process/execute',
    summary: 'Run a shell command and wait for it',
    access: 'member',
    body: z.object({
      command: z.string().check(z.refine((command) => command.trim() !== '', 'must not be empty')),
      cwd: z.optional(z.nullable(z.string())),
      envs: z.optional(z.nullable(Environment)),
      timeout: timeoutSeconds,
    }),
    response: z.object({ exitCode: z.number(), result: z.string() }),
    status: 200,
  },
  codeRun: {
    method: 'POST',
    path: '/process/code-run',
    summary: 'Run a piece of Python, JavaScript or TypeScript',
    access: 'member',
    body: z.object({
      code: z.string().check(z.minLength(1, 'must not be empty')),
      language: CodeLanguage,
      argv: z.optional(z.nullable(z.array(z.string()).check(z.maxLength(1000)))),
      envs: z.optional(z.nullable(Environment)),
      timeout: timeoutSeconds,
    }),
    response: z.object({
      exitCode: z.number(),
      result: z.string(),
      artifacts: z.optional(z.object({ charts: z.array(Chart) })),
    }),
    status: 200,
  },
})
