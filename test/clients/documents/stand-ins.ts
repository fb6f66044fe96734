/** Packages that the documents' application uses and the platform is no part of: as much of them as its code calls. */

type Row = Record<string, unknown>

/** Tables with rows, for a stand-in of Supabase. */
export type Tables = Readonly<Record<string, Row[]>>

/** The module that makes a client of Supabase: it selects and updates rows where columns are equal. */
export function supabaseOf(tables: Tables): Row {
  const from = (name: string) => {
    const where: [column: string, value: unknown][] = []
    const found = () => (tables[name] ?? []).filter((row) => where.every(([column, value]) => row[column] === value))
    const selecting = {
      eq(column: string, value: unknown) {
        where.push([column, value])
        return selecting
      },
      single() {
        const [data] = found()
        return { data: data ?? null, error: data === undefined ? new Error(`no row of ${name}`) : null }
      },
    }
    return {
      select: () => selecting,
      update: (values: Row) => ({
        eq(column: string, value: unknown) {
          where.push([column, value])
          for (const row of found()) Object.assign(row, values)
        },
      }),
    }
  }
  return { createClient: async () => ({ from }) }
}

/** A function as the stand-in of Inngest keeps it. */
export interface InngestFunction {
  readonly options: { readonly id: string }
  readonly trigger: { readonly event: string }
  /** Runs its steps in order; answers what it answers, and the names of the steps. */
  invoke(data: Row): Promise<{ readonly answer: Row; readonly steps: readonly string[] }>
}

type Handler = (context: { event: { data: Row }; step: { run: RunStep } }) => Promise<Row>
type RunStep = (name: string, work: () => Promise<unknown>) => Promise<unknown>

/** The module of the application that has its client of Inngest. */
export const inngestClient: Row = {
  inngest: {
    createFunction: (
      options: InngestFunction['options'],
      trigger: InngestFunction['trigger'],
      handler: Handler,
    ): InngestFunction => ({
      options,
      trigger,
      async invoke(data) {
        const steps: string[] = []
        const run: RunStep = async (name, work) => {
          steps.push(name)
          const text = JSON.stringify(await work())
          // Between steps there is only what survives as JSON.
          return text === undefined ? undefined : (JSON.parse(text) as unknown)
        }
        return { answer: await handler({ event: { data }, step: { run } }), steps }
      },
    }),
  },
}

/** Of Next, what a route takes and gives: requests and answers of the web. */
export const nextServer: Row = { NextRequest: Request, NextResponse: Response }
