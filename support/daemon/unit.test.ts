import { expect } from 'chai'
import { systemdUnit } from './unit'

describe('the unit of a host that changes no packages', () => {
  it('may write where its password files are, and nowhere else beside its own state', () => {
    const unit = systemdUnit({
      command: ['node', 'lockstep.cjs', 'agent'],
      environment: { stateFolder: '/var/lib/lockstep/a', auditFile: undefined, path: '' },
      changesTheSystem: false,
      writes: ['/etc/apache2', '/etc/apache2', '/etc/nginx'],
    })
    expect(unit.match(/^ReadWritePaths=.*$/gm)).to.deep.equal([
      'ReadWritePaths=-/var/lib/lockstep/a',
      'ReadWritePaths=-/etc/apache2',
      'ReadWritePaths=-/etc/nginx',
    ])
  })
})
