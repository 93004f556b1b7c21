import { createReadStream } from 'node:fs'
import { Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { CsvError, parse } from 'csv-parse'
import { DELIMITERS, type Delimiter } from '../config/inventory_sources'
import { LockstepError } from '../system/errors'
import { openRegularFile } from '../system/regular_file'
import { CsvTable } from './csv_table'
import type { Host } from './host'

/** The most bytes of a row; a longer row has a quote that was never closed. */
const MAX_ROW = 64 * 1024

/** Reads the hosts of a CSV file. @throws LockstepError `bad-config` naming file and line */
export async function readCsv(
  { path, delimiter }: { path: string; delimiter: Delimiter },
  add: (host: Host) => void,
  signal: AbortSignal,
): Promise<void> {
  const table = new CsvTable(path, delimiter, add)
  const parser = parse({
    bom: true,
    delimiter: DELIMITERS[delimiter],
    record_delimiter: ['\r\n', '\n', '\r'],
    relax_column_count: true,
    max_record_size: MAX_ROW,
    on_record(cells: string[], { lines }) {
      table.row(cells, lines)
      return null
    },
  })
  try {
    await pipeline(createReadStream(path, { fd: openRegularFile(path).fd }), parser, nowhere(), { signal })
  } catch (error) {
    throw inWords(error, path, table)
  }
  table.end()
}

/** Returns a stream that discards rows: they are dealt with as they are read, and none is left over. */
function nowhere(): Writable {
  return new Writable({ objectMode: true, write: (_row, _encoding, done) => done() })
}

function inWords(error: unknown, path: string, table: CsvTable): unknown {
  if (error instanceof LockstepError) return error
  if (error instanceof CsvError) {
    const what = error.code === 'CSV_MAX_RECORD_SIZE' ? `the row has more than ${MAX_ROW} bytes` : QUOTES
    return new LockstepError('bad-config', `${path}:${table.nextLine}: ${what}${table.hint}`, {
      cause: error,
    })
  }
  if ((error as Error).name === 'AbortError')
    return new LockstepError('interrupted', 'the operator asked to stop while the inventory was read')
  const { code, message } = error as NodeJS.ErrnoException
  const reason = code === undefined ? undefined : REASONS[code]
  return new LockstepError('bad-config', `the inventory ${path} cannot be read: ${reason ?? message}`, {
    cause: error,
  })
}

const QUOTES =
  'the quotes of the row that begins here do not pair; a cell is in quotes from its first character to its last, and a quote in it is written twice'
const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'permission is denied',
  EISDIR: 'it is a folder',
}
