/*
 * Data analysis: Python works on a table inside, and its chart comes out as data and as a picture.
 *
 *   node examples/chart.ts [chart.png]
 *
 * The default snapshot has numpy and matplotlib. What a program shows with `plt.show()` is in `artifacts.charts`: type,
 * title, axes and values, and the picture as PNG in base64. Values that the program keeps for the next piece of code
 * need an interpreter: `sandbox.codeInterpreter.runCode`.
 */
import { writeFile } from 'node:fs/promises'
import { Daytona } from '@sandyard/sdk'

const [file = 'chart.png'] = process.argv.slice(2)
const table = 'month,sold\nJan,12\nFeb,18\nMar,7\nApr,23\n'
const program = `
import csv
import matplotlib.pyplot as plt
import numpy as np

with open('sales.csv') as lines:
    rows = list(csv.DictReader(lines))
sold = np.array([int(row['sold']) for row in rows])
print(f'mean {sold.mean():.1f}, best {rows[sold.argmax()]["month"]}')
plt.bar([row['month'] for row in rows], sold)
plt.title('Sold each month')
plt.show()
`

const daytona = new Daytona()
await using sandbox = await daytona.create({ language: 'python' })
await sandbox.fs.uploadFile(new TextEncoder().encode(table), 'sales.csv')
const { exitCode, result, artifacts } = await sandbox.process.codeRun(program)
if (exitCode !== 0) throw new Error(result)
console.log(result.trim())
for (const { type, title, png } of artifacts.charts ?? []) {
  if (typeof png !== 'string') continue
  await writeFile(file, Buffer.from(png, 'base64'))
  console.log(`${type} chart “${title}” in ${file}`)
}
