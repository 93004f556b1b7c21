import { expect } from 'chai'
import { serveUnit } from './unit'

describe('the unit of lockstep serve', () => {
  it('runs as a user of its own, and writes its own folders alone', () => {
    const unit = serveUnit({
      command: ['/usr/bin/node', 'serve', '--state', '/var/a b/50%'],
      writes: ['/var/a b/50%', '/spool'],
      capabilities: [],
    })
    expect(unit).to.contain('ExecStart=/usr/bin/node serve --state "/var/a b/50%%"\n')
    expect(unit).to.contain('ReadWritePaths="-/var/a b/50%%"\nReadWritePaths=-/spool\n')
    expect(unit)
      .to.match(/^User=lockstep$/m)
      .and.match(/^ProtectSystem=strict$/m)
      .and.match(/^Type=notify$/m)
      .and.match(/^AmbientCapabilities=$/m)
  })

  it('gets what it needs to become the user of builds, and nothing more', () => {
    const unit = serveUnit({ command: ['/serve'], writes: [], capabilities: ['CAP_SETUID', 'CAP_KILL'] })
    expect(unit)
      .to.match(/^CapabilityBoundingSet=CAP_SETUID CAP_KILL$/m)
      .and.match(/^AmbientCapabilities=CAP_SETUID CAP_KILL$/m)
  })
})
