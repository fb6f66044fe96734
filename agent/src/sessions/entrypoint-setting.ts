/**
 * Variable in which the platform tells the image's own program: a JSON array of arguments. Not on the command line of
 * the agent, where a `pkill -f` that means the program would find the agent, too. Commands do not inherit it.
 */
const variable = 'SANDYARD_ENTRYPOINT'

/** The program with its arguments; null where the image has none, or where the variable is somebody else's. */
export function readEntrypoint(variables: NodeJS.ProcessEnv): readonly string[] | null {
  const text = variables[variable]
  if (text === undefined || text === '') return null
  try {
    const argv: unknown = JSON.parse(text)
    if (!Array.isArray(argv) || argv.length === 0) return null
    return argv.every((arg) => typeof arg === 'string' && !arg.includes('\0')) ? argv : null
  } catch {
    return null // no reason to have no agent
  }
}
