import { closeSync, openSync } from 'node:fs'
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'
import { SqliteDialect } from 'kysely'

/** Prepared statements that are kept; listings with many filters make new ones. */
const keptStatements = 300
const options = { timeout: 5000, enableForeignKeyConstraints: true }

/**
 * Kysely's SQLite dialect over `node:sqlite`: a file, `:memory:`, or in memory with a copy of these bytes to begin with.
 * Every commit is on the disk before it is acknowledged (`synchronous=FULL`), so that nothing is lost with the power
 * either; it costs 0.2 ms.
 */
export function openSqlite(place: string | Uint8Array): SqliteDialect {
  const database = typeof place === 'string' ? openFile(place) : openBytes(place)
  // Pages are kept in memory, 32 MiB of them: a listing with filters reads every row of an organization.
  database.exec('pragma journal_mode = wal; pragma synchronous = full; pragma cache_size = -32768')
  return dialectOf(database)
}

/** Kysely's dialect over an open database. */
export function dialectOf(database: DatabaseSync): SqliteDialect {
  const statements = new Map<string, ReturnType<typeof adapt>>()
  return new SqliteDialect({
    database: {
      close: () => database.close(),
      prepare(sql) {
        const known = statements.get(sql)
        if (known !== undefined) return known
        if (statements.size >= keptStatements) statements.clear()
        const made = adapt(database.prepare(sql))
        statements.set(sql, made)
        return made
      },
    },
  })
}

function openFile(path: string): DatabaseSync {
  // Made here so that it is never readable for others; SQLite gives its side files the same mode.
  if (path !== ':memory:') closeSync(openSync(path, 'a', 0o600))
  return new DatabaseSync(path, options)
}

function openBytes(bytes: Uint8Array): DatabaseSync {
  const database = new DatabaseSync(':memory:', options)
  database.deserialize(bytes)
  return database
}

/** The four members of a statement that Kysely calls. Kysely types parameters as unknown; ours are SQL values. */
function adapt(statement: StatementSync) {
  return {
    reader: statement.columns().length > 0,
    all: (values: readonly unknown[]) => statement.all(...(values as SQLInputValue[])),
    run: (values: readonly unknown[]) => statement.run(...(values as SQLInputValue[])),
    iterate: (values: readonly unknown[]) => statement.iterate(...(values as SQLInputValue[])),
  }
}
