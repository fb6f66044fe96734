/** calls under way at a time */
const atOnce = 6

/** Something that could not be done. */
export interface Failed<Row> {
  readonly row: Row
  readonly error: unknown
}

/** Does the work for each row, some at a time, and answers what failed; one failure does not hold up the others. */
export async function doEach<Row>(
  rows: readonly Row[],
  work: (row: Row) => Promise<unknown>,
): Promise<readonly Failed<Row>[]> {
  const waiting = [...rows]
  const failed: Failed<Row>[] = []
  const run = async (): Promise<void> => {
    for (let row = waiting.shift(); row !== undefined; row = waiting.shift()) {
      try {
        await work(row)
      } catch (error) {
        failed.push({ row, error })
      }
    }
  }
  await Promise.all(Array.from({ length: atOnce }, run))
  return failed
}
