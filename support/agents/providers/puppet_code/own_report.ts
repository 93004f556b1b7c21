import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs'
import { excerpt } from '../../../system/redaction'
import type { PuppetReport } from '../../puppet'
import { MAX_REPORT, parseReport } from '../puppet_report'

const MAX_LOG = 1_000_000
const MAX_TOLD = 400
const MAX_LINES = 3
/** What puppet adds to each catalog. Source: puppet 7.23.0, lib/puppet/type/schedule.rb and filebucket.rb */
const OF_PUPPET = /^(?:Schedule\[(?:puppet|hourly|daily|weekly|monthly|never)\]|Filebucket\[puppet\])$/

/** Reads the report of a run of this machine. A file that is not whole is said to be so, and is never taken for a run. */
export function readOwnReport(path: string): PuppetReport {
  let text: string
  try {
    text = readBounded(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { found: 'none' }
    return { found: 'unreadable', problem: `cannot be read: ${(error as Error).message}` }
  }
  return parseReport(text)
}

function readBounded(path: string): string {
  const file = openSync(path, 'r')
  try {
    const { size } = fstatSync(file)
    if (size > MAX_REPORT) throw new Error(`it has ${size} bytes, and ${MAX_REPORT} at most are read`)
    return readFileSync(file, 'utf8')
  } finally {
    closeSync(file)
  }
}

/** Returns how many resources a report has that are of the code, and not of puppet itself. */
export function countResources(path: string): number {
  const [, statuses = ''] = readFileSync(path, 'utf8').split(/^resource_statuses:/m)
  const [own = ''] = statuses.split(/^[a-z_]+:/m)
  // A name of several lines, or with a colon in it, is written as a key of its own.
  const names = own
    .split('\n')
    .flatMap((line) => /^ {2}(?:\? )?["']?([A-Z][^\n]*?)["']?:?$/.exec(line)?.[1] ?? [])
  const long = own.split('\n').filter((line) => /^ {2}\? [|>]/.test(line)).length
  return names.filter((name) => !OF_PUPPET.test(name)).length + long
}

/** Returns why a run has left no report, by what puppet said last. */
export function whyNoReport(log: string): string {
  let text: string
  try {
    text = readFileSync(log, 'utf8').slice(-MAX_LOG)
  } catch {
    return 'puppet has not begun'
  }
  if (/cannot create .*File exists|cannot overwrite existing file/i.test(text))
    return 'another run of puppet came first'
  // Facter complains of what a container does not let it see, and goes on.
  const lines = text.split('\n').filter((line) => /^Error: (?!Facter:)/.test(line))
  const told =
    lines.length > 0
      ? lines.slice(0, MAX_LINES)
      : text
          .split('\n')
          .filter((line) => line.trim() !== '')
          .slice(-1)
  return told.length === 0
    ? 'puppet ended without a word'
    : `puppet said: ${excerpt(told.join('; '), MAX_TOLD)}`
}
