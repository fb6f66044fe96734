// A reporter of node's test runner that writes only the counts of a whole run, as JSON.

// biome-ignore lint/style/noDefaultExport: node takes a reporter from the default export
export default async function* counts(events) {
  for await (const event of events) {
    if (event.type === 'test:summary' && event.data.file === undefined) yield JSON.stringify(event.data.counts)
  }
}
