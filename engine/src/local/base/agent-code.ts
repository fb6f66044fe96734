import { join } from 'node:path'
import { build } from 'esbuild'

/** The agent and all it imports as one ESM file. */
export async function bundleAgent(projectDir: string): Promise<Uint8Array> {
  const result = await build({
    entryPoints: [join(projectDir, 'agent/src/main.ts')],
    bundle: true,
    write: false,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    minifySyntax: true,
    legalComments: 'none',
    logLevel: 'silent',
    // CommonJS dependencies ask for node's own modules by `require`, which ESM does not have
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
  })
  const file = result.outputFiles[0]
  if (file === undefined) throw new Error('esbuild made no file for the agent')
  return file.contents
}
