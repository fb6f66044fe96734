/** A block of TypeScript of a document, by its place there. */
export interface Covered {
  /** first 12 digits of its SHA-256: a block that was changed is looked at anew */
  readonly hash: string
  /** its first line begins so */
  readonly begins: string
  /** what the reader is to have: blocks before it, by number, or a thing that the test makes */
  readonly needs: string
  /** what the test looks at */
  readonly shows: string
  /** alternatives that are run one by one, as they name the same thing twice or make the same folder */
  readonly parts?: number
}

/** Every block of TypeScript of the documents, in order; all are run. */
export const covered = {
  'implementation-plan': [
    { hash: '9795ae19c035', begins: 'interface PRSandboxConfig {', needs: 'a client', shows: 'defines a function' },
    {
      hash: '4d87bb3de662',
      begins: '// Create sandbox for a specific P',
      needs: '1',
      shows: 'sandbox of that name, public, stopped after 120 min; the branch is checked out',
    },
    { hash: 'b3d8e088d996', begins: 'interface CloneConfig {', needs: 'a client', shows: 'defines a function' },
    {
      hash: '2cec18d0f87e',
      begins: '// Basic clone',
      needs: '3; a sandbox',
      shows: 'files are there; a private repository takes the token; branch `develop`',
      parts: 3,
    },
    { hash: '56b177e99d2e', begins: 'interface GitStatus {', needs: 'a client', shows: 'defines a function' },
    {
      hash: '05e0c99533b2',
      begins: 'const status = await getGitStatus(',
      needs: '5; a repository with changes',
      shows: 'branch, distance and each changed file are printed',
    },
    {
      hash: '0df4d592d591',
      begins: 'async function listBranches(sandbo',
      needs: 'a client',
      shows: 'defines a function',
    },
    {
      hash: '1c6a0ad6848a',
      begins: 'const branches = await listBranche',
      needs: '7',
      shows: 'all branches are printed',
    },
    {
      hash: '55bb9a6eb9d6',
      begins: 'async function createBranch(sandbo',
      needs: 'a client',
      shows: 'defines a function',
    },
    {
      hash: '2d4f712cea16',
      begins: 'async function checkoutBranch(sand',
      needs: 'a client',
      shows: 'defines a function',
    },
    {
      hash: '6d17eda5b72d',
      begins: 'async function deleteBranch(sandbo',
      needs: 'a client',
      shows: 'defines a function',
    },
    {
      hash: '7a868e8a351a',
      begins: '// Create new branch',
      needs: '9 to 11; the branch to delete',
      shows: 'branches, and which is checked out',
    },
    {
      hash: '5f94c47fada7',
      begins: 'async function stageFiles(sandboxI',
      needs: 'a client',
      shows: 'defines a function',
    },
    { hash: '9eb391056897', begins: 'async function commitChanges(', needs: 'a client', shows: 'defines a function' },
    {
      hash: '2948ede94c46',
      begins: '// Stage specific files',
      needs: '13, 14; changed files',
      shows: 'what is staged; author and message of the commit',
    },
    {
      hash: 'c7ab5ea98deb',
      begins: 'async function pushChanges(sandbox',
      needs: 'a client',
      shows: 'defines a function',
    },
    {
      hash: '8c18a2507de3',
      begins: 'async function pullChanges(sandbox',
      needs: 'a client',
      shows: 'defines a function',
    },
    {
      hash: 'b3abdef878a8',
      begins: '// Push changes to remote',
      needs: '16, 17',
      shows: 'the remote has the commit; a commit of somebody else comes',
      parts: 2,
    },
    {
      hash: 'e5af61c6027f',
      begins: 'async function runCommand(sandboxI',
      needs: 'a client',
      shows: 'defines a function',
    },
    {
      hash: 'ad9e23a63903',
      begins: '// Navigate to project directory',
      needs: '19; a project in /tmp/project whose `dev` goes to the background',
      shows: 'packages are there, the server answers inside',
    },
    { hash: '89037f458079', begins: 'interface PreviewConfig {', needs: 'a client', shows: 'defines a function' },
    {
      hash: 'be47b20e4851',
      begins: 'const preview = await createPrevie',
      needs: '21; the server of 20',
      shows: 'the link answers from outside',
    },
    {
      hash: '7d936fe68c19',
      begins: 'async function destroySandbox(sand',
      needs: 'a client',
      shows: 'the sandbox is gone',
    },
    {
      hash: '9686ec663753',
      begins: 'async function setupRepoPreview(',
      needs: '1, 19, 21',
      shows: 'repository, packages, a server, a link that answers',
    },
    {
      hash: 'd14d85efb73d',
      begins: 'interface OpenCodeSandboxConfig {',
      needs: 'a client',
      shows: 'defines a function',
    },
    {
      hash: 'b79be0a5adf6',
      begins: 'const sandbox = await createOpenCo',
      needs: '25',
      shows: 'size, interval, and the variables inside',
    },
    {
      hash: 'd9c2f817a737',
      begins: 'async function installOpenCode(san',
      needs: 'a client; a package in place of `opencode`',
      shows: 'the program is there',
    },
    {
      hash: '7b3469f56843',
      begins: 'async function installOpenCodeServ',
      needs: 'as 27',
      shows: 'the version is printed; a package that is not there is an error',
    },
    { hash: '5b11d09483fd', begins: 'interface AgentConfig {', needs: 'nothing', shows: 'JSON with the link inside' },
    { hash: '8b4747fed84d', begins: 'async function configureOpenCodeAg', needs: '29', shows: 'the variable' },
    {
      hash: 'ec10e3ffa02c',
      begins: 'async function startOpenCodeServer',
      needs: '28',
      shows: 'the server answers with its configuration',
    },
    {
      hash: 'f1d0f6b85f5f',
      begins: 'async function startOpenCodeServer',
      needs: '29, 31',
      shows: 'the link; the quoting of 31 is told as a syntax error of the shell',
    },
    {
      hash: '0142961db650',
      begins: 'async function createPublicPreview',
      needs: 'a client',
      shows: 'defines a function',
    },
    {
      hash: '19de58bceb72',
      begins: 'const preview = await createPublic',
      needs: '33; the server of 31',
      shows: 'the link answers from outside',
    },
    {
      hash: 'a87e803c36c1',
      begins: 'function setupCleanupHandler(sandb',
      needs: 'a process of its own',
      shows: 'SIGINT and SIGTERM delete the sandbox and end with 0',
    },
    {
      hash: '31397748e81f',
      begins: 'async function cleanupSandbox(sand',
      needs: 'a client',
      shows: 'the sandbox is gone',
    },
    {
      hash: 'c5cf42b9f19f',
      begins: 'async function setupOpenCodeServer',
      needs: '1, 28, 29, 33, 35, 36',
      shows: 'as written it fails at the quoting, and deletes its sandbox; with that mended, all of it',
    },
  ],
  'self-hosted-poc': [
    {
      hash: 'a8d672266dee',
      begins: '// Create a session',
      needs: 'a sandbox with a program `opencode`',
      shows: 'answered at once, while the command runs',
    },
    {
      hash: 'b052cf17142b',
      begins: '// Create sandbox',
      needs: 'an image, `timeoutSeconds`, `port`',
      shows: 'a sandbox of the image, output, a promise of a link',
    },
  ],
  'implementation-guide': [
    {
      hash: '6a55c49f8d54',
      begins: "import { Daytona } from '@daytonai",
      needs: 'keys in the environment',
      shows: 'Hello, World! is printed; variable and language of the sandbox',
    },
    {
      hash: '7d08e1770c33',
      begins: '// vite.config.ts',
      needs: 'Vite',
      shows: 'Vite takes it, and builds a page with the library',
    },
    {
      hash: 'cf384d086b4c',
      begins: '// next.config.js',
      needs: 'nothing',
      shows: 'the function changes the settings of webpack that it is given',
    },
    {
      hash: 'f6083dbd040d',
      begins: "import { Daytona } from '@daytonai",
      needs: 'keys in the environment',
      shows: 'both clients list sandboxes',
      parts: 2,
    },
    {
      hash: '37bcdbcbf435',
      begins: "import { Daytona } from '@daytonai",
      needs: 'keys in the environment',
      shows: 'an id is printed, the variable is inside',
    },
    {
      hash: 'ef2628007235',
      begins: 'const sandbox = await daytona.crea',
      needs: 'a client, an image',
      shows: 'a public sandbox of the size, made of the image',
    },
    { hash: '94a1adfddd03', begins: '// Get sandbox by ID', needs: 'a sandbox', shows: 'the same sandbox' },
    {
      hash: '127cbca6652e',
      begins: '// Create sandbox',
      needs: 'a client',
      shows: 'stopped, then started, with its files',
    },
    { hash: 'f448df2e8295', begins: '// Delete sandbox permanently', needs: 'a sandbox', shows: 'it is gone' },
    {
      hash: 'eec716d4c28e',
      begins: '// List all sandboxes',
      needs: 'two sandboxes',
      shows: 'a line for each, with its state',
    },
    {
      hash: 'ae81cb6a8a9d',
      begins: '// List files in directory',
      needs: 'files in `workspace`',
      shows: 'four lines for each, as they are',
    },
    {
      hash: '76d5ab92d1a0',
      begins: '// Create directory with permissio',
      needs: 'a sandbox',
      shows: 'folders with their mode',
    },
    {
      hash: '0b415aec46c1',
      begins: '// Read text file',
      needs: 'the files',
      shows: 'text is printed, bytes are whole',
    },
    { hash: '59a5123e5f42', begins: '// Write text file', needs: 'a sandbox', shows: 'texts inside' },
    { hash: '45905146aa94', begins: '// Upload single file', needs: 'a sandbox', shows: 'text inside' },
    {
      hash: '8d6b6543cf3d',
      begins: '// Upload multiple files (efficien',
      needs: 'a sandbox',
      shows: 'three files with their texts',
    },
    { hash: '77497ee82156', begins: '// Download single file', needs: 'a file', shows: 'text is printed' },
    {
      hash: '6adfb9885fda',
      begins: '// Download multiple files',
      needs: 'three files',
      shows: 'paths and texts are printed',
    },
    {
      hash: '9bd82949f698',
      begins: '// Delete single file',
      needs: 'files and folders',
      shows: 'all of them are gone',
    },
    { hash: 'a8eafcf4dd37', begins: '// Change file permissions', needs: 'a file and a folder', shows: 'their modes' },
    {
      hash: '612b8fc90a30',
      begins: '// Search for pattern in files',
      needs: 'files with TODO',
      shows: 'file, line and text of each are printed; the text is replaced',
    },
    {
      hash: '182df921b94a',
      begins: '// Basic clone',
      needs: 'a sandbox',
      shows: 'files are there; a private repository takes the token; branch `develop`',
      parts: 3,
    },
    {
      hash: 'ed5e1c8b2003',
      begins: '// Get repository status',
      needs: 'a repository with changes',
      shows: 'branch, distance, status of files, branches are printed',
    },
    {
      hash: 'e26811299832',
      begins: '// Create new branch',
      needs: 'the branch to delete',
      shows: 'branches, and which is checked out',
    },
    {
      hash: 'a7da6406b355',
      begins: '// Stage specific files',
      needs: 'changed files',
      shows: 'author and message of the commit, all files in it',
    },
    {
      hash: '4ab3fde468c0',
      begins: '// Push changes',
      needs: 'a commit',
      shows: 'the remote has the commit; a commit of somebody else comes',
      parts: 2,
    },
    {
      hash: 'abd092f1c59e',
      begins: '// Run TypeScript code',
      needs: 'a sandbox of TypeScript',
      shows: 'three results are printed',
    },
    {
      hash: 'a798e96737ec',
      begins: '// Execute any shell command',
      needs: 'a folder `workspace/src`',
      shows: 'listing, a wait of 3 s, the variable',
    },
    {
      hash: '519043ccf095',
      begins: '// Create session',
      needs: 'a project with `dev`',
      shows: 'an id; the server runs',
    },
    {
      hash: '220fdb6a984c',
      begins: "// Check session's executed comman",
      needs: '29',
      shows: 'command and session are printed',
    },
    { hash: '7b691a3153c0', begins: '// Check command status', needs: '29, 30', shows: 'it runs' },
    { hash: 'db6884d4d66a', begins: '// Get command logs', needs: '29', shows: 'what the server printed' },
    {
      hash: '470bbcb6c123',
      begins: '// Stop command',
      needs: '29',
      shows: 'the server has ended, the session is there',
    },
    { hash: 'eba7883574b1', begins: '// Clean up session', needs: '29', shows: 'the session is gone' },
    {
      hash: '227016c4030b',
      begins: 'const previewInfo = await sandbox.',
      needs: 'a server on 3000',
      shows: 'link and token open it',
    },
    {
      hash: '9fa2cf911758',
      begins: '// Skip warning with header',
      needs: 'a link that is public',
      shows: 'the page, not the warning',
    },
    {
      hash: '7dce878c26f6',
      begins: 'const volume = await daytona.volum',
      needs: 'a client',
      shows: 'a volume, the same the second time',
    },
    {
      hash: 'f2fe3e3eed41',
      begins: "import { Daytona } from '@daytonai",
      needs: 'keys in the environment',
      shows: 'the volume is mounted',
    },
    {
      hash: '6a1febac3e97',
      begins: '// Write to volume',
      needs: '38',
      shows: 'text is printed; another sandbox sees it',
    },
    {
      hash: '0af905e4f6ee',
      begins: "await daytona.volume.delete('my-vo",
      needs: '37; no sandbox has it',
      shows: 'the volume is gone',
    },
    {
      hash: '14463eeee9f2',
      begins: '// TypeScript - Clean up session',
      needs: 'a sandbox',
      shows:
        'the session was made; then the document names what is not in scope, as a ReferenceError; with `sessionId` it is gone',
    },
    {
      hash: '5eb76b531441',
      begins: 'try {',
      needs: 'a sandbox',
      shows: 'no error: the exit code is not 0; with `check` it throws what the document catches',
    },
    {
      hash: 'd8acf2d51d59',
      begins: "import { Daytona } from '@daytonai",
      needs: 'keys in the environment',
      shows: 'client and function; a sandbox of the size, public',
    },
    {
      hash: '39e596de3d78',
      begins: "import { Sandbox } from '@daytonai",
      needs: 'a sandbox and a project',
      shows: 'clone with a token, framework, packages, build, server, link that answers',
    },
    {
      hash: 'c0dcb05b5071',
      begins: "import { inngest } from './client'",
      needs: '43, 44; stand-ins of Inngest and Supabase',
      shows: 'all eight steps; the row of the project',
    },
    {
      hash: '710402a74c6c',
      begins: 'import { NextRequest, NextResponse',
      needs: '43; stand-ins of Next and Supabase',
      shows: 'alive, not alive, no sandbox',
    },
    {
      hash: '021d5ea40fc8',
      begins: 'import { NextRequest, NextResponse',
      needs: '43, 44; stand-ins of Next and Supabase',
      shows: 'a new sandbox whose link answers; 404; 500',
    },
  ],
} as const satisfies Readonly<Record<string, readonly Covered[]>>

/** A document with blocks of TypeScript, without its ending. */
export type DocumentName = keyof typeof covered
