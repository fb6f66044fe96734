import {
  cacheEnv,
  fileRoutes,
  filesWorthReading,
  isPlatformError,
  type ProjectFiles,
  type ProjectOverrides,
  planProject,
  processRoutes,
  projectFileBytes,
} from '@sandyard/protocol'
import { type Agent, agentOf } from '../../agent-calls/agent.ts'
import type { SandboxRecord } from '../../store/sandbox-record.ts'
import type { EnvironmentRecord, ServingSettings } from '../records.ts'
import { FinalFailure, type Step, type StepOutcome, type StepWork } from '../step.ts'
import { cacheName } from './cache.ts'
import type { StepParts } from './parts.ts'
import { applicationFolder, repositoryFolder, workSandbox } from './place.ts'
import { quoted } from './words.ts'

/** A listing of a folder, bytes: some 20,000 files. */
const listingBytes = 8 * 2 ** 20

/** Finds out what the application is, and how it is brought to serve. */
export function detectStep(parts: StepParts): Step {
  return { name: 'detect', mostMs: 2 * 60_000, run: (work) => run(parts, work) }
}

async function run(parts: StepParts, work: StepWork): Promise<StepOutcome> {
  const { project, signal, tell } = work
  const sandbox = await workSandbox(parts, work)
  parts.touch(sandbox.id)
  const agent = agentOf(parts.engine, sandbox.id)
  const repository = await repositoryFolder(agent)
  const folder = applicationFolder(repository, project.settings.rootDirectory)
  await requireInside(agent, { folder, repository, rootDirectory: project.settings.rootDirectory, signal })
  const files = await readFiles(agent, folder, signal)
  const root = folder === repository ? {} : { root: await rootOf(agent, { folder, repository, signal }) }
  try {
    const found = planProject({ ...files, ...root }, overridesOf(project.settings))
    const plan = { ...found, env: { ...(await cacheOf(parts, work, sandbox, found.packageManager)), ...found.env } }
    tell(`Found ${plan.framework}${plan.packageManager === null ? '' : ` with ${plan.packageManager}`}\n`)
    for (const note of plan.notes) tell(`${note}\n`)
    return { kind: 'done', findings: { plan } }
  } catch (thrown) {
    throw isPlatformError(thrown) ? new FinalFailure(thrown.message, { cause: thrown }) : thrown
  }
}

/** Where package managers keep what they fetch, in a sandbox that has the volume for it. */
async function cacheOf(
  parts: StepParts,
  { project }: StepWork,
  { volumes }: SandboxRecord,
  manager: Parameters<typeof cacheEnv>[0],
): Promise<Readonly<Record<string, string>>> {
  const volume = await parts.volumes.byName(project.organizationId, cacheName(project))
  return volume !== undefined && volumes.some(({ volumeId }) => volumeId === volume.id) ? cacheEnv(manager) : {}
}

/** The folder must be there, and lie in the repository, whatever links lead to it. */
async function requireInside(
  agent: Agent,
  asked: { folder: string; repository: string; rootDirectory: string | undefined; signal: AbortSignal },
): Promise<void> {
  const { folder, repository, rootDirectory, signal } = asked
  if (folder === repository) return
  const command = `r=$(cd -- ${quoted(repository)} && pwd -P) && f=$(cd -- ${quoted(folder)} && pwd -P) && case $f/ in "$r"/*) ;; *) exit 9 ;; esac`
  const { exitCode } = await agent.call(processRoutes.executeCommand, { body: { command, timeout: 20 } }, { signal })
  if (exitCode === 0) return
  const why = exitCode === 9 ? 'leads out of the repository' : 'is no folder of the repository'
  throw new FinalFailure(`rootDirectory ${rootDirectory ?? ''} ${why}`)
}

async function readFiles(agent: Agent, folder: string, signal: AbortSignal): Promise<ProjectFiles> {
  const listed = await agent.call(
    fileRoutes.listFiles,
    { query: { path: folder } },
    { mostBytes: listingBytes, signal },
  )
  const names = listed.map(({ name, isDir }) => (isDir ? `${name}/` : name))
  const texts: Record<string, string> = {}
  for (const name of filesWorthReading(names)) {
    const text = await readText(agent, `${folder}/${name}`, signal)
    if (text !== null) texts[name] = text
  }
  return { names, texts }
}

async function readText(agent: Agent, path: string, signal: AbortSignal): Promise<string | null> {
  try {
    const most = { mostBytes: projectFileBytes, signal }
    return (await agent.bytes(fileRoutes.downloadFile, { query: { path } }, most)).toString('utf8')
  } catch (thrown) {
    // It is not there, or a folder, or not to be read.
    if (isPlatformError(thrown) && thrown.status < 500) return null
    throw thrown
  }
}

/** In a workspace, what says which packages there are lies at the root. */
async function rootOf(
  agent: Agent,
  { folder, repository, signal }: { folder: string; repository: string; signal: AbortSignal },
): Promise<NonNullable<ProjectFiles['root']>> {
  const depth = folder.slice(repository.length).split('/').length - 1
  const { names, texts } = await readFiles(agent, repository, signal)
  return { path: Array(depth).fill('..').join('/'), names, texts }
}

function overridesOf(settings: ServingSettings): ProjectOverrides {
  const { mode, install, build, start, port, env } = settings
  return {
    ...(mode === undefined ? {} : { mode }),
    ...(install === undefined ? {} : { install }),
    ...(build === undefined ? {} : { build }),
    ...(start == null ? {} : { start }),
    ...(port === undefined ? {} : { port }),
    ...(env === undefined ? {} : { env }),
  }
}

/** The plan of an environment, which `detect` has found. */
export function planOf({ plan }: EnvironmentRecord): NonNullable<EnvironmentRecord['plan']> {
  if (plan === null) throw new FinalFailure('It is not known how the application is served')
  return plan
}
