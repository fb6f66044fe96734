import { variableOf } from './config.ts'
import type { Setting } from './setting.ts'
import { type SettingName, settings } from './settings.ts'

/** The settings as lines of `--help`. */
export function helpLines(): readonly string[] {
  return rows().map(([name, row]) => {
    const flag = `--${name} <${row.type.split(',')[0]}>`
    return `  ${flag.padEnd(34)} ${row.doc.replaceAll('`', '')} (${shownDefault(row).replaceAll('`', '')})`
  })
}

/** The settings as the page `docs/reference/config.md`. */
export function configPage(): string {
  const lines = [
    '# Configuration',
    '',
    'Each setting is a flag or an environment variable; the flag wins. This page is made from `platform/src/settings.ts`',
    'by `npm run docs`.',
    '',
    '| Flag | Variable | Type | Default | Meaning |',
    '|---|---|---|---|---|',
  ]
  for (const [name, row] of rows()) {
    const meaning = row.secret === true ? `${row.doc} Never printed in a log.` : row.doc
    lines.push(`| \`--${name}\` | \`${variableOf(name)}\` | ${row.type} | ${shownDefault(row)} | ${meaning} |`)
  }
  return `${lines.join('\n')}\n`
}

function rows(): [SettingName, Setting<unknown, unknown>][] {
  return Object.entries(settings) as [SettingName, Setting<unknown, unknown>][]
}

function shownDefault(row: Setting<unknown, unknown>): string {
  if (row.shown !== undefined) return row.shown
  if (row.fallback === null || (Array.isArray(row.fallback) && row.fallback.length === 0)) return 'none'
  return `\`${String(row.fallback)}\``
}
