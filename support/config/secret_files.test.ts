import { join } from 'node:path'
import { expect } from 'chai'
import { Scratch } from '../testing/scratch'
import { secretFilesOf } from './secret_files'

describe('the files with secrets that are named', () => {
  let scratch: Scratch
  beforeEach(() => (scratch = new Scratch()))
  afterEach(() => scratch.remove())

  const named = (part: unknown) => secretFilesOf(part, join(scratch.path, 'lockstep.yaml'))
  const at = (...names: string[]) => names.map((name) => join(scratch.path, name))

  it('are all keys, passwords and tokens, wherever they stand', () => {
    const production = {
      brokers: [
        {
          host: 'mq',
          password: { file: 'mq.password' },
          tls: { ca: 'ca.pem', cert: 'c.pem', key: 'tls.key' },
        },
      ],
      security: { provider: 'ssl', private_key: 'deploy.pem', public_key: 'deploy.pub' },
      notifications: [{ webhook: { env: 'HOOK' }, hmac: { file: '/etc/hook.key' } }],
    }
    const test = { security: { provider: 'psk', secret: { file: 'psk' } } }
    const eyaml = { private_key: 'eyaml.pem', public_key: 'eyaml.pub' }
    expect(named({ eyaml, environments: { production, test } })).to.deep.equal([
      ...at('eyaml.pem', 'mq.password', 'tls.key', 'deploy.pem'),
      '/etc/hook.key',
      ...at('psk'),
    ])
  })

  it('are those of a client.cfg too, which may also be none', () => {
    scratch.write(
      'client.cfg',
      `# plugin.aes.client_private = /no
plugin.ssl_client_private = /keys/deploy.pem
  plugin.aes.client_private=/keys/aes.pem
plugin.ssl_client_public = /keys/deploy.pub
plugin.activemq.pool.1.ssl.key = /keys/tls.key
`,
    )
    expect(
      named({ test: { client_config: 'client.cfg' }, other: { client_config: 'none.cfg' } }),
    ).to.deep.equal([
      ...at('client.cfg'),
      '/keys/deploy.pem',
      '/keys/aes.pem',
      '/keys/tls.key',
      ...at('none.cfg'),
    ])
  })
})
