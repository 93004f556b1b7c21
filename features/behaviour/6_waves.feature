@behaviour
Feature: 6. Waves
    A fleet is updated a part at a time. A host belongs to one wave; when a wave fails, the later ones are not attempted.

    Scenario: A table of waves, from one host to the rest
        A bad release should meet one host first, and the fleet only after that.

        Given the rolling feature
        When I run cucumber-js "rolling.feature"
        Then it should exit with 0
        And it should say "Update the website on 1 host"
        And it should say "✔ Given I take 1 host wave 1 of 4 · 1/1 hosts web1.example.net"
        And it should say "✔ Given I take 25% wave 2 of 4 · 2/2 hosts web[2-3].example.net"
        And it should say "✔ Given I take the rest wave 4 of 4 · 3/3 hosts"
        And it should say "the Background again: 8 lines"
        And it should say "Nothing is left out of rotation."
        And no line should be wider than 80 columns

    Scenario: A wave that fails stops the rollout, and the hosts of later waves are named as not attempted
        The operator has to know which hosts still run the old version, without asking them.

        Given the rolling feature
        And the host "web2.example.net=lies"
        When I run cucumber-js "rolling.feature"
        Then it should exit with 1
        And it should say "Diverged: web2.example.net"
        And it should say "Not attempted (5 hosts): web[4-8].example.net"
        And it should say "Still out of rotation: 2 hosts is out of the haproxy backend www: web[2-3].example.net"
        And the file "reports/run.json" should contain "not attempted"
        And the file "reports/rollout.html" should contain "<svg"
        And the file "reports/rollout.html" should contain "web2.example.net: diverged"

    Scenario: A stranger who answers the discovery late stops the rollout in that wave, though all others were there
        A wave begins once every known host has answered; later answers are read beside it.

        Given a file "own.feature":
            """
            Feature: Own
                Background:
                    Given I want to update hosts with class roles::dev_server
                    And I want to update hosts with fact country=de
                    And I want to pre-discover how many hosts to update
                    And I wait 1 second between waves
                Scenario Outline: Own
                    Given I take the next <wave>
                    Then every host should answer
                    Examples:
                        | wave     |
                        | 1 host   |
                        | 1 host   |
                        | 1 host   |
                        | the rest |
            """
        And the host "web2.example.net=late stranger from step 2"
        When I run cucumber-js "own.feature"
        Then it should exit with 1
        And it should say "unexpected: stranger.example.net was not there at the first roll call"

    Scenario: A stranger who answers after the last line has passed fails the run
        A run that ended before its discovery's window would call the fleet whole.

        Given a file "own.feature":
            """
            Feature: Own
                Background:
                    Given I want to update hosts with class roles::dev_server
                    And I want to update hosts with fact country=de
                    And I want to pre-discover how many hosts to update
                Scenario Outline: Own
                    Given I take the next <wave>
                    Then every host should answer
                    Examples:
                        | wave     |
                        | 1 host   |
                        | the rest |
            """
        And the host "web1.example.net=late stranger from step 2"
        When I run cucumber-js "own.feature"
        Then it should exit with 1
        And it should say "stranger.example.net"
        And it should say "was not there at the first roll call"

    Scenario: A stranger who answers after the last line of a feature keeps the next feature from beginning
        The next feature would touch hosts of a fleet that is not what it was taken for.

        Given a file "a.feature":
            """
            Feature: A
                Background:
                    Given I want to update hosts with class roles::dev_server
                    And I want to pre-discover how many hosts to update
                Scenario Outline: A
                    Given I take the next <wave>
                    Then every host should answer
                    Examples:
                        | wave     |
                        | 1 host   |
                        | the rest |
            """
        And a feature "b.feature" with the steps:
            """
            Given the load balancer has ip address 192.168.1.1
            And I want to update hosts with class roles::dev_server
            When I block the load balancer
            """
        And the host "web1.example.net=late stranger from step 2"
        When I run cucumber-js "a.feature b.feature"
        Then it should exit with 1
        And it should say "stranger.example.net"
        And it should say "was not there at the first roll call"
        And it should not say "✔ When I block the load balancer"
        And 0 hosts should be out of rotation

    Scenario: Hosts that no wave would take are found before any host is touched
        Those hosts would keep the old version, and the rollout would pass.

        Given a feature "own.feature" with waves "1 host, 50%" and the steps:
            """
            When I block the load balancer
            """
        When I run cucumber-js "own.feature"
        Then it should exit with 2
        And it should say "the waves 1 host, 50% take 5 of 8 hosts; in no wave: web[6-8].example.net. Let the last wave be: the rest; no host was touched"

    @long
    Scenario: One wave for each value of a fact
        A rack that is updated as one keeps the other racks whole.

        Given the environment variable "LOCKSTEP_FLEET" is "racks.yaml"
        And a file "racks.yaml":
            """
            fleet:
              - { hosts: "web[1-2].example.net", classes: [roles::dev_server], facts: { country: de, rack: r1 } }
              - { hosts: "web[3-4].example.net", classes: [roles::dev_server], facts: { country: de, rack: r2 } }
            """
        And a feature "own.feature" with waves "each rack, each rack" and the steps:
            """
            When I block the load balancer
            And I unblock the load balancer
            """
        When I run cucumber-js "own.feature"
        Then it should exit with 0
        And it should say "web[1-2].example.net"
        And it should say "web[3-4].example.net"

    @long
    Scenario: A row too few for the values of a fact is refused, with their number
        The hosts of the last rack would be left over.

        Given a feature "own.feature" with waves "each processorcount" and the steps:
            """
            Then every host should answer
            """
        And the environment variable "LOCKSTEP_FLEET" is "two.yaml"
        And a file "two.yaml":
            """
            fleet:
              - { hosts: web1.example.net, classes: [roles::dev_server], facts: { country: de, processorcount: 4 } }
              - { hosts: web2.example.net, classes: [roles::dev_server], facts: { country: de, processorcount: 8 } }
            """
        When I run cucumber-js "own.feature"
        Then it should exit with 2
        And it should say 'There are 2 values of processorcount (4, 8): write the row "each processorcount" as many times'

    @long
    Scenario: A wave that no host is left for is passed over
        A small fleet would fail a feature that was written for a large one.

        Given a feature "own.feature" with waves "100%, the rest" and the steps:
            """
            Then every host should answer
            """
        When I run cucumber-js "own.feature"
        Then it should exit with 0
        And it should say "noted: nobody was left for the wave the rest"

    Scenario: Hosts are taken in random order, with a seed that can be used again
        A failure that depends on the order is found again only in the same order.

        Given a file "own.feature":
            """
            Feature: Own
                Background:
                    Given I want to update hosts with class roles::dev_server
                    And the hosts are taken in random order with seed 7
                Scenario Outline: Own
                    Given I take the next <wave>
                    Examples:
                        | wave     |
                        | 1 host   |
                        | the rest |
            """
        When I run cucumber-js "own.feature"
        Then it should exit with 0
        And it should say "noted: the hosts were taken in random order, with seed 7"

    Scenario: A random order without a seed is shown with the seed that it had
        The same host would always be the first to try what is new.
        Afterwards the order has to be known.

        Given a file "own.feature":
            """
            Feature: Own
                Background:
                    Given I want to update hosts with class roles::dev_server
                    And the hosts are taken in random order
                Scenario Outline: Own
                    Given I take the next <wave>
                    Examples:
                        | wave     |
                        | 1 host   |
                        | the rest |
            """
        When I run cucumber-js "own.feature"
        Then it should exit with 0
        And it should say "noted: the hosts were taken in random order, with seed"

    Scenario: An order that is named after the first wave is refused
        A new order in mid-run could take a host twice, and leave out another.

        Given a feature "own.feature" with waves "1 host, the rest" and the steps:
            """
            Given the hosts are taken sorted by name
            """
        When I run cucumber-js "own.feature"
        Then it should exit with 2
        And it should say "the first wave has been taken already; say in the Background in which order"

    Scenario: Hosts that come from no list cannot be taken as listed
        The order would be chance, where the author has promised one.

        Given a file "own.feature":
            """
            Feature: Own
                Scenario: Own
                    Given I want to update hosts with class roles::dev_server
                    And the hosts are taken as listed
                    And I take the next 1 host
            """
        When I run cucumber-js "own.feature"
        Then it should exit with 2
        And it should say "the hosts come from no list, so they cannot be taken as listed"

    Scenario: Hosts of a table are taken in its order
        An author puts the least important host first, and relies on it.

        Given a file "own.feature":
            """
            Feature: Own
                Background:
                    Given I want to update the hosts:
                        | web7.example.net |
                        | web2.example.net |
                    And the hosts are taken as listed
                Scenario Outline: Own
                    Given I take the next <wave>
                    Then every host should answer
                    Examples:
                        | wave   |
                        | 1 host |
                        | 1 host |
            """
        When I run cucumber-js "own.feature"
        Then it should exit with 0
        And it should say "1/1 hosts web7.example.net"

    Scenario: Waves that mean nothing are named before anything is sent
        A wave of 0 hosts or 120% is a typing mistake, and any guess may be the whole fleet.

        Given a feature "own.feature" with waves "0 hosts, -1 host, 120%, all" and the steps:
            """
            Then every host should answer
            """
        When I run cucumber-js "-p lint own.feature"
        Then it should exit with 2
        And it should say '"0 hosts" is not a wave; write 1 host, 5 hosts, 25%, the rest, or each and the name of a fact'
        And it should say '"-1 host" is not a wave'
        And it should say '"120%" is not a wave'
        And it should say '"all" is not a wave'

    Scenario: As many hosts may fail as the feature says; they are out from then on, and the exit status says so
        On a large fleet a host is always broken.
        It should stop no rollout, and go unseen in none.

        Given a feature "own.feature" with waves "4 hosts, the rest" and the steps:
            """
            Given up to 1 host may fail
            When I block the load balancer
            And I update the package mywebapp
            Then the package version for mywebapp should be 4.2.6-3.el5
            When I unblock the load balancer
            Then traffic from the load balancer should be unblocked
            """
        And the host "web3.example.net=fails from step 2"
        When I run cucumber-js "own.feature"
        Then it should exit with 5
        And it should say "! And I update the package mywebapp 3/4 hosts"
        And it should say "1 of 4 hosts diverged, and may: they are out from here on"
        And it should say "should be unblocked 3/3 hosts, 1 out"
        And it should say "PASSED WITH FAILURES for 1 host that failed within the budget"
        And it should say "Still out of rotation: 1 host blocks 192.168.1.1: web3.example.net"

    @long
    Scenario: One host more than may fail stops the rollout
        A release that breaks hosts would go through the whole fleet within its budget.

        Given a feature "own.feature" with waves "4 hosts, the rest" and the steps:
            """
            Given up to 10% of the hosts may fail
            When I update the package mywebapp
            """
        And the host "web3.example.net=fails from step 1"
        When I run cucumber-js "own.feature"
        Then it should exit with 1

    @long
    Scenario: A budget counts for each wave by itself, with a pause between waves
        The first bad wave would use up what later waves may need.

        Given a feature "own.feature" with waves "4 hosts, the rest" and the steps:
            """
            Given up to 1 host may fail in each wave
            And I wait 200 ms between waves
            When I update the package mywebapp
            """
        And the hosts "web3.example.net=fails from step 1, web6.example.net=fails from step 1"
        When I run cucumber-js "own.feature"
        Then it should exit with 5
        And it should say "for 2 hosts that failed within the budget"
