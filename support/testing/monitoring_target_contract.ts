import { expect } from 'chai'
import fc from 'fast-check'
import { compareHosts, hasChanges } from '../monitoring/systems/compare_hosts'
import { refuseHost } from '../monitoring/systems/writable'
import type { MonitoredHost, MonitoringTarget } from '../monitoring/systems/target'

const signal = new AbortController().signal
const web = (n: number, more: Partial<MonitoredHost> = {}): MonitoredHost => ({
  name: `web${n}.example.net`,
  address: `192.0.2.${n}`,
  classes: ['roles::web', 'nginx'],
  checks: [],
  ...more,
})

/** Describes what every monitoring system has to do. `open` makes one that has nothing of Lockstep yet. */
export function behavesAsMonitoringTarget(open: () => MonitoringTarget): void {
  const listed = async (target: MonitoringTarget) =>
    [...(await target.list(signal))].sort((a, b) => (a.name < b.name ? -1 : 1))

  it('has no host at first, and then exactly those that it was told of', async () => {
    const target = open()
    expect(await target.list(signal)).to.deep.equal([])
    expect(await target.apply([web(1), web(2)], signal)).to.deep.equal([])
    expect(await listed(target)).to.deep.equal([web(1), web(2)])
    await target.apply([web(2, { address: '2001:db8::2', classes: [] }), web(3)], signal)
    expect(await listed(target)).to.deep.equal([web(2, { address: '2001:db8::2', classes: [] }), web(3)])
    await target.apply([], signal)
    expect(await target.list(signal)).to.deep.equal([])
  })

  it('has the checks of a host, where it takes checks', async () => {
    const target = open()
    const checks = target.takesChecks ? ['check_disk', 'check_load'] : []
    await target.apply([web(1, { checks })], signal)
    expect(await listed(target)).to.deep.equal([web(1, { checks })])
    await target.apply([web(1, { checks: checks.slice(1) })], signal)
    expect(await listed(target)).to.deep.equal([web(1, { checks: checks.slice(1) })])
  })

  it('shows the same names for any texts that may be written, and nothing else', async () => {
    const sign = fc.constantFrom(...'aZ09._-:;{}$!#"\'\\ \t\n\r\0,=ä%')
    const text = fc.oneof(
      fc.string({ unit: sign, minLength: 1, maxLength: 12 }),
      fc.constantFrom('__proto__', 'constructor', 'a;b', 'a\ndefine host {', '$USER1$', 'a!b', '}', '../x'),
      fc.stringMatching(/^[a-z][a-z0-9._-]{0,8}$/),
    )
    const host = fc.record({
      name: text,
      address: text,
      classes: fc.uniqueArray(text, { maxLength: 2 }),
      checks: fc.uniqueArray(text, { maxLength: 2 }),
    })
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(host, { maxLength: 4, selector: ({ name }) => name }),
        async (hosts) => {
          const target = open()
          const allowed = hosts
            .map((each) => (target.takesChecks ? each : { ...each, checks: [] }))
            .filter((each) => refuseHost(each) === undefined)
          await target.apply(allowed, signal)
          expect(hasChanges(compareHosts(await target.list(signal), allowed))).to.equal(false)
        },
      ),
      { numRuns: 100 },
    )
  })
}
