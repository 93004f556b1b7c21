@behaviour
Feature: 14. Planning
    A plan shows what each line would change on each real host, and changes none. A rollout can be held to a plan.

    Scenario: A plan shows what each host would get, and what would pass by then
        Approval without knowing what will change is a formality.

        Given the website feature
        And a fleet that runs elsewhere, and an mco configuration for it
        And somebody puts the version "4.2.6-3.el5" on "web2.example.net"
        When I run cucumber-js "-p plan website.feature"
        Then it should exit with 0
        And it should say "would go from 4.2.6-2.el5 to 4.2.6-3.el5 web[1,3-8].example.net"
        And it should say "needs nothing: 4.2.6-3.el5 web2.example.net"
        And it should say "would pass: 4.2.6-3.el5"
        And it should say "PLANNED 7 changes on 7 hosts; nothing was changed"
        And no line should be wider than 80 columns

    Scenario: A plan of any feature changes nothing
        A plan that touches one host is a rollout that no one has approved.

        Given a feature "everything.feature" with the steps:
            """
            Given the load balancer has ip address 192.168.1.1
            And I want to update hosts with class roles::dev_server
            And on failure every touched host goes back to the version it had
            And I disable puppet
            When I block the load balancer
            And I install version 4.2.6-3.el5 of the package mywebapp
            And I update the package mywebapp
            And I restart the service mywebapp
            And I stop the service mywebapp
            Then the package mywebapp should be absent
            And the service mywebapp should be stopped
            When I run the action runonce of the agent puppet
            Then the service mywebapp should be stopped
            And the action restart of the agent service should answer status "running" with:
                | service | mywebapp |
            """
        And a fleet that runs elsewhere, and an mco configuration for it
        When I run cucumber-js "-p plan everything.feature"
        Then it should exit with 1
        And it should say "WOULD FAIL"
        And it should say "would fail: 4.2.6-3.el5"
        And it should say "would pass: stopped"
        And it should say "cannot be known before"
        And it should say "restart of service is not known to only look, and was not asked"
        And it should say "nothing was changed"
        And no host should have been told to change anything

    @long
    Scenario Outline: Code of a team changes nothing in a plan either: <way>
        A plan would change hosts by the one step that goes around the verbs.

        Given a file "own.js":
            """
            const { When } = require('@cucumber/cucumber')
            const order = { agent: 'service', action: 'restart', inputs: { service: 'mywebapp' }, mutating: true }
            const watch = { beforeSend: async () => {}, onProgress: () => {} }
            When('I go around', async function () {
              const { rollout } = this
              const hosts = await rollout.moving()
              <way>
            })
            """
        And a feature "own.feature" with the steps:
            """
            Given the load balancer has ip address 192.168.1.1
            And I want to update hosts with class roles::dev_server
            Then the package mywebapp should be installed
            When I go around
            """
        And cucumber and Lockstep in its node_modules
        And a fleet that runs elsewhere, and an mco configuration for it
        When I run cucumber-js "-p plan --require own.js own.feature"
        Then it should say "nothing may be changed"
        And no host should have been told to change anything

        Examples:
            | way                                                                         |
            | await rollout.ask(order, hosts)                                             |
            | await rollout.ask({ ...order, mutating: false }, hosts)                     |
            | await rollout.reach.record(order, hosts, async () => new Map())             |
            | await rollout.ports.fleet.call({ ...order, mutating: false }, hosts, watch) |
            | await rollout.traffic.through.block(hosts, rollout.reach)                   |
            | await rollout.packages.putBack('mywebapp', '1.0', hosts)                    |
            | await rollout.services.step.executor.gateway.ask(order, hosts)              |

    @long
    Scenario: A plan names a silent host, and a version that no repository offers
        The rollout would find that out with hosts already out of service.

        Given a feature "other.feature" with the steps:
            """
            Given I want to update hosts with class roles::dev_server
            And I want to pre-discover how many hosts to update
            When I install version 9.9 of the package mywebapp
            """
        And the host "web3.example.net=silent"
        And a fleet that runs elsewhere, and an mco configuration for it
        And a HAProxy in front of it
        When I run cucumber-js "-p plan other.feature"
        Then it should exit with 1
        And it should say "would not go: no repository offers mywebapp 9.9"
        And it should say "no answer"
        And no host should have been told to change anything

    @long
    Scenario: A rollout keeps to its plan
        What was approved has to be what is done.

        Given the website feature
        And a fleet that runs elsewhere, and an mco configuration for it
        When I run cucumber-js "-p plan website.feature"
        Then it should say "demand exactly that: LOCKSTEP_PLAN="
        When I run cucumber-js "-p live website.feature" as it was planned
        Then it should exit with 0
        And it should say "PASSED"

    Scenario Outline: A rollout whose hosts are other than planned is refused, and says which: planned again <where>
        A person changed a host between approval and rollout, and the approval did not know.

        Given the website feature
        And a file "own.js":
            """
            // A team may have code of its own.
            """
        And a fleet that runs elsewhere, and an mco configuration for it
        When I run cucumber-js "-p plan website.feature"
        And somebody puts the version "4.2.6-3.el5" on "web2.example.net"
        And I run cucumber-js "<args>" as it was planned
        Then it should exit with 6
        And it should say "is not what would be done now"
        And it should say "needs nothing: 4.2.6-3.el5 (web2.example.net)"

        Examples:
            | where                 | args                                     |
            | in the same process   | -p live website.feature                  |

        @long
        Examples:
            | where                 | args                                     |
            | in a process for that | -p live --require own.js website.feature |

    @long
    Scenario: A feature that was changed since, and a plan that was edited, are refused
        An approval would cover lines that no person has approved.

        Given the website feature
        And a fleet that runs elsewhere, and an mco configuration for it
        When I run cucumber-js "-p plan website.feature"
        And a file "website.feature":
            """
            Feature: Another
              Scenario: Another
                Given I want to update hosts with class roles::dev_server
                When I update the package mywebapp
            """
        And I run cucumber-js "-p live website.feature" as it was planned
        Then it should exit with 6
        And it should say "website.feature was changed"
        Given the website feature
        When I run cucumber-js "-p plan website.feature"
        And somebody edits the plan: "4.2.6-3.el5" becomes "4.2.7-1.el5"
        And I run cucumber-js "-p live website.feature" as it was planned
        Then it should exit with 2
        And it should say "is not what was planned: it was edited, renamed or replaced since, or damaged"
        And it should show no stack trace
        And no host should have been told to change anything

    @long
    Scenario: Two features keep to one plan, each to its own hosts
        A release of two features would need two approvals, or none would hold.

        Given a feature "first.feature" with the steps:
            """
            Given I want to update hosts with identity web1.example.net
            When I update the package mywebapp
            Then the package version for mywebapp should be 4.2.6-3.el5
            """
        And a feature "second.feature" with the steps:
            """
            Given I want to update hosts with identity web2.example.net
            When I update the package mywebapp
            Then the package version for mywebapp should be 4.2.6-3.el5
            """
        And a fleet that runs elsewhere, and an mco configuration for it
        When I run cucumber-js "-p plan first.feature second.feature"
        And I run cucumber-js "-p live first.feature second.feature" as it was planned
        Then it should exit with 0
        And it should say "PASSED"

    Scenario: A rehearsal on real hosts and an unknown intent are refused
        A rehearsal breaks hosts on purpose.

        Given the website feature
        And a fleet that runs elsewhere, and an mco configuration for it
        When I run cucumber-js "-p rehearse -p live website.feature"
        Then it should exit with 2
        And it should say "a rehearsal is for simulated hosts"
        When I run cucumber-js "-p live --world-parameters {\"intent\":\"dry\"} website.feature"
        Then it should exit with 2
        And it should say "it is plan, drift or rehearse"
        And it should say "nothing was sent"
