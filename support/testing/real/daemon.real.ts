import { existsSync, mkdirSync, readFileSync, renameSync, rmdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { cucumber } from '../cucumber_process'
import { Scratch } from '../scratch'
import { startActivemq, startRabbitmq, type RealBroker } from './brokers'
import { RealFleet, type Security } from './mcollectived'

const setups: [string, (scratch: Scratch) => Promise<RealBroker>, Security][] = [
  ['ActiveMQ with psk', startActivemq, 'psk'],
  ['ActiveMQ with ssl', startActivemq, 'ssl'],
  ['RabbitMQ with psk', startRabbitmq, 'psk'],
  ['RabbitMQ with ssl', startRabbitmq, 'ssl'],
  ['ActiveMQ with aes_security', startActivemq, 'aes_security'],
]
const POLICY = `policy default deny
allow\tuid=${process.getuid?.() ?? 0}\tping get_fact\tcountry=de\t*
deny\t*\t*\t*\t*
`

for (const [name, startBroker, security] of setups) {
  describe(`our daemon behind ${name}, driven by Ruby’s own client`, () => {
    let scratch: Scratch
    let broker: RealBroker | undefined
    let fleet: RealFleet
    let audit: string

    before(async function () {
      this.timeout(600_000)
      scratch = new Scratch()
      broker = await startBroker(scratch)
      fleet = new RealFleet(scratch, broker, security)
      await fleet.add('ruby1.example.net')
      audit = join(scratch.path, 'audit.log')
      const plugin = scratch.write(
        'plugins/check_words',
        '#!/bin/sh\necho "OK - $* | words=$#;;;"\nexit 0\n',
        0o755,
      )
      scratch.write(
        'nrpe.d/checks.cfg',
        `# checks\ncommand[check_words]=${plugin} 'two words' -c 5\ncommand[check_shell]=${plugin} $(reboot)\ncommand[check_false]=/bin/false\n`,
      )
      const cfg = `plugin.nrpe.conf_dir = ${join(scratch.path, 'nrpe.d')}\nrpcaudit = 1\nrpcauditprovider = logfile\nplugin.rpcaudit.logfile = ${audit}\n`
      await fleet.addOurs('ours1.example.net', { cfg: `${cfg}registerinterval = 1\n` })
      await fleet.addOurs('ours2.example.net', { country: 'fr', classes: 'roles::database', cfg })
      await fleet.addOurs('ours3.example.net', {
        cfg: `${cfg}rpcauthorization = yes\nrpcauthprovider = action_policy\n`,
        policies: { rpcutil: POLICY },
      })
    })

    after(async function () {
      this.timeout(600_000)
      await fleet.stop()
      await broker?.stop()
      scratch.remove()
    })

    const found = async (...args: string[]) =>
      (await fleet.mcoBeside(['find', ...args], 5)).trim().split('\n').filter(Boolean).sort()
    /** Expects each search to find exactly these hosts. All of them wait at the same time. */
    const expectFound = async (searches: readonly [args: readonly string[], hosts: readonly string[]][]) => {
      const seen = await Promise.all(searches.map(async ([args]) => [args, await found(...args)]))
      expect(seen).to.deep.equal(searches)
    }
    const [ours1, ours2, ours3, ruby1] = ['ours1', 'ours2', 'ours3', 'ruby1'].map(
      (name) => `${name}.example.net`,
    ) as [string, string, string, string]
    const all = [ours1, ours2, ours3, ruby1]

    it('is found beside Ruby’s by every kind of filter', async () => {
      await expectFound([
        [[], all],
        [['-C', 'roles::database'], [ours2]],
        [
          ['-F', 'country=de'],
          [ours1, ours3, ruby1],
        ],
        [['-F', 'country=/^f/'], [ours2]],
        [['-F', 'cores>=4'], all],
        [['-F', 'cores>4'], []],
        [
          ['-I', '/^ours[12]/'],
          [ours1, ours2],
        ],
        [['-A', 'nrpe'], all],
      ])
    }).timeout(600_000)

    it('is found by expressions as Ruby’s is', async () => {
      const by = (expression: string) => ['-S', expression]
      const fact = found(...by("fact('country').value=fr"))
      const agent = found(...by("agent('nrpe').timeout>5"))
      await expectFound([
        [by('country=de and not roles::database'), [ours1, ours3, ruby1]],
        [by('country=fr or (country=de and roles::dev_server)'), all],
        [by('roles::database or country=de and cores>9'), []],
        [by("not agent('nope').timeout>5"), []],
        [by("fstat('/etc/passwd').present=1"), all],
        [by("fstat('/nowhere').present=1 or roles::database"), [ours2]],
      ])
      expect(await fact)
        .to.include(ours2)
        .and.not.to.include(ours1)
      expect(await agent).to.include.members([ours1, ours2])
    }).timeout(600_000)

    it('answers ping, inventory, facts and rpcutil', () => {
      expect(fleet.mco(['ping'], 3)).to.match(/ours1\.example\.net\s+time=/)
      const inventory = fleet.mco(['inventory', 'ours1.example.net'], 5)
      for (const text of [
        'Inventory for ours1.example.net',
        'roles::dev_server',
        'country => de',
        'nrpe',
        'rpcutil',
      ])
        expect(inventory).to.contain(text)
      expect(fleet.mco(['facts', 'country'], 3)).to.match(/de\s+found 2 times|de\s+found 3 times/)
      const stats = fleet.mco(['rpc', 'rpcutil', 'daemon_stats', '-I', 'ours1.example.net'], 5)
      expect(stats)
        .to.match(/Agents: \["discovery"/)
        .and.to.match(/Version/)
      expect(
        fleet.mco(['rpc', 'rpcutil', 'get_config_item', 'item=psk', '-I', 'ours1.example.net'], 5),
      ).to.contain('Unknown config property psk')
    }).timeout(600_000)

    it('cannot be told from Ruby’s but by its name, and by what it has', () => {
      const asked: string[][] = [
        ['ping'],
        ['get_fact', 'fact=country'],
        ['get_fact', 'fact=nowhere'],
        ['get_facts', 'facts=country,cores,nowhere'],
        ['collective_info'],
        ['get_config_item', 'item=main_collective'],
        ['get_config_item', 'item=nowhere'],
        ['get_data', 'source=fact', 'query=country'],
        ['get_data', 'source=fstat', 'query=/nowhere'],
        ['get_data', 'source=fstat', 'query=/etc/hostname'],
        ['get_data', 'source=fstat', 'query=/etc'],
        ['no_such_action'],
      ]
      const said = (host: string, call: string[]) =>
        fleet
          .mco(['rpc', 'rpcutil', ...call, '-I', host, '--display', 'all', '--no-progress'], 5)
          .replaceAll(host, 'HOST')
          .replace(/ +$/gm, '')
          .replace(/\d\d:\d\d:\d\d|\d{10}|[\d.]+ ms|(?<=_age: )\d+|(?<=atime: )[\d-]+/g, 'N')
      for (const call of asked)
        expect(said('ours1.example.net', call), call.join(' ')).to.equal(said('ruby1.example.net', call))
    }).timeout(600_000)

    it('runs checks without a shell, and says what needs one', () => {
      const check = (command: string) =>
        fleet.mco(['rpc', 'nrpe', 'runcommand', `command=${command}`, '-I', 'ours1.example.net', '-v'], 5)
      expect(check('check_words')).to.contain('OK - two words -c 5').and.to.contain('words=3;;;')
      expect(check('check_shell')).to.contain('needs a shell or arguments')
      expect(check('check_false')).to.contain('WARNING').and.to.contain('the plugin printed nothing')
      expect(check('check_none')).to.contain('No such command')
    }).timeout(600_000)

    it('does what its policy allows, and nothing else', () => {
      const rpc = (...args: string[]) => fleet.mco(['rpc', 'rpcutil', ...args, '-I', 'ours3.example.net'], 5)
      if (security === 'psk') expect(rpc('get_fact', 'fact=country')).to.match(/Value: "?de/)
      expect(rpc('inventory')).to.contain('You are not authorized')
    }).timeout(600_000)

    it('writes each request into its audit log, in Ruby’s form', () => {
      fleet.mco(['rpc', 'rpcutil', 'get_fact', 'fact=cores', '-I', 'ours1.example.net'], 5)
      expect(readFileSync(audit, 'utf8')).to.match(
        /^\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC\] reqid=[0-9a-f]{32}: reqtime=\d+ caller=\S+@control\.example\.net agent=rpcutil action=get_fact data=\{:fact=>"cores"/m,
      )
    })

    it('carries nothing out while its audit log cannot be written', () => {
      renameSync(audit, `${audit}.aside`)
      mkdirSync(audit)
      try {
        expect(
          fleet.mco(['rpc', 'rpcutil', 'get_fact', 'fact=cores', '-I', 'ours1.example.net'], 5),
        ).to.contain('audit log')
      } finally {
        rmdirSync(audit)
        renameSync(`${audit}.aside`, audit)
      }
    })

    it('registers itself with the collectors of registrations', async () => {
      const told = join(
        scratch.path,
        `${broker?.kind}-${security}-ruby1.example.net`,
        'state.json.registered',
      )
      const until = Date.now() + 120_000
      while (!existsSync(told) && Date.now() < until) await new Promise((resolve) => setTimeout(resolve, 100))
      expect(readFileSync(told, 'utf8')).to.match(
        /^ours1\.example\.net (cert=server-public|uid=\d+) discovery rpcutil nrpe lock$/m,
      )
    }).timeout(600_000)

    it('is driven by our client, beside Ruby’s', async () => {
      scratch.write(
        'own.feature',
        `Feature: Own
  Scenario: Own
    Given I want to update hosts with identity /^(ours[12]|ruby1)/
    And I want to pre-discover how many hosts to update
    Then there should be exactly 3 hosts
    And every host should answer
`,
      )
      const run = await cucumber(['-p', 'live', 'own.feature'], scratch.path, {
        MCOLLECTIVE_CONFIG: fleet.clientCfg,
      })
      expect(run.exitCode, run.stdout + run.stderr).to.equal(0)
    }).timeout(600_000)

    it('comes back by itself when the broker is killed and started again', async () => {
      await broker?.kill()
      await broker?.restart()
      const until = Date.now() + 120_000
      // The host is found by class: a name alone is not looked for on the wire.
      const back = () => found('-C', 'roles::database')
      while ((await back()).length === 0 && Date.now() < until);
      expect(await back()).to.deep.equal([ours2])
    }).timeout(600_000)
  })
}
