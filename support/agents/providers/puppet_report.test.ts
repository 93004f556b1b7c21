import { expect } from 'chai'
import fc from 'fast-check'
import type { WholeReport } from '../puppet'
import { parseReport } from './puppet_report'

/** A report as Debian's puppet-agent 7.23 wrote it, with fewer resources. */
const REPORT = `--- !ruby/object:Puppet::Transaction::Report
host: web1.test
time: '2026-11-23T07:10:57.040642257+00:00'
configuration_version: release 1.0.0 abcdef
transaction_uuid: 24535338-076a-48e1-8ef5-807c0c1b84f3
report_format: 12
puppet_version: 7.23.0
status: unchanged
transaction_completed: true
noop: true
noop_pending: true
environment: production
logs:
- level: notice
  message: |-
    --- /etc/secret
    +the-password
  source: "/Stage[main]/Main/File[/etc/secret]/content"
metrics:
  resources:
    name: resources
    values:
    - - total
      - Total
      - 12
resource_statuses:
  File[/etc/motd]:
    title: "/etc/motd"
    failed: false
    failed_to_restart: false
    changed: false
    out_of_sync: true
    skipped: false
    tags: &1
    - file
    events:
    - audited: false
      property: ensure
      previous_value: absent
      desired_value: file
      message: current_value 'absent', should be 'file' (noop)
      name: file_created
      status: noop
      redacted:
    - property: content
      previous_value: "{sha256}ab"
      desired_value: "one\\ntwo"
      name: content_changed
      status: noop
  User[bob]:
    tags: *1
    failed: false
    events:
    - property: password
      previous_value: "$6$old"
      desired_value: "$6$new"
      name: password_changed
      status: noop
  Service[ntp]:
    failed: false
    events:
    - property:
      name: noop_restart
      status: noop
  Exec[bad]:
    failed: true
    skipped: false
    events:
    - property: returns
      message: "the-password"
      status: failure
  Notify[late]:
    skipped: true
    events: []
corrective_change: false
catalog_uuid: 593f4172-50bd-4800-95f4-14b666fd3d39
job_id: lockstep-abc
cached_catalog_status: not_used
`

const whole = (text: string): WholeReport => {
  const report = parseReport(text)
  if (report.found !== 'whole') throw new Error(JSON.stringify(report))
  return report
}

describe('a report of puppet', () => {
  it('tells which run it is of, and what would change', () => {
    const { run, began, config_version, noop, completed, catalog, failed, skipped_count, changes } =
      whole(REPORT)
    expect({ run, began, config_version, noop, completed, catalog, failed, skipped_count }).to.deep.equal({
      run: 'lockstep-abc',
      began: '2026-11-23T07:10:57.040Z',
      config_version: 'release 1.0.0 abcdef',
      noop: true,
      completed: true,
      catalog: 'not_used',
      failed: ['Exec[bad]'],
      skipped_count: 1,
    })
    expect(changes.map(({ resource, change }) => `${resource} ${change}`)).to.deep.equal([
      'File[/etc/motd] absent → file',
      'File[/etc/motd] content {sha256}ab → [several lines]',
      'User[bob] password [redacted] → [redacted]',
      'Service[ntp] noop restart',
    ])
  })

  it('keeps no message, and no text that may be secret', () => {
    const told = JSON.stringify(parseReport(REPORT))
    expect(told).not.to.match(/the-password|\$6\$/)
  })

  it('that is half-written is never taken for a run: not one beginning of it', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: REPORT.length - 1 }), (end) => {
        const report = parseReport(REPORT.slice(0, end))
        // Without its last lines it names no run and no source of its catalog: then it proves nothing either.
        if (report.found === 'whole') expect([report.run, report.catalog]).to.include('')
        else expect(report.found).to.equal('unreadable')
      }),
      { numRuns: 1_000 },
    )
    expect(parseReport('')).to.have.property('found', 'unreadable')
    expect(parseReport('a: [\n')).to.deep.equal({
      found: 'unreadable',
      problem: 'is half-written: it is no whole YAML',
    })
  })

  it('with more changes than are told counts them all', () => {
    const many = Array.from(
      { length: 150 },
      (_, n) => `  File[/${n}]:\n    out_of_sync: true\n    events: []\n`,
    ).join('')
    const { changes, changes_count } = whole(
      REPORT.replace('  File[/etc/motd]:', `${many}  File[/etc/motd]:`),
    )
    expect([changes.length, changes_count]).to.deep.equal([100, 154])
  })

  it('of any text is read without an error', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.nat(REPORT.length), (text, at) => {
        const { found } = parseReport(REPORT.slice(0, at) + text + REPORT.slice(at))
        expect(found).to.be.oneOf(['whole', 'unreadable'])
      }),
    )
  })
})
