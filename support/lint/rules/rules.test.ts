import { expect } from 'chai'
import { featureOf } from '../../testing/feature_lines'
import { lint } from '../lint'
import { rules } from '.'

const GOOD = `Background
Given the load balancer is the haproxy backend www
And I want to update hosts with class web
And there should be at least 4 hosts
And at least 50% of the pool must stay in service
Scenario
Given I take the next 1 host
When I drain the load balancer
And I update the package mywebapp
Then the package version for mywebapp should be 2
When I unblock the load balancer
Scenario
Given I take the next the rest
When I drain the load balancer
And I update the package mywebapp
Then the package version for mywebapp should be 2
When I unblock the load balancer`

const SELECTED =
  'Given the load balancer has ip address 192.168.1.1\nAnd I want to update the hosts:\n| web1 |'
const OUT = `${SELECTED}\nWhen I block the load balancer`
const NEVER_OUT =
  'Given the load balancer is the haproxy backend www\nWhen I update the package a\nThen the package version for a should be 2'

const GIT = `Given I want to update the hosts:
| web1 |
And the repository website
And the tag v2`

/** The findings, as `line rule`, in a feature that has one mistake, and in one that has none. */
const HOSTS = 'Given I want to update the hosts:\n| web1 |'

const CASES: readonly { what: string; feature: string; finds: readonly string[]; says?: string }[] = [
  { what: 'a good feature', feature: GOOD, finds: [] },
  {
    what: 'a deploy that is looked at',
    feature: `${GIT}\nWhen I deploy the tag\nThen the deployed tag should be v2`,
    finds: [],
  },
  {
    what: 'a deploy that a failure does not undo',
    feature: `${GIT}\nAnd on failure every touched host goes back to the version it had\nWhen I deploy the tag\nThen the deployed tag should be v2`,
    finds: ['5 deploy-stays'],
    says: 'the tag of "I deploy the tag" (line 6) stays',
  },
  {
    what: 'a deploy after whose failure healthy hosts go back into rotation',
    feature: `${GIT}\nAnd on failure healthy hosts go back into rotation\nWhen I deploy the tag\nThen the deployed tag should be v2`,
    finds: [],
  },
  {
    what: 'a downtime that no line ends',
    feature: `${HOSTS}\nWhen I begin a downtime of at most 1 hour`,
    finds: ['3 block-without-unblock'],
    says: 'no line after it ends the downtime',
  },
  {
    what: 'a downtime that is expected after it has ended',
    feature: `${HOSTS}\nWhen I begin a downtime of at most 1 hour\nAnd I end the downtime\nThen the hosts should be in downtime`,
    finds: ['5 opposite-checked'],
  },
  {
    what: 'a downtime that ends',
    feature: `${HOSTS}\nWhen I begin a downtime of at most 1 hour\nThen the hosts should be in downtime\nWhen I end the downtime\nThen the hosts should not be in downtime`,
    finds: [],
  },
  {
    what: 'a run of puppet that no line looks at',
    feature: `${HOSTS}\nWhen I run puppet in noop\nAnd I run puppet\nThen puppet should have applied release "1"`,
    finds: ['4 puppet-without-check'],
    says: 'no line after it looks whether a resource failed',
  },
  {
    what: 'a run of puppet that none in noop comes before',
    feature: `${HOSTS}\nWhen I run puppet\nThen puppet should have failed on no resource`,
    finds: ['3 puppet-without-noop'],
  },
  {
    what: 'a run of puppet while it is disabled',
    feature: `${HOSTS}\nWhen I disable puppet\nAnd I run puppet in noop\nThen puppet would change nothing\nWhen I enable puppet`,
    finds: ['4 puppet-run-while-disabled'],
    says: 'has disabled puppet',
  },
  {
    what: 'a run of puppet in noop, then a live one that is looked at',
    feature: `${HOSTS}\nWhen I run puppet in noop\nThen puppet would change nothing\nWhen I run puppet\nThen puppet should have failed on no resource`,
    finds: [],
  },
  {
    what: 'a deploy that no line looks at',
    feature: `${GIT}\nWhen I deploy the tag`,
    finds: ['5 deploy-without-look'],
  },
  {
    what: 'a look at another tag than the one that is deployed',
    feature: `${GIT}\nWhen I deploy the tag\nThen the deployed tag should be v3`,
    finds: ['6 other-tag-checked'],
    says: '"the tag v2" (line 4) names the tag that is deployed',
  },
  {
    what: 'a deploy without a tag and a repository',
    feature: `Given I want to update the hosts:\n| web1 |\nWhen I deploy the tag\nThen the deployed tag should be v2`,
    finds: ['3 no-repository', '4 no-repository'],
    says: 'names the repository and the tag',
  },
  {
    what: 'a deploy to hosts in rotation',
    feature: `Given the load balancer is the haproxy backend www\nAnd the repository website\nAnd the tag v2\nWhen I deploy the tag\nThen the deployed tag should be v2`,
    finds: ['4 change-in-rotation'],
  },

  {
    what: 'a block that nothing answers',
    feature: `${OUT}\nThen traffic from the load balancer should be blocked`,
    finds: ['4 block-without-unblock'],
    says: '"I block the load balancer", and no line after it puts its hosts back',
  },
  {
    what: 'a second balancer that is put back for the first',
    feature: `${OUT}\nGiven the load balancer has ip address 192.168.1.2\nWhen I unblock the load balancer`,
    finds: ['4 block-without-unblock'],
  },
  {
    what: 'a drain and a block that are answered once',
    feature: `${OUT}\nWhen I block the load balancer\nWhen I unblock the load balancer`,
    finds: [],
  },
  {
    what: 'hosts put back in a later scenario',
    feature: `Background\n${SELECTED}\nScenario\nWhen I block the load balancer\nScenario\nWhen I unblock the load balancer`,
    finds: [],
  },
  {
    what: 'hosts of one wave that are put back in another',
    feature: `Background\n${SELECTED}\nScenario\nGiven I take the next 1 host\nWhen I block the load balancer\nScenario\nGiven I take the next the rest\nWhen I unblock the load balancer`,
    finds: ['7 block-without-unblock'],
  },
  {
    what: 'a step of a team’s own that may put hosts back',
    feature: `${OUT}\nWhen the hosts are put back`,
    finds: [],
  },
  {
    what: 'a look of a team’s own, which puts nobody back',
    feature: `${OUT}\nThen all is well`,
    finds: ['4 block-without-unblock'],
  },
  {
    what: 'puppet that stays disabled',
    feature: 'When I disable puppet',
    finds: ['1 block-without-unblock'],
  },
  {
    what: 'puppet that is enabled again',
    feature: 'When I disable puppet with the message "x"\nAnd I enable puppet',
    finds: [],
  },

  {
    what: 'an update that nobody looks at',
    feature: 'When I update the package a\nThen the package version for b should be 2',
    finds: ['1 update-without-version-check'],
    says: 'no line after it looks at the version of a',
  },
  {
    what: 'a version that is looked at later',
    feature: 'When I update the package a\nThen the package version for a should be 2 within 1 minute',
    finds: [],
  },
  {
    what: 'a look of a team’s own',
    feature: 'When I update the package a\nThen the website is up to date',
    finds: [],
  },
  {
    what: 'a version that was looked at before',
    feature: 'Then the package version for a should be 1\nWhen I update the package a',
    finds: ['2 update-without-version-check'],
  },

  {
    what: 'hosts that go back before the check',
    feature: `${OUT}\nAnd I update the package a\nAnd I unblock the load balancer\nThen the check c should be ok\nAnd the package version for a should be 2`,
    finds: ['6 unblock-before-health-check'],
    says: '"I update the package a" (line 5) is followed by no look at what came of it before hosts go back; "the check c should be ok" (line 7) is too late',
  },
  {
    what: 'a look before the last change',
    feature: `${OUT}\nAnd I update the package a\nThen the package version for a should be 2\nWhen I restart the service a\nAnd I unblock the load balancer`,
    finds: ['8 unblock-before-health-check'],
  },
  {
    what: 'a service that is looked at before hosts go back',
    feature: `${OUT}\nWhen I restart the service a\nThen the service a should be running within 10 seconds\nWhen I unblock the load balancer`,
    finds: [],
  },
  {
    what: 'a service that is only stopped',
    feature: `${OUT}\nWhen I stop the service a\nAnd I unblock the load balancer`,
    finds: [],
  },

  {
    what: 'all hosts of many at once',
    feature:
      'Given the load balancer has ip address 192.168.1.1\nAnd I want to update the hosts listed in hosts.txt\nWhen I block the load balancer\nAnd I unblock the load balancer',
    finds: ['3 wave-as-large-as-the-pool'],
  },
  {
    what: 'all hosts in the first wave',
    feature:
      'Given the load balancer has ip address 192.168.1.1\nAnd I want to update the hosts listed in hosts.txt\nAnd I take the next 100%\nWhen I block the load balancer\nAnd I unblock the load balancer',
    finds: ['4 wave-as-large-as-the-pool'],
    says: 'the first wave, "100%", takes all hosts out at once',
  },
  {
    what: 'a whole pool that may be out',
    feature:
      'Given the load balancer has ip address 192.168.1.1\nAnd I want to update the hosts listed in hosts.txt\nAnd the whole pool may be out of service\nWhen I block the load balancer\nAnd I unblock the load balancer',
    finds: [],
  },
  {
    what: 'one host that is named',
    feature:
      'Given the load balancer has ip address 192.168.1.1\nAnd I want to update hosts with identity web1\nWhen I block the load balancer\nAnd I unblock the load balancer',
    finds: [],
  },

  {
    what: 'hosts that nobody has counted',
    feature: 'Given I want to update hosts with class web\nWhen I restart the service a',
    finds: ['1 no-host-count'],
  },
  {
    what: 'hosts that are counted',
    feature:
      'Given I want to update hosts with class web\nThen there should be exactly 4 hosts\nWhen I restart the service a',
    finds: [],
  },
  {
    what: 'hosts by a pattern',
    feature: 'Given I want to update hosts with identity /web/\nWhen I restart the service a',
    finds: ['1 no-host-count'],
  },
  {
    what: 'hosts that a team’s own step selects',
    feature:
      'Given the hosts of the cluster\nAnd I want to update hosts with class web\nWhen I restart the service a',
    finds: [],
  },
  {
    what: 'a feature that only looks',
    feature: 'Given I want to update hosts with class web\nThen every host should answer',
    finds: [],
  },

  {
    what: 'another version than the one installed',
    feature: 'When I install version 2-1 of the package a\nThen the package version for a should be 2',
    finds: ['2 other-version-checked'],
    says: '2 is looked for, but "I install version 2-1 of the package a" (line 1) installs 2-1',
  },
  {
    what: 'the version installed, without its epoch',
    feature:
      'When I install version 1:2-1 of the package a\nThen the package version for a should be 2-1\nWhen I install version 3-1 of the package a\nThen the package version for a should be 1:3-1',
    finds: [],
  },
  {
    what: 'the version installed, with another epoch',
    feature: 'When I install version 1:2-1 of the package a\nThen the package version for a should be 2:2-1',
    finds: ['2 other-version-checked'],
  },
  {
    what: 'the version installed last',
    feature:
      'When I install version 1 of the package a\nAnd I install version 2 of the package a\nThen the package version for a should be 2',
    finds: [],
  },
  {
    what: 'a version after an update',
    feature:
      'When I install version 1 of the package a\nAnd I update the package a\nThen the package version for a should be 2',
    finds: [],
  },

  {
    what: 'a change before hosts are out',
    feature: `${SELECTED}\nWhen I update the package a\nThen the package version for a should be 2\nWhen I block the load balancer\nAnd I unblock the load balancer`,
    finds: ['4 change-in-rotation'],
    says: 'only "I block the load balancer" (line 6) takes them out',
  },
  {
    what: 'a service that is restarted after hosts are back',
    feature: `${OUT}\nAnd I unblock the load balancer\nAnd I restart the service a`,
    finds: ['6 change-in-rotation'],
    says: '"I unblock the load balancer" (line 5) has put them back',
  },
  {
    what: 'hosts that are never out',
    feature: NEVER_OUT,
    finds: ['2 change-in-rotation'],
    says: 'a load balancer is named, and no line of this scenario takes them out',
  },
  {
    what: 'hosts that are never out, whose requests are counted',
    feature: `${NEVER_OUT}\nAnd fewer than 1% of requests should fail for 10 seconds`,
    finds: [],
  },
  {
    what: 'a step of a team’s own that may take hosts out',
    feature: `Given the load balancer is the haproxy backend www\nAnd hosts are out\nWhen I restart the service a`,
    finds: [],
  },

  {
    what: 'a Background that changes all hosts before each wave',
    feature:
      'Background\nGiven I restart the service a\nScenario\nGiven I take the next the rest\nThen the service a should be running',
    finds: ['2 change-before-the-wave'],
    says: '"I restart the service a" is for all hosts; the wave is taken on line 4',
  },
  {
    what: 'a table whose rest is not last',
    feature: 'Scenario\nGiven I take the next the rest\nScenario\nGiven I take the next 1 host',
    finds: ['4 wave-after-the-rest'],
  },
  {
    what: 'percentages without the rest',
    feature: 'Scenario\nGiven I take the next 25%\nScenario\nGiven I take the next 50%',
    finds: ['2 waves-leave-hosts'],
  },
  {
    what: 'numbers of hosts, of which there may be as many',
    feature: 'Given I take the next 5 hosts',
    finds: [],
  },
  {
    what: 'exactly as many hosts as waves take',
    feature:
      'Given there should be exactly 2 hosts\nScenario\nGiven I take the next 50%\nScenario\nGiven I take the next 50%',
    finds: [],
  },
  {
    what: 'one host more than waves take',
    feature: 'Then there should be exactly 3 hosts\nGiven I take the next 2 hosts',
    finds: ['2 waves-leave-hosts'],
  },
  { what: 'a fact whose values are not known', feature: 'Given I take the next each rack', finds: [] },

  {
    what: 'the opposite of a block',
    feature: `${OUT}\nThen traffic from the load balancer should be unblocked\nWhen I unblock the load balancer`,
    finds: ['5 opposite-checked'],
  },
  {
    what: 'a service that was stopped and should run',
    feature: 'When I stop the service a\nThen the service a should be running',
    finds: ['2 opposite-checked'],
  },
  {
    what: 'a service that a package may have started',
    feature:
      'When I stop the service a\nAnd I update the package b\nThen the service a should be running\nAnd the package version for b should be 2',
    finds: [],
  },
  {
    what: 'a package that was installed and should be absent',
    feature:
      'When I update the package a\nThen the package a should be absent\nAnd the package version for a should be 2',
    finds: ['2 opposite-checked'],
  },
  {
    what: 'puppet that was enabled and should be disabled',
    feature: 'When I enable puppet\nThen puppet should be disabled',
    finds: ['2 opposite-checked'],
  },
  {
    what: 'puppet that an action may have disabled',
    feature:
      'When I enable puppet\nAnd I run the action disable of the agent puppet\nThen puppet should be disabled',
    finds: [],
  },

  {
    what: 'an approval while hosts are out',
    feature: `${OUT}\nGiven I wait for approval\nWhen I unblock the load balancer`,
    finds: ['5 approval-while-out'],
  },
  {
    what: 'an approval before that',
    feature: `${SELECTED}\nGiven I wait up to 1 minute for approval\nWhen I block the load balancer\nAnd I unblock the load balancer`,
    finds: [],
  },
  {
    what: 'no load balancer',
    feature: 'Given I want to update hosts with identity web1\nWhen I unblock the load balancer',
    finds: ['2 no-load-balancer'],
  },
  {
    what: 'a firewall that is to drain',
    feature: `${SELECTED}\nWhen I drain the load balancer within 1 minute\nAnd I unblock the load balancer`,
    finds: ['4 firewall-cannot'],
  },
  {
    what: 'a firewall that is to count requests',
    feature: `${SELECTED}\nThen fewer than 1% of requests should fail for 10 seconds`,
    finds: ['4 firewall-cannot'],
  },
  {
    what: 'a pool that must stay in service as a whole',
    feature: `${SELECTED}\nAnd at least 100% of the pool must stay in service\nWhen I block the load balancer\nAnd I unblock the load balancer`,
    finds: ['4 pool-without-room'],
  },
]

describe('the rules', () => {
  for (const { what, feature, finds, says } of CASES) {
    it(`${finds.length === 0 ? 'let pass' : 'find'} ${what}`, () => {
      const found = lint(featureOf(feature))
      expect(found.map(({ line, rule }) => `${line} ${rule}`)).to.deep.equal(finds)
      if (says !== undefined) expect(found[0]?.message).to.contain(says)
    })
  }

  it('are each shown a mistake here', () => {
    const shown = new Set(CASES.flatMap(({ finds }) => finds.map((find) => find.split(' ')[1])))
    expect(rules.map(({ id }) => id).filter((id) => !shown.has(id))).to.deep.equal([])
  })

  it('take a change of a service in rotation for a warning, since it may be another service', () => {
    const severities = (change: string) =>
      lint(featureOf(`Given the load balancer is the haproxy backend www\nWhen ${change}`))
        .filter(({ rule }) => rule === 'change-in-rotation')
        .map(({ severity }) => severity)
    expect(severities('I restart the service cron')).to.deep.equal(['warning'])
    expect(severities('I update the package a')).to.deep.equal(['error'])
  })
})
