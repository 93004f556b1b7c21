@behaviour
Feature: 2. No host is missed
    Every step counts every host: expected, answered, diverged, silent, unexpected. Silence is never success.

    Scenario: Hosts that fail in many ways at once are each named with what was wrong
        One broken host must not hide another.
        The operator mends each by the reason that is given.

        Given a file "fleet.yaml":
            """
            fleet:
              - hosts: web[1-14].example.net
                classes: [roles::dev_server]
            """
        And the environment variable "LOCKSTEP_FLEET" is "fleet.yaml"
        And a feature "own.feature" with the steps:
            """
            Given I want to update hosts with class roles::dev_server
            And I want to pre-discover how many hosts to update
            Then every host should answer
            """
        And the hosts with these faults:
            | web1.example.net  | silent       |
            | web2.example.net  | very slow    |
            | web3.example.net  | fails        |
            | web4.example.net  | wrong secret |
            | web5.example.net  | garbage      |
            | web6.example.net  | truncated    |
            | web7.example.net  | too deep     |
            | web8.example.net  | wrong type   |
            | web9.example.net  | stale        |
            | web10.example.net | ahead        |
            | web11.example.net | contradicts  |
            | web12.example.net | stranger     |
            | web13.example.net | spoofs       |
        When I run cucumber-js "own.feature"
        Then it should exit with 1
        And it should say "12 of 14 hosts failed: 9 diverged, 3 silent"
        And it should say:
            """
            no answer (asked 2 s ago); it answers pings, but not this: its agent hangs or is not loaded
            web[1-2,13].example.net
            failed web3.example.net
            bad signature: signed with another secret, or changed on the way web4.example.net
            sent something that cannot be read: unknown Marshal type 0x6e at byte 2 web5.example.net
            sent something that cannot be read: a length of 7 where 5 bytes are left web6.example.net
            sent something that cannot be read: values nested more than 64 deep web7.example.net
            its answer cannot be read: an RPC reply whose statuscode is not a number from 0 to 5 web8.example.net
            """
        And it should say "s ago by its own clock; at most 60 s are allowed web9.example.net"
        And it should say "s in the future by its own clock web10.example.net"
        And it should say:
            """
            answered twice, and not the same web11.example.net
            unexpected: web11.example.net answered twice, and not the same
            unexpected: stranger.example.net answered although it was not asked
            unexpected: another.example.net sent by web13.example.net, but says that it is from another.example.net
            """
        And it should say "Silent: web[1-2,13].example.net"
        And it should say "Diverged: web[3-11].example.net"
        And it should show no stack trace

    Scenario: A host that dies between two steps is missed in the second
        A host that answered before is easily counted on, and the change would go on without it.

        Given a feature "own.feature" with the steps:
            """
            Given I want to update hosts with class roles::dev_server
            And I want to pre-discover how many hosts to update
            Then every host should answer
            And every host should answer
            """
        And the host "web3.example.net=dies at step 2"
        When I run cucumber-js "own.feature"
        Then it should exit with 1
        And it should say "✔ Then every host should answer 10/10 hosts"
        And it should say "✘ And every host should answer 9/10 hosts"
        And it should say "Silent: web3.example.net"

    Scenario: A host that lacks an agent is named before any host is touched
        Hosts would be taken out of service first, for a change that one of them can never make.

        Given a file "fleet.yaml":
            """
            repository: { mywebapp: [1.0.0, 2.0.0] }
            fleet:
              - hosts: web[1-3].example.net
                classes: [roles::dev_server]
                packages: { mywebapp: 1.0.0 }
              - hosts: web4.example.net
                classes: [roles::dev_server]
                without: [package]
            """
        And the environment variable "LOCKSTEP_FLEET" is "fleet.yaml"
        And a feature "own.feature" with the steps:
            """
            Given the load balancer has ip address 192.168.1.1
            And I want to update hosts with class roles::dev_server
            When I block the load balancer
            And I update the package mywebapp
            """
        When I run cucumber-js "own.feature"
        Then it should exit with 1
        And it should say "has no agent package, which line 6 needs: I update the package mywebapp"
        And it should say "web4.example.net"
        And it should not say "Still out of rotation"
        And it should show no stack trace

    Scenario: A host that gives the same answer twice is counted once
        A doubled answer would make up for a silent host in the count.

        Given a feature "own.feature" with the steps:
            """
            Given I want to update hosts with class roles::dev_server
            Then every host should answer
            """
        And the hosts "web3.example.net=duplicate, web4.example.net=slow"
        When I run cucumber-js "own.feature"
        Then it should exit with 0
        And it should say "10/10 hosts"
        And it should say "noted: web3.example.net answered twice, the same"

    Scenario: A listed host that is not discovered fails the rollout
        A host that was renamed or is down would keep its old version, and the rollout would pass.

        Given a file "hosts.txt":
            """
            web1.example.net
            web77.example.net
            """
        And a feature "own.feature" with the steps:
            """
            Given I want to update the hosts listed in hosts.txt
            And I want to pre-discover how many hosts to update
            """
        When I run cucumber-js "own.feature"
        Then it should exit with 1
        And it should say "not discovered web77.example.net"

    Scenario: A filter that no host matches
        A misspelt class would make a deploy that touches nothing look like one that went well.

        Given a feature "own.feature" with the steps:
            """
            Given I want to update hosts with class roles::nothing
            And I want to pre-discover how many hosts to update
            """
        When I run cucumber-js "own.feature"
        Then it should exit with 3
        And it should say "no host was discovered with class roles::nothing; nothing was done"

    Scenario: Fewer hosts than the feature expects stop the rollout
        Half a fleet behind a broken link would be updated, and called the whole.

        Given a feature "own.feature" with the steps:
            """
            Given I want to update hosts with fact country=fr
            Then there should be exactly 2 hosts
            And there should be at least 3 hosts
            """
        When I run cucumber-js "own.feature"
        Then it should exit with 1
        And it should say "2 hosts, where at least 3 hosts were expected"
