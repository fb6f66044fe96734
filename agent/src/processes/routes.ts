import { resolve } from 'node:path'
import type { Chart, processRoutes } from '@sandyard/protocol'
import { limits } from '@sandyard/protocol/limits'
import type { Handlers } from '../http/call.ts'
import type { Tools } from '../tools.ts'
import { answerResult } from './answer-result.ts'
import { planCode } from './code-run.ts'
import type { SandboxEnvironment } from './environment.ts'
import { runShellCommand } from './execute.ts'
import type { Shell } from './programs.ts'
import { rejectNul } from './reject-nul.ts'
import { endedWith, type JobContext, type Outcome, runJob } from './run.ts'
import { StartError } from './start.ts'
import { noteOfFailure } from './type-script.ts'

/** What the process calls need. */
export interface ProcessContext extends JobContext {
  readonly workDir: string
  readonly environment: SandboxEnvironment
  readonly tools: Tools
  chooseShell(variables: Readonly<Record<string, string>>): Shell | null
}

/** How much of the output is looked at for the reason of a failure, bytes. */
const lastOutputBytes = 16 * 1024

/** Commands and code that run to their end within one call (toolbox.md 1.4, 2.2, 2.3). */
export function createProcessHandlers(context: ProcessContext): Handlers<typeof processRoutes> {
  return {
    async executeCommand({ body, signal, response }) {
      rejectNul(body.command)
      rejectNul(body.cwd ?? '', 'cwd')
      const variables = { ...context.environment.read(), ...body.envs }
      const shell = context.chooseShell(variables)
      const cwd = resolve(context.workDir, body.cwd ?? '')
      const command = { command: body.command, cwd, variables, timeout: body.timeout }
      const running =
        shell === null
          ? (await import('./run-plain.ts')).runPlainCommand(context, command, signal)
          : runShellCommand(context, shell, command, signal)
      return answerResult(response, await outcomeOf(running), {})
    },
    async codeRun({ body, signal, response }) {
      const variables = { ...context.environment.read(), ...body.envs }
      const { code: text, language, timeout } = body
      const argv = body.argv ?? []
      for (const argument of argv) rejectNul(argument, 'an argument')
      const plan = planCode({ text, language, argv, variables }, context.tools)
      if (typeof plan === 'string') return { exitCode: 127, result: plan }
      const outcome = await outcomeOf(runJob(context, { ...plan, cwd: context.workDir, timeout }, signal))
      if (language === 'typescript' && outcome.exitCode !== 0) {
        const note = noteOfFailure(text, outcome.output.tail(lastOutputBytes))
        if (note !== null) outcome.output.note(note)
      }
      return answerResult(
        response,
        outcome,
        language === 'python' ? { artifacts: { charts: await chartsOf(outcome) } } : {},
      )
    },
  }
}

/** Charts that the program showed; missing ones are said at the end of its output. */
async function chartsOf({ output, report }: Outcome): Promise<Chart[]> {
  if (report === null || report.size === 0) return []
  const { noteOfDropped, readCharts } = await import('./charts.ts')
  const { charts, dropped } = readCharts(report.chunks())
  report.release()
  const lost = dropped + (report.dropped > 0 ? 1 : 0)
  if (lost > 0) output.note(noteOfDropped(lost, limits.chartBytes))
  return charts
}

/** A program that could not start is an answer with -1 and the reason, not an error (toolbox.md 1.4). */
async function outcomeOf(running: Promise<Outcome>): Promise<Outcome> {
  try {
    return await running
  } catch (thrown) {
    if (!(thrown instanceof StartError)) throw thrown
    return endedWith(-1, thrown.message)
  }
}
