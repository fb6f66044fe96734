import { withLog } from '../design/log.tsx'
import type { PreviewStep } from './calls.ts'

/** What the steps of a run have told, by their names. */
export type StepTexts = Readonly<Partial<Record<PreviewStep['name'], string>>>

const names = ['sandbox', 'clone', 'detect', 'prepare', 'install', 'build', 'start', 'ready'] as const
const order: readonly string[] = names

/** Takes the log of a run apart as it comes. Each step holds only the end of what it told. */
export function createStepLog(): { add(text: string): void; texts(): StepTexts } {
  let texts: StepTexts = {}
  /** of a line that has not ended and may be a heading */
  let held = ''
  let at = 0
  return {
    add(text) {
      const lines = (held + text).split('\n')
      const last = lines.pop() ?? ''
      // A heading is short; everything else is shown before its line has ended.
      held = '== '.startsWith(last.slice(0, 3)) || /^== .{0,60}$/.test(last) ? last : ''
      const told: string[] = []
      const flush = (): void => {
        const name = names[at] ?? 'sandbox'
        if (told.length > 0) texts = { ...texts, [name]: withLog(texts[name] ?? '', told.join('')) }
        told.length = 0
      }
      for (const line of lines) {
        const [, name = '', again] = /^== ([a-z]+)(, try \d+ of \d+)?$/.exec(line) ?? []
        const next = order.indexOf(name)
        // Steps come in their order: a program that writes headings of its own does not lead back.
        if (next > at) {
          flush()
          at = next
        }
        if (next < at || again !== undefined) told.push(`${line}\n`)
      }
      if (held === '' && last !== '') told.push(last)
      flush()
    },
    texts: () => texts,
  }
}
