import {
  type Daytona,
  DaytonaConflictError,
  DaytonaError,
  DaytonaGitAuthFailedError,
  DaytonaGitBranchNotFoundError,
  DaytonaGitRepoNotFoundError,
  DaytonaInvalidArgumentError,
  DaytonaNotFoundError,
  type ProjectPlan,
  planProject,
  type Sandbox,
} from '@sandyard/sdk'
import { NonRetriableError } from 'inngest'

/** Folder of the repository in the sandbox. */
const folder = 'workspace/project'
const session = 'preview'
/** s */
const installTimeout = 900
const readyTimeout = 120
/** characters of a command's output that an error has */
const shownOutput = 2000

/** What a step is done for. */
export interface Run {
  readonly projectId: string
  /** of the function; it tells the sandbox of this run from that of the last one */
  readonly runId: string
}

/**
 * The sandbox of a run. A step is run again when its process dies, also after the sandbox was made: then the name leads
 * to the one that is there.
 */
export async function makeSandbox(daytona: Daytona, run: Run): Promise<string> {
  const name = `preview-${run.runId.toLowerCase()}`
  const labels = { project: run.projectId, run: run.runId }
  try {
    return (await daytona.create({ name, labels, public: true, workspaceClass: 'medium', autoStopInterval: 60 })).id
  } catch (error) {
    if (!(error instanceof DaytonaConflictError)) throw error
    const found = await daytona.get(name)
    if (found.state !== 'started') await found.start()
    return found.id
  }
}

/** A repository to clone. */
export interface Source {
  readonly url: string
  readonly branch: string | undefined
  /** goes with this call alone: it gets neither into the sandbox's files nor into what Inngest keeps */
  readonly token: string | null
}

/** Clones; what an earlier try has left goes first. */
export async function cloneRepository(sandbox: Sandbox, { url, branch, token }: Source): Promise<void> {
  if (await sandbox.fs.exists(folder)) await sandbox.fs.deleteFile(folder)
  const login = token === null ? [] : (['x-access-token', token] as const)
  try {
    await sandbox.git.clone(url, folder, branch, undefined, ...login)
  } catch (error) {
    const isFinal = [DaytonaGitAuthFailedError, DaytonaGitRepoNotFoundError, DaytonaGitBranchNotFoundError].some(
      (kind) => error instanceof kind,
    )
    throw isFinal ? final(error) : error
  }
}

/** Finds out how the repository is served. */
export async function detectProject(sandbox: Sandbox): Promise<ProjectPlan> {
  try {
    const plan = await planProject(sandbox, folder)
    if (plan.start !== null) return plan
  } catch (error) {
    throw error instanceof DaytonaInvalidArgumentError ? final(error) : error
  }
  throw new NonRetriableError('A Dockerfile alone is not served by this example: see POST /api/previews.')
}

/** Brings the package manager and the packages; both may be done again, so a failure is tried again. */
export async function installPackages(sandbox: Sandbox, plan: ProjectPlan): Promise<void> {
  for (const command of [plan.prepare, plan.install]) {
    if (command !== null) await mustRun(sandbox, command, plan)
  }
}

/** Builds; what cannot be built now cannot be built in a minute. */
export async function buildProject(sandbox: Sandbox, plan: ProjectPlan): Promise<void> {
  if (plan.build === null) return
  try {
    await mustRun(sandbox, plan.build, plan)
  } catch (error) {
    throw error instanceof CommandFailed ? final(error) : error
  }
}

/** Starts the application in a session, in which it goes on; one of an earlier try ends first. */
export async function startApplication(sandbox: Sandbox, plan: ProjectPlan): Promise<string> {
  const { process } = sandbox
  const isThere = (await process.listSessions()).some(({ sessionId }) => sessionId === session)
  if (isThere) await process.deleteSession(session)
  await process.createSession(session)
  const variables = Object.entries(plan.env).map(([name, value]) => `export ${name}=${quote(value)}; `)
  const command = `${variables.join('')}${plan.start}`
  const { cmdId } = await process.executeSessionCommand(session, { command, cwd: folder, runAsync: true })
  return cmdId
}

/** Waits until the application answers, and gives its URL. It is asked from inside, so no proxy answers for it. */
export async function waitUntilReady(sandbox: Sandbox, plan: ProjectPlan, commandId: string): Promise<string> {
  const deadline = Date.now() + readyTimeout * 1000
  while (!(await answers(sandbox, plan.port, plan.readyPath))) {
    const { isRunning, exitCode } = await sandbox.process.getSessionCommandStatus(session, commandId)
    if (!isRunning || Date.now() > deadline) {
      const { stdout, stderr } = await sandbox.process.getSessionCommandLogs(session, commandId)
      const what = isRunning ? `did not answer within ${readyTimeout} s` : `ended with ${exitCode}`
      throw new NonRetriableError(`${plan.start?.slice(0, 200)} ${what}: ${(stdout + stderr).slice(-shownOutput)}`)
    }
    await new Promise((resolve) => setTimeout(resolve, 500))
  }
  return (await sandbox.getPreviewLink(plan.port)).url
}

/** True when something speaks HTTP on the port, and does not say that it is broken. */
export async function answers(sandbox: Sandbox, port: number, readyPath: string): Promise<boolean> {
  const url = quote(`http://localhost:${port}${readyPath}`)
  const command = `curl --silent --output /dev/null --max-time 5 --write-out '%{http_code}' ${url}`
  const { result } = await sandbox.process.executeCommand(command, undefined, undefined, 10)
  return /^[1-4]\d\d$/.test(result.trim())
}

/** Deletes sandboxes of a project: those of one run, or all but that of one run. */
export async function removeSandboxes(daytona: Daytona, { projectId, runId }: Run, which: 'of' | 'but'): Promise<void> {
  for await (const sandbox of daytona.list({ labels: { project: projectId } })) {
    if ((sandbox.labels.run === runId) !== (which === 'of')) continue
    try {
      await sandbox.delete()
    } catch (error) {
      const isGoing = error instanceof DaytonaNotFoundError || error instanceof DaytonaConflictError
      if (!isGoing) throw error
    }
  }
}

/** A command ended with another exit code than 0. */
class CommandFailed extends DaytonaError {}

async function mustRun(sandbox: Sandbox, command: string, plan: ProjectPlan): Promise<void> {
  const { exitCode, result } = await sandbox.process.executeCommand(command, folder, { ...plan.env }, installTimeout)
  if (exitCode !== 0) throw new CommandFailed(`${command} ended with ${exitCode}: ${result.slice(-shownOutput)}`)
}

function final(error: unknown): NonRetriableError {
  return new NonRetriableError(error instanceof Error ? error.message : String(error), { cause: error })
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}
