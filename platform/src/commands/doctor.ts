import type { CommandInput } from '../command.ts'
import { readConfig } from '../config.ts'
import type { Check, Finding } from '../doctor/check.ts'
import { kernelChecks } from '../doctor/kernel.ts'
import { networkChecks } from '../doctor/network.ts'
import { programChecks } from '../doctor/programs.ts'
import { roomChecks } from '../doctor/room.ts'

/** Tells what the machine has and lacks; exit code 0 when nothing fails. It changes nothing. */
export async function doctor({ args, env, terminal }: CommandInput): Promise<number> {
  const { config, switches } = readConfig(args, env, ['json'])
  const checks = [...kernelChecks, ...programChecks, ...networkChecks(config), ...roomChecks(config)]
  const results = await Promise.all(checks.map(examine))
  const isOk = results.every(({ status }) => status !== 'fail')
  if (switches.has('json')) {
    terminal.say(JSON.stringify({ ok: isOk, checks: results }, null, 2))
    return isOk ? 0 : 1
  }
  for (const { name, status, message, hint } of results) {
    terminal.say(`${status.padEnd(4)}  ${name}: ${message}${hint === undefined ? '' : `\n        ${hint}`}`)
  }
  terminal.say(isOk ? 'Nothing is missing.' : 'Sandboxes cannot be made until what fails is mended.')
  return isOk ? 0 : 1
}

/** A check that breaks is a finding too. */
async function examine(check: Check): Promise<Finding & { readonly name: string }> {
  try {
    return { name: check.name, ...(await check.run()) }
  } catch (error) {
    return { name: check.name, status: 'fail', message: `could not be checked: ${(error as Error).message}` }
  }
}
