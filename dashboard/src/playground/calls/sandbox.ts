import { type Call, curl, literal, numeral } from '../call.ts'

/** The sandbox itself. */
export const sandboxCalls: readonly Call[] = [
  {
    name: 'daytona.list',
    title: 'List sandboxes',
    fields: {},
    typescript: () => 'for await (const one of daytona.list()) console.log(one.name, one.state)',
    python: () => 'for one in daytona.list():\n    print(one.name, one.state)',
    curl: (_, { api }) => curl('GET', `${api}/sandbox`),
    run: async ({ daytona }) => {
      const { items } = await daytona.client.call('listSandboxes', { query: { limit: 20 } })
      return items.map(({ name, state }) => ({ name, state }))
    },
  },
  {
    name: 'sandbox.refreshData',
    title: 'Read how it is',
    fields: {},
    typescript: () =>
      'await sandbox.refreshData()\nconsole.log(sandbox.state, sandbox.cpu, sandbox.memory, sandbox.disk)',
    python: () => 'sandbox.refresh_data()\nprint(sandbox.state, sandbox.cpu, sandbox.memory, sandbox.disk)',
    curl: (_, { api, sandboxId }) => curl('GET', `${api}/sandbox/${sandboxId}`),
    run: async ({ sandbox }) => {
      await sandbox.refreshData()
      const { state, cpu, memory, disk } = sandbox
      return { state, cpu, memory, disk }
    },
  },
  {
    name: 'sandbox.setLabels',
    title: 'Set its labels',
    fields: {
      key: { label: 'Name of a label', initial: 'made-in' },
      value: { label: 'Its value', initial: 'playground' },
    },
    typescript: ({ key, value }) => `console.log(await sandbox.setLabels({ [${literal(key)}]: ${literal(value)} }))`,
    python: ({ key, value }) => `print(sandbox.set_labels({${literal(key)}: ${literal(value)}}))`,
    curl: ({ key = '', value = '' }, { api, sandboxId }) =>
      curl('PUT', `${api}/sandbox/${sandboxId}/labels`, { body: { labels: { [key]: value } } }),
    run: ({ sandbox }, { key = '', value = '' }) => sandbox.setLabels({ [key]: value }),
  },
  {
    name: 'sandbox.setAutostopInterval',
    title: 'Set when it stops by itself',
    fields: { minutes: { label: 'Minutes without use, 0 is never', initial: '30', kind: 'number' } },
    typescript: ({ minutes }) => `await sandbox.setAutostopInterval(${numeral(minutes)})`,
    python: ({ minutes }) => `sandbox.set_autostop_interval(${numeral(minutes)})`,
    curl: ({ minutes }, { api, sandboxId }) => curl('POST', `${api}/sandbox/${sandboxId}/autostop/${numeral(minutes)}`),
    run: ({ sandbox }, { minutes }) => sandbox.setAutostopInterval(Number(minutes)),
  },
]
