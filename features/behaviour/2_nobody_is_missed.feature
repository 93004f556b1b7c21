@behaviour
Feature: 2. Nobody is missed
    Every step counts every host: expected, answered, diverged, silent, unexpected. Silence is never success.

    Scenario Outline: A host with the fault "<fault>" is noticed and named
        Given a feature "own.feature" with the steps:
            """
            Given I want to update hosts with class roles::dev_server
            And I want to pre-discover how many hosts to update
            Then every host should answer
            And every host should answer
            """
        And the host "web3.example.net=<fault>"
        When I run cucumber-js "own.feature"
        Then it should exit with 1
        And it should say "<said>"
        And it should say "<who>"
        And it should show no stack trace

        Examples:
            | fault          | said                                               | who                  |
            | silent         | no answer (asked 2 s ago)                          | web3.example.net     |
            | very slow      | no answer (asked 2 s ago)                          | web3.example.net     |
            | dies at step 2 | no answer (asked 2 s ago)                          | web3.example.net     |
            | fails          | failed                                             | web3.example.net     |
            | wrong secret   | bad signature                                      | web3.example.net     |
            | garbage        | cannot be read                                     | web3.example.net     |
            | truncated      | cannot be read                                     | web3.example.net     |
            | too deep       | nested more than 64 deep                           | web3.example.net     |
            | wrong type     | statuscode is not a number from 0 to 5             | web3.example.net     |
            | stale          | by its own clock                                   | web3.example.net     |
            | ahead          | in the future by its own clock                     | web3.example.net     |
            | contradicts    | answered twice, and not the same                   | web3.example.net     |
            | stranger       | unexpected: stranger.example.net                   | stranger.example.net |
            | spoofs         | sent by web3.example.net, but says that it is from | web3.example.net     |

    Scenario: A host that lacks an agent is named before anybody is touched
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

    Scenario: A host that answers twice, the same, is counted once
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

    Scenario: A listed host that is not there
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

    Scenario: Nobody at all
        Given a feature "own.feature" with the steps:
            """
            Given I want to update hosts with class roles::nothing
            And I want to pre-discover how many hosts to update
            """
        When I run cucumber-js "own.feature"
        Then it should exit with 3
        And it should say "no host was discovered with class roles::nothing; nothing was done"

    Scenario: Fewer hosts than there should be
        Given a feature "own.feature" with the steps:
            """
            Given I want to update hosts with fact country=fr
            Then there should be exactly 2 hosts
            And there should be at least 3 hosts
            """
        When I run cucumber-js "own.feature"
        Then it should exit with 1
        And it should say "2 hosts, where at least 3 hosts were expected"
