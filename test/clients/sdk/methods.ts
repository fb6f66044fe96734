/** Calls that documents about the platform show; some of them no published client has. */
export const ofDocuments: readonly string[] = [
  ...['create', 'createSandbox', 'destroySandbox', 'executeCommand', 'getSandbox', 'listSandboxes', 'previewLink'],
  ...['gitAdd', 'gitBranches', 'gitCheckoutBranch', 'gitClone', 'gitCommit', 'gitCreateBranch', 'gitDeleteBranch'],
  ...['gitPull', 'gitPush', 'gitStatus', 'volume.delete', 'volume.get'],
]
  .map((name) => `daytona.${name}`)
  .concat(
    [
      ...['delete', 'getPreviewLink', 'getPreviewUrl', 'start', 'stop'],
      ...['createFolder', 'chmod', 'deleteFile', 'deleteFiles', 'downloadFile', 'downloadFiles', 'listFiles'].map(
        inFiles,
      ),
      ...['readFile', 'replaceInFile', 'searchFiles', 'uploadFile', 'uploadFiles'].map(inFiles),
      ...['add', 'branches', 'checkoutBranch', 'clone', 'commit', 'createBranch', 'deleteBranch'].map(inGit),
      ...['pull', 'push', 'status'].map(inGit),
      ...['codeRun', 'createSession', 'deleteSession', 'executeCommand', 'executeSessionCommand'].map(inProcess),
      ...['getSession', 'getSessionCommandLogs', 'getSessionCommandStatus', 'killSessionCommand'].map(inProcess),
      'process.listSessions',
    ].map((name) => `sandbox.${name}`),
  )

const desktop = 'the platform has no desktop, and nothing else of it'

/** Methods of the published client that are not here, and why. */
export const notHere: Readonly<Record<string, string>> = {
  'daytona._experimental_fork': '`fork` is its name',
  'sandbox._experimental_createSnapshot': '`createSnapshot` is its name',
  'sandbox._experimental_fork': '`fork` is its name',
  'sandbox.getMetrics': 'the plain call `getSandboxMetrics` answers them',
  ...Object.fromEntries(
    [
      'screenshot.takeCompressedRegion',
      ...['delete', 'download', 'get', 'list', 'start', 'stop'].map((name) => `recording.${name}`),
      ...['findNodes', 'focusNode', 'getTree', 'invokeNode', 'setNodeValue'].map((name) => `accessibility.${name}`),
    ].map((name) => [`sandbox.computerUse.${name}`, desktop]),
  ),
}

function inFiles(name: string): string {
  return `fs.${name}`
}

function inGit(name: string): string {
  return `git.${name}`
}

function inProcess(name: string): string {
  return `process.${name}`
}
