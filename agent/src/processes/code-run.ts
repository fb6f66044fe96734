import { limits } from '@sandyard/protocol/limits'
import type { Tools } from '../tools.ts'
import { findProgram, findPython, noPython } from './programs.ts'
import { chartDescriptor, pythonStart } from './python-start.ts'
import type { Job } from './run.ts'
import { typeScriptOptions, withRequire } from './type-script.ts'

/** A piece of code with its arguments. */
export interface Code {
  readonly text: string
  readonly language: 'python' | 'javascript' | 'typescript'
  readonly argv: readonly string[]
  readonly variables: Readonly<Record<string, string>>
}

/** What to start for a piece of code. */
export type Plan = Pick<Job, 'file' | 'args' | 'script' | 'variables' | 'report'>

/** How to run the code; a text where the image lacks what is needed. */
export function planCode(code: Code, tools: Tools): Plan | string {
  if (code.language === 'python') return planPython(code, tools.python)
  const { variables } = code
  const node = code.language === 'javascript' ? findProgram('node', variables) : null
  const [file, ...args] = node === null ? tools.node : [node]
  // Type stripping needs a Node of ours; one of the image can be any version.
  const options = code.language === 'typescript' ? typeScriptOptions(code.text) : []
  const text = code.language === 'typescript' ? withRequire(code.text) : withoutDash(code.text)
  return { file, args: [...args, ...options, '-', ...code.argv], variables, script: { fd: 0, text } }
}

/** What the notes of dropped charts may have besides the charts, bytes. */
const reportRoom = 64 * 1024

function planPython(code: Code, folder: string): Plan | string {
  const file = findPython(code.variables)
  if (file === null) return `${noPython}\n`
  return {
    file,
    args: ['-u', '-c', pythonStart(folder, limits.chartBytes), ...code.argv],
    // Figures are shown to us: no desktop that may be there is to open a window for them.
    variables: { MPLBACKEND: 'Agg', ...code.variables },
    script: { fd: 3, text: code.text },
    report: { fd: chartDescriptor, limitBytes: limits.chartBytes + reportRoom },
  }
}

/**
 * JavaScript sees its arguments from `process.argv[1]` on (toolbox.md 2.3). The line that arranges it shares line 1
 * with the code, so that line numbers hold, and is left out where nobody looks.
 */
function withoutDash(text: string): string {
  if (!text.includes('argv')) return text
  return `process.argv.splice(1, 1);${text.replace(/^#!/, '//')}`
}
