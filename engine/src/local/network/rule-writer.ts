import { mustRun } from '../host/run.ts'

/** Writes to the firewall, one transaction after the other; what waits meanwhile shares the next one. */
export interface RuleWriter {
  /** Resolves when the lines hold; rejects when they cannot, and nothing of them holds then. */
  write(lines: readonly string[]): Promise<void>
}

interface Waiting {
  readonly lines: readonly string[]
  done(): void
  fail(fault: unknown): void
}

/** Makes a writer. A later write never comes before an earlier one. */
export function createRuleWriter(apply: (input: string) => Promise<unknown> = applyByNft): RuleWriter {
  const waiting: Waiting[] = []
  let isWriting = false

  async function writeAll(): Promise<void> {
    isWriting = true
    while (waiting.length > 0) await writeSome(waiting.splice(0))
    isWriting = false
  }

  async function writeSome(some: readonly Waiting[]): Promise<void> {
    try {
      await apply(some.flatMap(({ lines }) => lines).join('\n'))
      for (const { done } of some) done()
    } catch (fault) {
      if (some.length === 1) return some[0]?.fail(fault)
      // One that is wrong must not keep the others back.
      for (const one of some) await writeSome([one])
    }
  }

  return {
    write(lines) {
      return new Promise((done, fail) => {
        waiting.push({ lines, done, fail })
        if (!isWriting) void writeAll()
      })
    },
  }
}

function applyByNft(input: string): Promise<unknown> {
  return mustRun('nft', ['-f', '-'], { input })
}
