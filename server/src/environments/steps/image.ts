import { fileRoutes, isPlatformError, limits, PlatformError, processRoutes } from '@sandyard/protocol'
import { type Agent, agentOf } from '../../agent-calls/agent.ts'
import { createBuiltSandbox } from '../../sandboxes/create-built.ts'
import type { CreateBody } from '../../sandboxes/plan.ts'
import { planSecrets } from '../../secrets/plan.ts'
import type { SandboxRecord } from '../../store/sandbox-record.ts'
import { FinalFailure, type StepOutcome, type StepWork } from '../step.ts'
import { planOf } from './detect.ts'
import { environmentLabel, type StepParts, whileInUse } from './parts.ts'
import { applicationFolder, repositoryFolder, servingName, untilStarted, workSandbox } from './place.ts'
import { isOpen, secretsOf, usualMemoryGib } from './sandbox.ts'
import { orDiscard } from './served.ts'
import { quoted } from './words.ts'

/** Largest build context, bytes: each commit has one of its own, and a stranger's are not to fill what there is for all. */
const contextBytes = { own: 2 * 1024 ** 3, ofStranger: 256 * 1024 ** 2 }
/** Time to pack it, and to fetch it, ms. */
const packMs = 10 * 60_000
/** A sandbox that does not serve yet goes when nobody has used it for so long, minutes. */
const unusedMinutes = 15

/**
 * Builds the Dockerfile of the repository, and makes the sandbox that serves it. Build and sandbox are rows of their own,
 * which go on after a crash: the next try finds them. Until it answers the sandbox is one that goes by itself.
 */
export function buildImage(parts: StepParts, work: StepWork): Promise<StepOutcome> {
  return orDiscard(parts, work, () => build(parts, work))
}

async function build(parts: StepParts, work: StepWork): Promise<StepOutcome> {
  const { environment, signal, tell } = work
  const known = await parts.sandboxes.byIdOrName(environment.organizationId, servingName(environment))
  const sandbox = known ?? (await begin(parts, work))
  tell(`Building the Dockerfile\n`)
  try {
    await tellBuild(parts, work, sandbox)
    await untilStarted(parts, sandbox, signal)
  } catch (thrown) {
    signal.throwIfAborted()
    const now = await parts.sandboxes.byId(sandbox.id)
    if (now?.state !== 'build_failed') throw thrown
    throw new FinalFailure(`The Dockerfile could not be built: ${now.errorReason ?? 'nobody knows why'}`)
  }
  return { kind: 'done' }
}

async function begin(parts: StepParts, work: StepWork): Promise<SandboxRecord> {
  const source = await workSandbox(parts, work)
  return whileInUse(parts, source.id, () => beginFrom(parts, work, source))
}

async function beginFrom(parts: StepParts, work: StepWork, source: SandboxRecord): Promise<SandboxRecord> {
  const { environment, project, signal } = work
  const { organizationId } = environment
  const agent = agentOf(parts.engine, source.id)
  const repository = await repositoryFolder(agent)
  const folder = applicationFolder(repository, project.settings.rootDirectory)
  const dockerfileContent = await readDockerfile(agent, folder, signal)
  const hash = await packContext(parts, work, { agent, folder, file: `${repository}-context.tar` })
  const plan = planOf(environment)
  const { cpu, memory, disk } = project.settings
  const body: CreateBody = {
    name: servingName(environment),
    labels: { [environmentLabel]: environment.id },
    env: { ...plan.env },
    public: isOpen(project),
    autoStopInterval: unusedMinutes,
    autoDeleteInterval: 0,
    autoWake: true,
    ...(cpu === undefined ? {} : { cpu }),
    memory: memory ?? Math.min(usualMemoryGib, parts.config.capacity.memoryGib),
    ...(disk === undefined ? {} : { disk }),
  }
  try {
    const isOfStranger = environment.headRepository !== ''
    const wanted = secretsOf(project, isOfStranger)
    const secrets = await planSecrets(parts.secrets, { organizationId, env: body.env ?? {} }, wanted)
    const build = { dockerfileContent, contextHashes: [hash] }
    return await createBuiltSandbox(parts, organizationId, { build, body, mounts: { secrets }, isOfStranger })
  } catch (thrown) {
    if (isPlatformError(thrown) && thrown.code === 'BAD_REQUEST')
      throw new FinalFailure(thrown.message, { cause: thrown })
    throw thrown
  }
}

async function readDockerfile(agent: Agent, folder: string, signal: AbortSignal): Promise<string> {
  const most = { mostBytes: limits.dockerfileBytes + 1, signal }
  const bytes = await agent.bytes(fileRoutes.downloadFile, { query: { path: `${folder}/Dockerfile` } }, most)
  if (bytes.length > limits.dockerfileBytes) throw new FinalFailure('The Dockerfile is too long')
  return bytes.toString('utf8')
}

/**
 * Packs the folder and keeps it as a build context; `.dockerignore` counts when it is built. All files are as old as the
 * commit: the same commit is the same context, and what browsers keep of another one is out of date.
 */
async function packContext(
  parts: StepParts,
  { environment, signal }: StepWork,
  { agent, folder, file }: { readonly agent: Agent; readonly folder: string; readonly file: string },
): Promise<string> {
  const [from, to] = [quoted(folder), quoted(file)]
  const plain = `tar -C ${from} --exclude=./.git -cf ${to} .`
  const time = `$(git -C ${from} log -1 --format=%ct 2>/dev/null || date +%s)`
  const command = `${plain} --sort=name --mtime=@"${time}" --owner=0 --group=0 --numeric-owner 2>/dev/null || ${plain}`
  const { exitCode, result } = await agent.call(
    processRoutes.executeCommand,
    { body: { command, timeout: packMs / 1000 } },
    { deadlineMs: packMs + 10_000, signal },
  )
  if (exitCode !== 0) throw new PlatformError('UNPROCESSABLE_ENTITY', `The build context: ${result.slice(-500)}`)
  try {
    const { size } = await agent.call(fileRoutes.getFileInfo, { query: { path: file } }, { signal })
    const mostBytes = environment.headRepository === '' ? contextBytes.own : contextBytes.ofStranger
    if (!(Number.isSafeInteger(size) && size >= 0 && size <= mostBytes)) {
      throw new FinalFailure(
        `The files of the repository, of which the image is built, have more than ${mostBytes} bytes`,
      )
    }
    const most = { mostBytes: size, deadlineMs: packMs, signal }
    const bytes = agent.download(fileRoutes.downloadFile, { query: { path: file } }, most)
    return await parts.contexts.put({ organizationId: environment.organizationId, sizeBytes: size, bytes })
  } finally {
    await agent.call(fileRoutes.deleteFile, { query: { path: file } }, { signal }).catch(() => undefined)
  }
}

/** Tells what the build does, until it ends. */
async function tellBuild(parts: StepParts, { signal, tell }: StepWork, sandbox: SandboxRecord): Promise<void> {
  const log = parts.builds.log({ id: sandbox.snapshotRef, organizationId: sandbox.organizationId }, true)
  const reader = log.getReader()
  const abort = () => void reader.cancel().catch(() => undefined)
  signal.addEventListener('abort', abort, { once: true })
  const decoder = new TextDecoder()
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      tell(decoder.decode(next.value, { stream: true }))
    }
    signal.throwIfAborted()
  } finally {
    signal.removeEventListener('abort', abort)
    abort()
  }
}
