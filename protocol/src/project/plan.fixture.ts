import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ProjectOverrides, ProjectPlan } from './plan.ts'
import { planProject } from './plan-project.ts'

/** A repository: texts by their names, an empty one for what only has to be there; folders end with `/`. */
export interface Repository {
  readonly title: string
  readonly files: Readonly<Record<string, string | object>>
  readonly asked?: ProjectOverrides
  readonly root?: Readonly<Record<string, string | object>>
  /** parts of the plan that must be so */
  readonly plan: Partial<ProjectPlan>
  /** begins one of the notes; null: there must be no note at all */
  readonly note?: RegExp | null
}

/** Plans a repository. */
export function planOf({ files, asked, root }: Pick<Repository, 'files' | 'asked' | 'root'>): ProjectPlan {
  const own = filesOf(files)
  const above = root === undefined ? {} : { root: { path: '../..', ...filesOf(root) } }
  return planProject({ ...own, ...above }, asked)
}

/** One test for each repository. */
export function testRepositories(repositories: readonly Repository[]): void {
  for (const repository of repositories) {
    test(repository.title, () => {
      const plan = planOf(repository)
      const seen = Object.fromEntries(Object.keys(repository.plan).map((key) => [key, plan[key as keyof ProjectPlan]]))
      assert.deepEqual(seen, repository.plan)
      if (repository.note === null) assert.deepEqual(plan.notes, [])
      else if (repository.note !== undefined)
        assert.ok(
          plan.notes.some((note) => repository.note?.test(note)),
          plan.notes.join('\n'),
        )
    })
  }
}

function filesOf(files: Readonly<Record<string, string | object>>) {
  const names = new Set(Object.keys(files).map((name) => name.replace(/\/.+$/, '/')))
  const texts = Object.entries(files).filter(([name]) => !name.endsWith('/'))
  return {
    names: [...names],
    texts: Object.fromEntries(
      texts.map(([name, text]) => [name, typeof text === 'string' ? text : JSON.stringify(text)]),
    ),
  }
}
