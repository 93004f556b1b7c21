import { spawnSync } from 'node:child_process'
import { expect } from 'chai'
import { systemdUnit } from '../../daemon/unit'
import { Scratch } from '../scratch'

describe('the unit for systemd', () => {
  for (const changesTheSystem of [true, false]) {
    it(`of a host whose packages ${changesTheSystem ? 'are' : 'are not'} managed is one that systemd takes as it is`, () => {
      const scratch = new Scratch()
      const path = scratch.write(
        'lockstep-agent.service',
        systemdUnit({
          command: [
            process.execPath,
            '/opt/with space/100%/lockstep.cjs',
            'agent',
            '--config',
            '/etc/$x/server.cfg',
          ],
          environment: { stateFolder: '/var/lib/lockstep/a', auditFile: '/var/log/audit.log', path: '' },
          changesTheSystem,
        }),
      )
      const { stdout, stderr, status } = spawnSync('systemd-analyze', ['verify', path], { encoding: 'utf8' })
      const about = `${stdout}${stderr}`.split('\n').filter((line) => line.includes('lockstep-agent'))
      scratch.remove()
      expect(status).to.equal(0)
      expect(about).to.deep.equal([])
    })
  }
})
