// biome-ignore-all format: written by scripts/sdk-operations.mjs
// biome-ignore-all assist/source/organizeImports: likewise
/** Written by scripts/sdk-operations.mjs from protocol/src/toolbox/processes.ts: change that, and run it again. */

/** What is sent and answered. */
export interface ProcessOperations {
  /** Run a shell command and wait for it */
  executeCommand: {
    body: {
      command: string
      cwd?: string | null | undefined
      envs?: Readonly<Record<string, string>> | null | undefined
      timeout?: number | null | undefined
    }
    answer: {
      exitCode: number
      result: string
    }
  }
  /** Run a piece of Python, JavaScript or TypeScript */
  codeRun: {
    body: {
      code: string
      language: 'python' | 'javascript' | 'typescript'
      argv?: readonly string[] | null | undefined
      envs?: Readonly<Record<string, string>> | null | undefined
      timeout?: number | null | undefined
    }
    answer: {
      exitCode: number
      result: string
      artifacts?: {
        charts: {
          type: 'line' | 'scatter' | 'bar' | 'pie' | 'box_and_whisker' | 'composite_chart' | 'unknown'
          title: string
          png?: string
          x_label?: string
          x_ticks?: number[]
          x_tick_labels?: string[]
          x_scale?: string
          y_label?: string
          y_ticks?: number[]
          y_tick_labels?: string[]
          y_scale?: string
          elements: {
            label?: string
            points?: number[][]
            group?: string
            value?: string
            angle?: number
            radius?: number
            min?: number
            first_quartile?: number
            median?: number
            third_quartile?: number
            max?: number
            outliers?: number[]
            type?: string
            title?: string
            png?: string
            x_label?: string
            x_ticks?: number[]
            x_tick_labels?: string[]
            x_scale?: string
            y_label?: string
            y_ticks?: number[]
            y_tick_labels?: string[]
            y_scale?: string
            elements?: {
              label?: string
              points?: number[][]
              group?: string
              value?: string
              angle?: number
              radius?: number
              min?: number
              first_quartile?: number
              median?: number
              third_quartile?: number
              max?: number
              outliers?: number[]
            }[]
          }[]
        }[]
      }
    }
  }
}

/** Method and path; with "bytes" where the answer is no JSON. */
export const processOperations = {
  executeCommand: 'POST /process/execute',
  codeRun: 'POST /process/code-run',
} as const
