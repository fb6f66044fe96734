import { z } from 'zod'
import { path, sandboxId } from '../arguments.ts'
import { adds, defineTool } from '../tool.ts'

const word = z.string().min(1).max(1024)

export const gitClone = defineTool({
  name: 'git_clone',
  title: 'Clone a repository',
  description:
    'Clones a git repository into a folder of a sandbox. For a private one give a user name and a token as password; they are used for this alone and are not kept.',
  input: z.strictObject({
    id: sandboxId,
    url: z.string().min(1).max(4096).describe('URL of the repository, such as https://github.com/owner/name.git'),
    path: path('Folder to clone into; default: a new one, named after the repository').optional(),
    branch: word.optional().describe('Branch to check out; default: that of the repository'),
    commitId: word.optional().describe('Commit to check out instead of a branch'),
    username: word.optional(),
    password: z.string().min(1).max(16_384).optional().describe('Token or password of the repository'),
  }),
  output: z.object({ path: z.string() }),
  annotations: { ...adds, openWorldHint: true },
  async run({ id, url, path: folder, branch, commitId, username, password }, { platform, signal, progress }) {
    const sandbox = await platform.get(id)
    const target = folder ?? nameOf(url)
    progress(`cloning into ${target}`)
    const body = { url, path: target, branch, commit_id: commitId, username, password }
    await sandbox.toolbox.call('gitClone', { body }, { signal })
    return { text: `Cloned into ${target}.`, structured: { path: target } }
  },
})

/** The folder that git itself would make. */
function nameOf(url: string): string {
  const last = /([^/:\\]+?)(?:\.git)?[/\\]*$/.exec(url)?.[1] ?? ''
  return /^[\w.-]+$/.test(last) && !/^\.+$/.test(last) ? last : 'repository'
}
