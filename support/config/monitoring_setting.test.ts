import { expect } from 'chai'
import { Scratch } from '../testing/scratch'
import { monitoringFolders, readMonitoringSetting } from './monitoring_setting'

const NAGIOS = 'nagios: { folder: /etc/nagios4/lockstep, reload: [systemctl, reload, nagios4] }'
const ICINGA =
  'icinga: { url: "https://icinga.example.net:5665/", user: lockstep, password: { env: SECRET } }'

describe('monitoring in lockstep.yaml', () => {
  let scratch: Scratch
  beforeEach(() => (scratch = new Scratch()))
  afterEach(() => scratch.remove())

  const write = (keys: string) => scratch.write('lockstep.yaml', `monitoring: { ${keys} }\n`)
  const read = (keys: string, env: Record<string, string> = { SECRET: 's3cret' }) =>
    readMonitoringSetting(write(keys), { env })

  it('is none where the file has no such key', () => {
    const path = scratch.write('lockstep.yaml', 'environments: {}\n')
    expect(readMonitoringSetting(path, { env: {} })).to.equal(undefined)
    expect(monitoringFolders(path)).to.equal(undefined)
  })

  it('has defaults for all that a system can have one for', () => {
    expect(read(`${NAGIOS}, prometheus: { file: /etc/sd/hosts.json }`)).to.deep.equal({
      environment: undefined,
      everyMs: 60_000,
      maxRemoved: 20,
      addressFact: undefined,
      nagios: {
        config: '/etc/nagios4/nagios.cfg',
        folder: '/etc/nagios4/lockstep',
        program: 'nagios4',
        reload: ['systemctl', 'reload', 'nagios4'],
        hostTemplate: 'lockstep-host',
        serviceTemplate: 'lockstep-service',
        checkCommand: 'check_nrpe',
      },
      icinga: undefined,
      prometheus: { file: '/etc/sd/hosts.json', port: 9_100 },
      secrets: [],
      secretFiles: [],
      warnings: [],
    })
  })

  it('reads the password of Icinga from elsewhere, and names it as a secret', () => {
    const settings = read(ICINGA)
    expect(settings?.icinga).to.include({ url: 'https://icinga.example.net:5665', password: 's3cret' })
    expect(settings?.secrets).to.deep.equal(['s3cret'])
  })

  it('names the folders that it writes without the secrets, as a unit needs them', () => {
    expect(
      monitoringFolders(write(`${NAGIOS}, ${ICINGA}, prometheus: { file: /etc/sd/hosts.json }`)),
    ).to.deep.equal(['/etc/nagios4/lockstep', '/etc/sd'])
  })

  for (const [keys, why] of [
    [
      'every: 1 minute',
      /:1: monitoring names no system; expected one or more of: nagios, icinga, prometheus/,
    ],
    [`every: 1 ms, ${NAGIOS}`, /from 1 second/],
    [`max_removed: 101, ${NAGIOS}`, /percent up to 100/],
    [`max_removed: 0.5, ${NAGIOS}`, /whole number of percent/],
    ['nagios: { folder: lockstep, reload: [x] }', /a path of one line/],
    ['nagios: { folder: "/etc/x\\ncfg_dir=/", reload: [x] }', /a path of one line/],
    ['nagios: { folder: /x, reload: [] }', /a program/],
    ['nagios: { folder: /x, reload: [sleep, 600] }', /is 600; expected a text; a number stands in quotes/],
    ['nagios: { folder: /x, reload: [x], host_template: "a}b" }', /the name of a template/],
    [ICINGA.replace('https:', 'http:'), /where its API is/],
    [ICINGA.replace('//icinga', '//u:plain-secret@icinga'), /where its API is/],
    [ICINGA.replace('icinga.example.net:5665', '['), /where its API is/],
    [ICINGA.replace(':5665', ':99999'), /where its API is/],
    [ICINGA.replace('{ env: SECRET }', 'plain-secret'), /where the secret is/],
    [ICINGA.replace('SECRET', 'GONE'), /GONE, which is not set/],
    [ICINGA.replace('user:', 'ca: gone.pem, user:'), /gone\.pem cannot be read/],
    ['prometheus: { file: /x, port: 0 }', /a port from 1/],
    ['zabbix: {}', /zabbix/],
  ] as const)
    it(`refuses ${keys}`, () => {
      expect(() => read(keys)).to.throw(why)
      expect(() => read(keys)).not.to.throw(/plain-secret/)
    })
})
