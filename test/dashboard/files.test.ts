import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { Daytona, type Sandbox } from '@sandyard/sdk'
import { layDashboard, openLooks } from './ground.ts'

const { platform, browser, open } = await layDashboard()
const { look, barriers } = openLooks()
const local = mkdtempSync(join(tmpdir(), 'sandyard-files-'))
after(() => rmSync(local, { recursive: true, force: true }))

const daytona = new Daytona({ apiKey: platform.apiKey, apiUrl: platform.apiUrl })
const sandbox: Sandbox = await daytona.create({ name: 'disk' })
const home = await sandbox.getUserHomeDir()
const hostile = '<img src=x onerror="window.harmed=1">\n\u202etxt.sh'
await sandbox.process.executeCommand(
  [
    'mkdir -p work/src many',
    'printf "one\\r\\ntwo\\r\\n" > work/windows.txt',
    'printf "export const answer: number = 41\\n// needle-in-the-hay\\n" > work/src/answer.ts',
    'printf "\\377\\376 no text" > work/latin.dat',
    'ln -s src/answer.ts work/link.ts',
    'ln -s src work/source',
    'ln -s /nowhere/at/all work/broken',
    'cd many && seq -f "file-%05g.txt" 1 5000 | xargs touch',
  ].join('\n'),
  home,
)
await sandbox.fs.writeFile(`${home}/work/${hostile}`, 'harmless')
await sandbox.process.executeCommand(`touch "$(printf '\\377raw')"`, `${home}/work`)

const page = await open(`/sandboxes/${sandbox.id}/files`)
const tree = page.getByRole('tree')
const row = (name: string) => tree.getByRole('treeitem').filter({ has: page.getByText(name, { exact: true }) })
const editor = page.locator('.cm-content')
const read = async (path: string): Promise<string> => String(await sandbox.fs.readFile(`${home}/${path}`))

/** What is chosen of the menu of a row. */
async function choose(name: string, action: string): Promise<void> {
  await row(name).hover()
  await row(name).getByRole('button').click()
  await page.getByRole('menuitem', { name: action }).click()
}

/** Waits until it is so. */
async function until(what: string, isSo: () => Promise<boolean>): Promise<void> {
  for (const deadline = Date.now() + 8000; !(await isSo()); await page.waitForTimeout(40))
    assert.ok(Date.now() < deadline, what)
}

test('by keys: to a file, edited and saved, its line ends as they were', async () => {
  await row('work').waitFor()
  await look(page, 'files-tree')
  await tree.focus()
  await page.keyboard.type('wor')
  await page.keyboard.press('ArrowRight')
  await row('windows.txt').waitFor()
  await page.keyboard.type('src')
  await page.keyboard.press('ArrowRight')
  await row('answer.ts').waitFor()
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('Enter')
  await editor.getByText('answer').waitFor()
  await page.locator('.cm-line span[class]').first().waitFor()
  await look(page, 'files')
  await row('windows.txt').click()
  await editor.getByText('two').waitFor()
  await page.keyboard.press('Control+End')
  await page.keyboard.type('three\nfour')
  await page.getByRole('img', { name: 'not saved' }).waitFor()
  await page.keyboard.press('Control+s')
  await page.getByRole('img', { name: 'not saved' }).waitFor({ state: 'detached' })
  assert.equal(await read('work/windows.txt'), 'one\r\ntwo\r\nthree\r\nfour')
})

test('what was typed waits while another tab is looked at, and is not written over what others wrote', async () => {
  await page.keyboard.type(' mine')
  await page.getByRole('link', { name: 'Overview' }).click()
  await page.getByRole('heading', { name: 'When nobody uses it' }).waitFor()
  await sandbox.fs.writeFile(`${home}/work/windows.txt`, 'theirs\n')
  await page.getByRole('link', { name: 'Files', exact: true }).click()
  await editor.getByText('four mine').waitFor()
  await page.getByText('has changed on the disk').waitFor()
  await look(page, 'files-changed')
  await page.keyboard.press('Control+s')
  await page.waitForTimeout(300)
  assert.equal(await read('work/windows.txt'), 'theirs\n')
  await page.getByRole('button', { name: 'Overwrite it with mine' }).click()
  await page.getByText('has changed on the disk').waitFor({ state: 'detached' })
  assert.equal(await read('work/windows.txt'), 'one\r\ntwo\r\nthree\r\nfour mine')
  await sandbox.fs.writeFile(`${home}/work/windows.txt`, 'theirs again\n')
  await page.evaluate('dispatchEvent(new Event("focus"))')
  await editor.getByText('theirs again').waitFor()
  await editor.click()
  await page.keyboard.type('lost')
  await page.getByRole('button', { name: 'Close windows.txt' }).click()
  await page.getByRole('dialog').getByText('is lost when it is closed').waitFor()
  await page.getByRole('button', { name: 'Close and lose it' }).click()
  await page.getByRole('button', { name: 'Close windows.txt' }).waitFor({ state: 'detached' })
  assert.equal(await read('work/windows.txt'), 'theirs again\n')
})

test('files come by drag and by button, and are replaced only when that is wanted', async () => {
  const dragged = await page.evaluateHandle(`(() => {
    const data = new DataTransfer()
    data.items.add(new File(['dragged'], 'dragged.txt'))
    return data
  })()`)
  await row('src').dispatchEvent('drop', { dataTransfer: dragged })
  await row('dragged.txt').waitFor()
  assert.equal(await read('work/src/dragged.txt'), 'dragged')

  await tree.focus()
  await page.keyboard.press('Home')
  await page.keyboard.type('src')
  mkdirSync(join(local, 'site/deep'), { recursive: true })
  writeFileSync(join(local, 'site/index.html'), '<h1>site</h1>')
  writeFileSync(join(local, 'site/deep/big.bin'), Buffer.alloc(24 * 1024 * 1024, 'sandyard'))
  await page.getByLabel('Folder to upload').setInputFiles(join(local, 'site'))
  await page.getByText('3 files are sent').waitFor()
  await look(page, 'files-uploads')
  assert.equal((await sandbox.fs.getFileDetails(`${home}/work/src/site/deep/big.bin`)).size, 24 * 1024 * 1024)

  const again = { name: 'dragged.txt', mimeType: 'text/plain', buffer: Buffer.from('second') }
  await page.getByLabel('Files to upload').setInputFiles([again])
  await page.getByRole('dialog', { name: 'Replace dragged.txt?' }).waitFor()
  await page.getByRole('button', { name: 'Send nothing' }).click()
  assert.equal(await read('work/src/dragged.txt'), 'dragged')
  await page.getByLabel('Files to upload').setInputFiles([again])
  await page.getByRole('button', { name: 'Replace', exact: true }).click()
  await until('replaced', async () => (await read('work/src/dragged.txt')) === 'second')

  // Cut off on its way.
  const uploads = /files\/(bulk-)?upload/
  await page.route(uploads, (route) => route.abort('connectionreset'))
  await page.getByLabel('Files to upload').setInputFiles([{ ...again, name: 'third.txt' }])
  await page.getByText(/1 of \d+ not sent/).waitFor()
  await page.unroute(uploads)
  await page.getByRole('button', { name: 'Send again' }).click()
  await page.getByText(/\d+ files are sent/).waitFor()
  assert.equal(await read('work/src/third.txt'), 'second')
  await page.getByRole('button', { name: 'Close the uploads' }).click()
})

test('links are shown as such, lead to their file, and go without it', async () => {
  await row('broken').getByText('Leads nowhere').waitFor()
  await row('source').getByText('src').last().waitFor()
  await row('link.ts').click()
  await editor.getByText('answer').waitFor()
  await page.keyboard.press('Control+End')
  await page.keyboard.type('// by its link\n')
  await page.keyboard.press('Control+s')
  await until('saved', async () => (await read('work/src/answer.ts')).endsWith('// by its link\n'))
  await look(page, 'files-links')
  await row('broken').click()
  await page.locator('.toast').filter({ hasText: 'broken leads nowhere' }).waitFor()
  await choose('link.ts', 'Show what it leads to')
  await page.locator('.tree-row[aria-selected="true"]').getByText('answer.ts', { exact: true }).waitFor()
  for (const name of ['source', 'broken']) {
    await choose(name, 'Delete the link…')
    await page.getByRole('dialog').getByText('Only the link is deleted').waitFor()
    if (name === 'source') await look(page, 'files-delete-link')
    await page.getByRole('button', { name: 'Delete', exact: true }).click()
    await page.locator('.dialog').waitFor({ state: 'detached' }) // it hides the tree from readers
    await row(name).waitFor({ state: 'detached' })
  }
  const { result } = await sandbox.process.executeCommand('ls; cat src/answer.ts; readlink link.ts', `${home}/work`)
  for (const line of ['link.ts', 'src', '// by its link', 'src/answer.ts'])
    assert.ok(result.split('\n').includes(line), result)
  assert.doesNotMatch(result, /^(source|broken)$/m)
})

test('an upload that is cancelled leaves all as it was, and a picture is shown', async () => {
  const huge = join(local, 'huge.bin')
  writeFileSync(huge, '')
  truncateSync(huge, 1024 ** 3)
  await page.getByLabel('Files to upload').setInputFiles(huge)
  await page.getByRole('progressbar', { name: 'huge.bin' }).waitFor()
  await page.getByRole('button', { name: 'Cancel huge.bin' }).click()
  await page.getByRole('img', { name: 'cancelled' }).waitFor()
  await until('nothing is left', async () => !(await sandbox.fs.exists(`${home}/work/src/huge.bin`)))
  await sandbox.fs.writeFile(`${home}/work/src/huge.bin`, 'precious')
  await page.getByRole('button', { name: 'Close the uploads' }).click()
  await page.getByLabel('Files to upload').setInputFiles(huge)
  await page.getByRole('button', { name: 'Replace', exact: true }).click()
  await page.getByRole('button', { name: 'Cancel huge.bin' }).click()
  await page.getByRole('img', { name: 'cancelled' }).waitFor()
  const names = async (): Promise<string> =>
    (await sandbox.fs.listFiles(`${home}/work/src`)).map((one) => one.name).join()
  await until('no half is left', async () => !(await names()).includes('.upload-'))
  assert.equal(await read('work/src/huge.bin'), 'precious')
  await page.getByRole('button', { name: 'Close the uploads' }).click()

  const dot = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='
  await sandbox.fs.writeFile(`${home}/work/src/dot.png`, Buffer.from(dot, 'base64'))
  await page.getByRole('button', { name: 'Read again' }).click()
  await row('dot.png').click()
  await page.getByRole('img', { name: 'dot.png' }).waitFor()
  assert.equal(await page.evaluate("document.querySelector('.viewer-picture img').naturalWidth"), 1)
})

test('downloads bring the same bytes, of a folder as an archive', async () => {
  await row('site').click()
  await row('deep').click()
  await row('big.bin').waitFor()
  const [download] = await Promise.all([page.waitForEvent('download'), choose('big.bin', 'Download')])
  assert.equal(download.suggestedFilename(), 'big.bin')
  const path = join(local, 'big.bin')
  await download.saveAs(path)
  assert.ok(readFileSync(path).equals(readFileSync(join(local, 'site/deep/big.bin'))))
  const [archive] = await Promise.all([page.waitForEvent('download'), choose('site', 'Download as archive')])
  assert.equal(archive.suggestedFilename(), 'site.tar.gz')
  await archive.saveAs(join(local, 'site.tar.gz'))
  assert.equal(readFileSync(join(local, 'site.tar.gz')).readUInt16BE(0), 0x1f8b)
  const left = await sandbox.process.executeCommand('ls -A /tmp | grep -c archive || true')
  assert.equal(left.result.trim(), '0')
})

test('what is made, renamed, moved, given rights and deleted', async () => {
  await tree.focus()
  await page.keyboard.press('Home')
  await page.keyboard.type('work')
  await page.getByRole('button', { name: 'New file' }).click()
  await page.getByLabel('Name', { exact: true }).fill('notes.md')
  await page.keyboard.press('Enter')
  await page.getByRole('button', { name: 'Close notes.md' }).waitFor()
  await row('notes.md').waitFor()
  await page.locator('.cm-focused').waitFor()
  await tree.focus()
  await page.keyboard.type('notes')
  await page.keyboard.press('F2')
  await page.getByLabel('New name of notes.md').fill('plan.md')
  await page.keyboard.press('Enter')
  await row('plan.md').waitFor()
  await page.getByRole('button', { name: 'Close plan.md' }).waitFor()
  await choose('plan.md', 'Permissions…')
  await page.getByRole('checkbox', { name: 'Others may read' }).uncheck()
  await look(page, 'files-permissions')
  await page.getByRole('button', { name: 'Save', exact: true }).last().click()
  await until('rights', async () => (await sandbox.fs.getFileDetails(`${home}/work/plan.md`)).permissions === '0640')
  await row('plan.md').dragTo(row('deep'))
  const moved = page.locator('.toast').filter({ hasText: 'plan.md is in' })
  await moved.waitFor()
  assert.equal(await sandbox.fs.exists(`${home}/work/src/site/deep/plan.md`), true)
  await moved.getByRole('button', { name: 'Undo' }).click()
  await until('moved back', () => sandbox.fs.exists(`${home}/work/plan.md`))
  await choose('site', 'Delete…')
  await page.getByRole('dialog').getByText('2 files, 24 MiB').waitFor()
  await look(page, 'files-delete')
  await page.getByRole('button', { name: 'Delete', exact: true }).click()
  await until('deleted', async () => !(await sandbox.fs.exists(`${home}/work/src/site`)))
  await row('site').waitFor({ state: 'detached' })
})

test('names and bytes of strangers harm nothing', async () => {
  const shown = '<img src=x onerror="window.harmed=1">␊⁇txt.sh'
  await row(shown).click()
  await editor.getByText('harmless').waitFor()
  await row('latin.dat').click()
  await page.getByText('This file is not text').waitFor()
  await row('\ufffdraw').click()
  await page.getByText('not valid UTF-8: such a file').waitFor()
  assert.equal(await page.evaluate('window.harmed'), undefined)
  await choose(shown, 'Delete…')
  await page.getByRole('button', { name: 'Delete', exact: true }).click()
  await until('deleted', async () => !(await sandbox.fs.exists(`${home}/work/${hostile}`)))
})

test('a search finds names and lines, and opens the line', async () => {
  await tree.focus()
  await page.keyboard.press('/')
  await page.keyboard.type('needle-in')
  await page.getByRole('button', { name: 'work/src/answer.ts:2' }).waitFor()
  await look(page, 'files-search')
  await page.getByRole('button', { name: 'work/src/answer.ts:2' }).click()
  await page.locator('.cm-activeLine').getByText('needle-in-the-hay').waitFor()
  await page.getByLabel('Search in names and files').fill('ANSWER')
  await page.getByRole('button', { name: 'work/src/answer.ts', exact: true }).waitFor()
  await page.getByRole('button', { name: 'End the search' }).click()
})

test('a folder with 5,000 files stays quick, and any folder can be gone to', async () => {
  await row('many').click()
  await row('file-00001.txt').waitFor()
  assert.ok((await tree.getByRole('treeitem').count()) < 100)
  await tree.focus()
  const started = performance.now()
  await page.keyboard.type('file-04999')
  await row('file-04999.txt').waitFor()
  for (let step = 0; step < 10; step++) await page.keyboard.press('ArrowUp')
  await row('file-04989.txt').waitFor()
  assert.ok(performance.now() - started < 8000, `${performance.now() - started} ms`)
  await page.getByLabel('Folder', { exact: true }).fill('/etc/hostname')
  await page.keyboard.press('Enter')
  await page.getByRole('button', { name: 'Close hostname' }).waitFor()
  await row('hostname').waitFor()
})

test('on no page axe finds a barrier, no script failed', () => {
  assert.deepEqual(barriers, [])
  assert.deepEqual(browser.faults, [])
})
