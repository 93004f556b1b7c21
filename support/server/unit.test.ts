import { expect } from 'chai'
import { runnerUnit, serveUnit } from './unit'

describe('the unit of lockstep serve', () => {
  it('runs as a user of its own, and writes its own folders alone', () => {
    const unit = serveUnit({
      command: ['/usr/bin/node', 'serve', '--state', '/var/a b/50%'],
      writes: ['/var/a b/50%', '/spool'],
      capabilities: [],
      rollsOut: false,
    })
    expect(unit).to.contain('ExecStart=/usr/bin/node serve --state "/var/a b/50%%"\n')
    expect(unit).to.contain('ReadWritePaths="-/var/a b/50%%"\nReadWritePaths=-/spool\n')
    expect(unit)
      .to.match(/^User=lockstep$/m)
      .and.match(/^ProtectSystem=strict$/m)
      .and.match(/^Type=notify$/m)
      .and.match(/^AmbientCapabilities=$/m)
  })

  it('goes on where a build runs out of memory', () => {
    for (const capabilities of [[], ['CAP_SETUID']])
      expect(serveUnit({ command: ['/serve'], writes: [], capabilities, rollsOut: false })).to.match(
        /^OOMPolicy=continue$/m,
      )
  })

  it('lets no build of another user tell systemd of another main process, or of a fault', () => {
    const unit = serveUnit({ command: ['/serve'], writes: [], rollsOut: false, capabilities: ['CAP_SETUID'] })
    expect(unit)
      .to.match(/^Type=exec$/m)
      .and.match(/^NotifyAccess=none$/m)
      .and.not.match(/^WatchdogSec=/m)
  })

  it('has the same rights as that of a runner, which has words of its own', () => {
    const parts = { command: ['/ci', '--listen'], writes: ['/state'], capabilities: ['CAP_KILL'] }
    const rights = (unit: string) =>
      unit.split('\n').filter((line) => /^(Cap|Amb|NoNew|Protect|Private|Restrict)/.test(line))
    const unit = runnerUnit(parts)
    expect(rights(unit)).to.deep.equal(rights(serveUnit({ ...parts, rollsOut: false })))
    expect(unit).to.match(/^Description=Lockstep's runner/m)
    expect(unit)
      .to.match(/^EnvironmentFile=-\/etc\/default\/lockstep-runner$/m)
      .and.match(/^UMask=0077$/m)
  })

  it('gets what it needs to become the user of builds, and nothing more', () => {
    const unit = serveUnit({
      command: ['/serve'],
      writes: [],
      rollsOut: false,
      capabilities: ['CAP_SETUID', 'CAP_KILL'],
    })
    expect(unit)
      .to.match(/^CapabilityBoundingSet=CAP_SETUID CAP_KILL$/m)
      .and.match(/^AmbientCapabilities=CAP_SETUID CAP_KILL$/m)
  })

  it('leaves rollouts to themselves when it ends, and gives them the locks of the machine', () => {
    const unit = (rollsOut: boolean) =>
      serveUnit({ command: ['/serve'], writes: [], capabilities: [], rollsOut })
    expect(unit(true))
      .to.match(/^KillMode=process$/m)
      .and.match(/^Environment=LOCKSTEP_LOCKS=\/run\/lock\/lockstep$/m)
      .and.match(/^ReadWritePaths=\/run\/lock$/m)
    expect(unit(false)).not.to.match(/KillMode|\/run\/lock/)
  })
})
