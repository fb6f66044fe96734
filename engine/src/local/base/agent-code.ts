import { join } from 'node:path'
import { build, stop } from 'esbuild'

/** The agent and all it imports as one CommonJS file, which Node starts sooner than an ES module. */
export async function bundleAgent(projectDir: string): Promise<Uint8Array> {
  const result = await build({
    entryPoints: [join(projectDir, 'agent/src/main.ts')],
    bundle: true,
    write: false,
    platform: 'node',
    target: 'node24',
    format: 'cjs',
    minifySyntax: true,
    legalComments: 'none',
    logLevel: 'silent',
  })
  // it would stay in memory beside us otherwise
  await stop()
  const file = result.outputFiles[0]
  if (file === undefined) throw new Error('esbuild made no file for the agent')
  return file.contents
}
