@behaviour
Feature: 26. Extensions
    A team adds rules, channels, balancers and agents in files of its own, which lockstep.yaml names.
    What goes wrong in them is named with its file, and is never taken for "all is well".

    Background:
        Given the website feature
        And a file "pool.js":
            """
            const { existsSync, readFileSync, writeFileSync } = require('node:fs')
            const { join } = require('node:path')
            const HOSTS = [1, 2, 3, 4, 5, 6, 7, 8].map((n) => `web${n}.example.net`)
            module.exports = {
              balancers: {
                paper({ file, lies }) {
                  const path = join(__dirname, file)
                  const out = () => (existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : [])
                  const write = (hosts) => { if (!lies) writeFileSync(path, JSON.stringify(hosts)) }
                  return {
                    members: async () => HOSTS.map((host) => ({ host, state: out().includes(host) ? 'out' : 'serving' })),
                    takeOut: async (hosts) => write([...out(), ...hosts]),
                    putBack: async (hosts) => write(out().filter((host) => !hosts.includes(host))),
                  }
                },
              },
              channels: {
                paper: ({ token }) => ({
                  deliver({ event }) {
                    if (event === 'ended') return new Promise((done) => setTimeout(done, 1e6))
                    throw new Error(`no room for ${token}`)
                  },
                }),
              },
              rules: [{
                id: 'no-mywebapp', severity: 'error', why: 'It is retired.', fix: 'Update another one.',
                find: (timeline) => timeline.of('changes package').map(({ line }) => ({ line, message: 'it is retired' })),
              }],
            }
            """
        And a file "lockstep.yaml":
            """
            extensions: [./pool.js]
            environments:
              test:
                client_config: client.cfg
                discovery_window: 2 seconds
                look_every: 100 ms
                balancers: [{ name: www, kind: paper, within: 1 second, with: { file: out.json } }]
                notifications: [{ channel: paper, with: { token: { env: PAPER_TOKEN } } }]
            """
        And a feature "own.feature" with the steps:
            """
            Given the load balancer is the paper backend www
            And I want to update hosts with identity /^web[12]\./
            When I block the load balancer
            Then traffic from the load balancer should be blocked
            And the package version for mywebapp should be 4.2.6-2.el5
            When I unblock the load balancer
            Then the pool www should have 8 hosts in service
            """
        And the environment variable "PAPER_TOKEN" is "s3cret-of-the-channel"

    @long
    Scenario: A balancer of a team takes hosts out, and days later puts back what a failed run has left out
        Hosts would stay out of service for ever, if only the run itself knew how they come back.

        Given a fleet that runs elsewhere, and an mco configuration for it
        When I run cucumber-js "-p live own.feature"
        Then it should exit with 0
        And it should say "2 notifications were not delivered to channel paper"
        And it should not say "s3cret-of-the-channel"
        And the file "out.json" should contain "[]"
        Given a feature "own.feature" with the steps:
            """
            Given the load balancer is the paper backend www
            And I want to update hosts with identity /^web[12]\./
            When I block the load balancer
            Then the package version for mywebapp should be 9.9
            """
        When I run cucumber-js "-p live own.feature"
        Then it should exit with 1
        And it should say "is out of the paper backend www: all 2 hosts"
        When I run lockstep "put-back --all"
        Then it should exit with 0
        And the file "out.json" should contain "[]"

    @long
    Scenario: What is out stays known, and is said to be out, where the extension is gone or lies
        A put-back that finds no code would say that nothing is out.

        Given a fleet that runs elsewhere, and an mco configuration for it
        And a file "lies.yaml":
            """
            extensions: [./pool.js]
            environments:
              test:
                client_config: client.cfg
                discovery_window: 2 seconds
                look_every: 100 ms
                balancers: [{ name: www, kind: paper, within: 1 second, with: { file: out.json, lies: true } }]
            """
        And a file "none.yaml":
            """
            environments: { test: { client_config: client.cfg, discovery_window: 2 seconds } }
            """
        And the environment variable "LOCKSTEP_CONFIG" is "lies.yaml"
        When I run cucumber-js "-p live own.feature"
        Then it should exit with 1
        And it should say "serving"
        And it should say "0/2 hosts"
        Given the environment variable "LOCKSTEP_CONFIG" is "lockstep.yaml"
        And a feature "out.feature" with the steps:
            """
            Given the load balancer is the paper backend www
            And I want to update hosts with identity /^web[12]\./
            When I block the load balancer
            Then the package version for mywebapp should be 9.9
            """
        When I run cucumber-js "-p live out.feature"
        Then it should exit with 1
        Given the environment variable "LOCKSTEP_CONFIG" is "none.yaml"
        When I run lockstep "put-back --all"
        Then it should exit with 1
        And it should say "the paper backend www is named, and test has none"
        When I run lockstep "status"
        Then it should say "is out of the paper backend www"
        When I run cucumber-js "-p live out.feature"
        Then it should exit with 2
        And it should say "there is no balancer of the kind paper; there are: haproxy"

    @long
    Scenario: Rules of a team are the linter's, and a rehearsal touches no balancer of a team
        A danger that only the team knows would be found by nobody, and a rehearsal would empty a real pool.

        When I run cucumber-js "-p lint website.feature"
        Then it should exit with 2
        And it should say "no-mywebapp: it is retired"
        When I run cucumber-js "-p rehearse own.feature"
        Then it should exit with 0
        And the file "out.json" should not exist
        Given a file "pool.js":
            """
            module.exports = { balancers: { haproxy: () => ({}) } }
            """
        When I run cucumber-js "own.feature"
        Then it should exit with 2
        And it should say "the extension ./pool.js: Lockstep has a balancer haproxy already; give it another name"

    @long
    Scenario: An agent of a team is known by its contract: a plan asks it what it only looks at, and nothing else
        A misspelt input would be found on the hosts, halfway through a rollout.

        Given a file "door.cjs":
            """
            module.exports = ({ readOnly, mutating, text }) => ({
              contract: {
                agent: 'door', description: 'The door', timeout: 5,
                actions: {
                  knock: readOnly('Knocks', { inputs: { name: text(/^[a-z]+$/, 10, 'a name') }, outputs: { said: 'Who' } }),
                  open: mutating('Opens'),
                },
              },
              actions: { knock: ({ name }) => ({ said: `${name} is there` }), open: () => ({}) },
            })
            """
        And a file "agents.js":
            """
            module.exports = { agents: { door: require('./door.cjs') } }
            """
        And a file "lockstep.yaml":
            """
            extensions: [./agents.js]
            environments: { test: { client_config: client.cfg, discovery_window: 2 seconds } }
            """
        And a fleet that runs elsewhere, whose hosts have the agent of "door.cjs" too
        And a feature "door.feature" with the steps:
            """
            Given I want to update hosts with identity /^web[12]\./
            Then the action knock of the agent door should answer said "ann is there" with:
                | name | ann |
            When I run the action open of the agent door
            Then the action open of the agent door should answer said "open"
            """
        When I run cucumber-js "-p plan door.feature"
        Then it should exit with 0
        And it should say "passes already: said ann is there"
        And it should say "would run open of door"
        And it should say "open of door is not known to only look, and was not asked"
        And it should say "knock of door was asked, since ./agents.js calls it read-only"
        And it should say "nothing was changed"
        And "door knock" should have been carried out, but not "door open"
        Given a feature "door.feature" with the steps:
            """
            Given I want to update hosts with identity /^web[12]\./
            Then the action knock of the agent door should answer said "ann is there" with:
                | nam | ann |
            When I run the action shut of the agent door
            """
        When I run cucumber-js "-p live door.feature"
        Then it should exit with 2
        And it should say "door knock: name is missing"
        And it should say "the agent door has no action shut; it has: knock, open"
        When I run lockstep "ddl door"
        Then it should exit with 0
        And it should say "input :name,"
        Given a file "agents.js":
            """
            module.exports = { agents: { service: require('./door.cjs') } }
            """
        When I run cucumber-js "-p plan door.feature"
        Then it should exit with 2
        And it should say "the extension ./agents.js: Lockstep has an agent service already; give it another name, on its hosts too"
