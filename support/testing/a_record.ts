import type { Change } from '../history/changes'
import type { HistoryEntry } from '../history/history_record'

const at = '2026-11-21T08:00:00.000Z'

export function aChange(host: string, change: Partial<Change> = {}): Change {
  return {
    host,
    line: 5,
    step: 'I update',
    request: 'r1',
    resource: 'package web',
    what: 'package: update web',
    before: '1',
    after: '2',
    outcome: 'done',
    temporary: false,
    ...change,
  }
}

/** Returns the record of a run that passed on `a`, `b` and `c`, and changed the first of them. */
export function aRecord(change: Partial<HistoryEntry> = {}): HistoryEntry {
  return {
    run: 'run-1',
    environment: 'prod',
    release: '1.2',
    mode: 'live',
    feature: 'x.feature',
    sha256: 'h',
    by: 'me@here',
    tickets: ['OPS-1'],
    parameters: {},
    began: at,
    ended: at,
    outcome: 'passed',
    hosts: ['a', 'b', 'c'],
    out: [],
    notDone: [],
    restored: [],
    changes: [aChange('a')],
    drift: [],
    ...change,
  }
}
