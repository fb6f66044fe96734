import { readFile, rename, writeFile } from 'node:fs/promises'
import { changed, type Integration, type Project, type Projects } from './projects.ts'

/** What the file has. */
interface Tables {
  readonly projects: readonly Project[]
  readonly user_integrations: readonly Integration[]
}

/** Projects in a file of JSON. One process at a time may write it; changes wait for each other. */
export function createFileProjects(path: string): Projects {
  let last: Promise<unknown> = Promise.resolve()
  const read = async (): Promise<Tables> => JSON.parse(await readFile(path, 'utf8')) as Tables
  const change = async (edit: (tables: Tables) => Tables): Promise<void> => {
    const mine = last.then(async () => {
      const text = JSON.stringify(edit(await read()), null, 2)
      // Whoever reads meanwhile, or finds it after a crash, has the old file or the new one.
      await writeFile(`${path}.new`, `${text}\n`, { mode: 0o600 })
      await rename(`${path}.new`, path)
    })
    last = mine.catch(() => undefined)
    await mine
  }
  return {
    async find(id) {
      return (await read()).projects.find((project) => project.id === id) ?? null
    },
    update: (id, columns) =>
      change((tables) => ({
        ...tables,
        projects: tables.projects.map((project) => (project.id === id ? changed(project, columns) : project)),
      })),
    async tokenOf(userId) {
      const rows = (await read()).user_integrations
      return rows.find((row) => row.user_id === userId && row.provider === 'github')?.access_token ?? null
    },
  }
}
