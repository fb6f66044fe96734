import {
  type GitHost,
  gitRoutes,
  isBranchName,
  isPlatformError,
  PlatformError,
  processRoutes,
} from '@sandyard/protocol'
import { type Agent, agentOf } from '../../agent-calls/agent.ts'
import type { ProjectRecord } from '../records.ts'
import { FinalFailure, type Step, type StepFindings, type StepOutcome, type StepWork } from '../step.ts'
import { type StepParts, whileInUse } from './parts.ts'
import { repositoryFolder, workSandbox } from './place.ts'
import { quoted } from './words.ts'

const mostMs = 20 * 60_000
/** Of git within the sandbox, from one folder to another, ms. */
const localMs = 5 * 60_000
/** Of submodules, seconds. */
const submoduleSeconds = 10 * 60

/** Names that git hosts want beside a token. */
const usernames: Readonly<Record<GitHost, string>> = {
  github: 'x-access-token',
  gitlab: 'oauth2',
  gitea: 'git',
  other: 'git',
}

/** What does not come right by trying again. */
const finalCodes: ReadonlySet<string> = new Set([
  'GIT_AUTH_FAILED',
  'GIT_REPO_NOT_FOUND',
  'GIT_BRANCH_NOT_FOUND',
  'BAD_REQUEST',
  'INVALID_REQUEST_BODY',
])

/**
 * Brings the repository into the sandbox as it is at the commit. It is cloned beside the one that is there, by the agent,
 * which gives the token to git alone: it lies in no file, in no log and on no command line, and the configuration of the
 * repository that is there has no part in where it goes. With a token no code of the repository has run in the sandbox
 * before: the store makes each such run a fresh one. Forks are read without it.
 */
export function cloneStep(parts: StepParts): Step {
  return { name: 'clone', mostMs, run: (work) => run(parts, work) }
}

async function run(parts: StepParts, work: StepWork): Promise<StepOutcome> {
  const sandbox = await workSandbox(parts, work)
  return whileInUse(parts, sandbox.id, () => bring(parts, work, sandbox.id))
}

async function bring(parts: StepParts, work: StepWork, sandboxId: string): Promise<StepOutcome> {
  const { environment, project, signal, tell } = work
  const agent = agentOf(parts.engine, sandboxId)
  const folder = await repositoryFolder(agent)
  const source = `${folder}-source`
  const url = environment.headRepository === '' ? project.repository : environment.headRepository
  const branch = environment.branch === '' ? null : environment.branch
  tell(`Cloning ${url}${branch === null ? '' : `, branch ${branch}`}\n`)
  await execute(agent, `rm -rf -- ${quoted(source)}`, signal)
  await clone(agent, { work, url, branch, source })
  const commit = await head(agent, source, signal)
  // Code of the branch may have taken the agent's place: it may not have another commit called good.
  if (environment.wantedCommit !== null && commit !== environment.wantedCommit) {
    throw new FinalFailure('The sandbox has another commit than the one that was asked for')
  }
  const findings: StepFindings = {
    commit,
    ...(branch === null ? { branch: await ownBranch(agent, source, signal) } : {}),
  }
  await execute(agent, intoPlace(source, folder), signal)
  tell(`At commit ${commit}\n`)
  await fetchSubmodules(agent, folder, work)
  return { kind: 'done', findings }
}

async function clone(
  agent: Agent,
  { work, url, branch, source }: { work: StepWork; url: string; branch: string | null; source: string },
): Promise<void> {
  const { environment, project, token, signal } = work
  const login = environment.headRepository === '' && token !== null ? loginOf(project, token) : {}
  const { wantedCommit } = environment
  const body = {
    url,
    path: source,
    depth: 1,
    ...(branch === null ? {} : { branch }),
    ...(wantedCommit === null ? {} : { commit_id: wantedCommit }),
    ...login,
  }
  try {
    await agent.call(gitRoutes.gitClone, { body }, { deadlineMs: mostMs, signal })
  } catch (thrown) {
    if (isPlatformError(thrown) && finalCodes.has(thrown.code)) {
      throw new FinalFailure(`${thrown.message}${hint(work, thrown)}`, { cause: thrown })
    }
    throw thrown
  }
}

function loginOf({ host, username }: ProjectRecord, token: string) {
  return { username: username ?? usernames[host], password: token }
}

function hint({ environment, token }: StepWork, { code }: PlatformError): string {
  if (code !== 'GIT_AUTH_FAILED' && code !== 'GIT_REPO_NOT_FOUND') return ''
  if (environment.headRepository !== '') return '. Forks are read without the token of the project: it must be public'
  return token === null
    ? '. A private repository needs a token'
    : '. The token must be one that may read the repository'
}

/** The commit that a clone is at. */
async function head(agent: Agent, folder: string, signal: AbortSignal): Promise<string> {
  const [newest] = await agent.call(
    gitRoutes.gitHistory,
    { query: { path: folder } },
    { signal, mostBytes: 4 * 2 ** 20 },
  )
  const hash = newest?.hash ?? ''
  if (!/^[0-9a-f]{40,64}$/.test(hash)) throw new FinalFailure('The branch has no commits')
  return hash
}

async function ownBranch(agent: Agent, folder: string, signal: AbortSignal): Promise<string> {
  const { current } = await agent.call(gitRoutes.gitListBranches, { query: { path: folder } }, { signal })
  // Whoever owns the repository has chosen the name.
  if (!isBranchName(current)) {
    throw new FinalFailure('The repository has no usable branch of its own: say which one')
  }
  return current
}

/**
 * Takes a fresh clone as the repository, or the one that is there to its commit: what is not in the repository, such as
 * installed packages, stays there. Without git in the image all is taken anew.
 */
function intoPlace(source: string, folder: string): string {
  const [from, to] = [quoted(source), quoted(folder)]
  const update = [
    `git -C ${to} fetch --quiet --update-shallow -- ${from} HEAD`,
    `git -C ${to} reset --quiet --hard FETCH_HEAD`,
    `rm -rf -- ${from}`,
  ].join(' && ')
  const anew = `rm -rf -- ${to} && mv -- ${from} ${to}`
  return `if [ -d ${to}/.git ] && command -v git >/dev/null; then rm -f ${to}/.git/index.lock ${to}/.git/shallow.lock; ${update}; else ${anew}; fi`
}

async function fetchSubmodules(agent: Agent, folder: string, { signal, tell }: StepWork): Promise<void> {
  const command = `cd -- ${quoted(folder)} && [ -f .gitmodules ] && command -v git >/dev/null || exit 0
GIT_TERMINAL_PROMPT=0 git submodule --quiet update --init --recursive --depth 1 2>&1`
  const { exitCode, result } = await agent.call(
    processRoutes.executeCommand,
    { body: { command, timeout: submoduleSeconds } },
    { deadlineMs: submoduleSeconds * 1000 + 10_000, signal },
  )
  if (exitCode !== 0) tell(`Submodules are missing, they are fetched without a token:\n${result.slice(-2000)}\n`)
}

/** Runs a command that must work. */
async function execute(agent: Agent, command: string, signal: AbortSignal): Promise<void> {
  const { exitCode, result } = await agent.call(
    processRoutes.executeCommand,
    { body: { command, timeout: localMs / 1000 } },
    { deadlineMs: localMs + 10_000, signal },
  )
  if (exitCode !== 0) throw new PlatformError('UNPROCESSABLE_ENTITY', `In the sandbox: ${result.trim().slice(-1000)}`)
}
