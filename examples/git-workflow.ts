/*
 * Git: clone, a branch, a commit, and back to where it came from.
 *
 *   node examples/git-workflow.ts <url> [user] [token]
 *
 * Credentials go with the calls that need them; they are not kept in the sandbox, nor in the URL of the remote. Git of
 * the sandbox itself works too: `executeCommand('git log')`.
 */
import { Daytona } from '@sandyard/sdk'

const [url, user, token] = process.argv.slice(2)
if (url === undefined) throw new Error('Usage: node examples/git-workflow.ts <url> [user] [token]')

const daytona = new Daytona()
await using sandbox = await daytona.create()
const { git, fs } = sandbox
const path = 'workspace/repo'

await git.clone(url, path, undefined, undefined, user, token)
const { currentBranch } = await git.status(path)
console.log('on', currentBranch)

const branch = `feature/notes-${Date.now()}`
await git.createBranch(path, branch)
await git.checkoutBranch(path, branch)
await fs.uploadFile(new TextEncoder().encode('# Notes\n'), `${path}/NOTES.md`)
for (const { name, status } of (await git.status(path)).fileStatus) console.log(status, name)

await git.add(path, ['NOTES.md'])
const { sha } = await git.commit(path, 'docs: notes', 'Example', 'example@example.com')
await git.push(path, user, token)
console.log('pushed', sha.slice(0, 7), 'to', branch)
