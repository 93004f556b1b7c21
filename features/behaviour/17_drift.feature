@behaviour
Feature: 17. Drift
    A later check compares the fleet with the release. A state that cannot be determined is UNKNOWN, never OK.

    Background:
        Given a file "release.feature":
            """
            @OPS-123
            Feature: Release
              Background:
                Given this is release 2026.11.3
                And I want to update hosts with class roles::dev_server
                And I want to update hosts with fact country=de
                And I want to pre-discover how many hosts to update
              Scenario: The website
                When I update the package mywebapp
                Then the package version for mywebapp should be 4.2.6-3.el5
                And the service mywebapp should be running
            """
        And a fleet that runs elsewhere, and an mco configuration for it
        And a HAProxy in front of it

    @long
    Scenario: A host that was changed by hand is found, in the words of a monitoring plugin
        A host that was changed by hand fails at the next rollout, or at the next incident.

        Given a repository with a cucumber.js
        When I run lockstep "drift"
        Then it should exit with 3
        And it should say "DRIFT UNKNOWN: no release is in the history in test"
        When I run cucumber-js "-p live release.feature"
        And I run lockstep "drift"
        Then it should exit with 0
        And it should say "DRIFT OK: release 2026.11.3 in test still passes on 8 hosts | hosts=8 drifted=0"
        When somebody puts the version "4.2.6-2.el5" on "web3.example.net"
        And I run lockstep "drift"
        Then it should exit with 2
        And it should say "DRIFT CRITICAL: release 2026.11.3 in test no longer passes on 1 of 8 hosts: web3.example.net"
        And it should say "web3.example.net: 4.2.6-2.el5 (release.feature:10"
        When I run lockstep "drift --json"
        Then it should exit with 2
        And it should say '"state": "CRITICAL"'
        And the folder ".lockstep/drift" should not exist

    @long
    Scenario: Drift looks at what the run had: its feature, its listed hosts, without those that failed
        A check that breaks when a file moves is switched off.
        Hosts that never had the release would be drift.

        Given a repository with a cucumber.js
        And a file "hosts.txt":
            """
            web1.example.net
            web2.example.net
            nobody.example.net
            """
        And a file "deploys/open.feature":
            """
            Feature: Listed
              Background:
                Given I want to update the hosts listed in hosts.txt
                And up to 1 host may fail
              Scenario: Looks
                When I update the package mywebapp
                Then the package version for mywebapp should be 4.2.6-3.el5
            """
        And the environment variable "LOCKSTEP_RELEASE" is "3"
        When I run cucumber-js "-p live deploys/open.feature"
        Then it should exit with 5
        When I run lockstep "history"
        Then it should say "live, passed with failures"
        And it should say "failed, as they were allowed to: nobody.example.net"
        Given a file "deploys/open.feature":
            """
            Feature: It is another by now
            """
        When I run lockstep "drift"
        Then it should exit with 0
        And it should say "DRIFT OK: release 3 in test still passes on 2 hosts | hosts=2 drifted=0;;0"
        When somebody puts the version "4.2.6-2.el5" on "web2.example.net"
        And I run lockstep "drift"
        Then it should exit with 2
        And it should say "no longer passes on 1 of 2 hosts: web2.example.net | hosts=2 drifted=1;;0"
        And the file "reports/run.json" should contain '"mode": "live"'

    @long
    Scenario: A host that is gone does not hide what else has drifted
        One dead host would switch off the watch over all the others.

        Given a repository with a cucumber.js
        When I run cucumber-js "-p live release.feature"
        And somebody puts the version "4.2.6-2.el5" on "web3.example.net"
        And the host "web5.example.net" is gone
        And I run lockstep "drift"
        Then it should exit with 2
        And it should say "no longer passes on 2 of 8 hosts: web[3,5].example.net"
        And it should say "web3.example.net: 4.2.6-2.el5"
        And it should say "web5.example.net: not discovered"

    @long
    Scenario: A host that is gone hides nothing where no line is about the roll call either
        A line of the Background fails for the silent host, and no line after it may be left out.

        Given a repository with a cucumber.js
        And a file "waves.feature":
            """
            Feature: In waves
              Background:
                Given this is release 2026.11.3
                And I want to update hosts with class roles::dev_server
                And I want to update hosts with fact country=de
                Then the service mywebapp should be running
              Scenario Outline: The website on <wave>
                Given I take <wave>
                When I update the package mywebapp
                Then the package version for mywebapp should be 4.2.6-3.el5
                Examples:
                  | wave     |
                  | 1 host   |
                  | the rest |
            """
        When I run cucumber-js "-p live waves.feature"
        And somebody puts the version "4.2.6-2.el5" on "web3.example.net"
        And the host "web1.example.net" is gone
        And I run lockstep "drift"
        Then it should exit with 2
        And it should say "no longer passes on 2 of 8 hosts: web[1,3].example.net"
        And it should say "web3.example.net: 4.2.6-2.el5"
        And it should say "web1.example.net: no answer"

    @long
    Scenario: Features of one release are not each other's drift, nor is a restart
        Alarms after each good rollout teach people to ignore them.

        Given a file "other.feature":
            """
            Feature: Other
              Scenario: Other
                Given this is release 2026.11.3
                And I want to update hosts with class roles::dev_server
                And I want to update hosts with fact country=de
                When I restart the service mywebapp
                Then the service mywebapp should be running
            """
        When I run cucumber-js "-p live release.feature"
        And I run cucumber-js "-p live other.feature"
        Then it should not say "drift:"
        When I run cucumber-js "-p live other.feature"
        Then it should not say "drift:"

    @long
    Scenario: A state that cannot be determined is UNKNOWN, in a sentence
        Monitoring that says OK when it knows nothing is worse than none.

        Given a repository with a cucumber.js
        When I run lockstep "drift --environment nowhere --json"
        Then it should exit with 3
        And it should say '"state": "UNKNOWN"'
        When I run lockstep "drift --colour"
        Then it should exit with 3
        When I run cucumber-js "-p live release.feature"
        And a file ".lockstep/history/test/2026.11.3/runs/by-hand.json":
            """
            { "run": "by-hand", "mode": "live", "outcome": "passed" }
            """
        And I run lockstep "drift"
        Then it should exit with 3
        And it should say "by-hand.json is no history that can be read; write it again from its journal"
        When I run lockstep "history"
        Then it should exit with 0
        And it should say "by-hand.json is no history that can be read, and is passed over"
        And it should show no stack trace

    @long
    Scenario: A feature that checks no host, and a broker that is away, are UNKNOWN
        No host was looked at, and none may be called fine.

        Given a repository with a cucumber.js
        And a file "blind.feature":
            """
            Feature: Blind
              Scenario: Blind
                Given this is release 7
                And I want to update hosts with identity web1.example.net
                And I want to pre-discover how many hosts to update
                When I restart the service mywebapp
            """
        When I run cucumber-js "-p live blind.feature"
        And I run lockstep "drift"
        Then it should exit with 3
        And it should say "blind.feature has no line that looks at a host"
        When I run cucumber-js "-p live release.feature"
        And the fleet cannot be reached any more
        And I run lockstep "drift --release 2026.11.3"
        Then it should exit with 3
        And it should say "DRIFT UNKNOWN: release 2026.11.3 in test:"
        And it should show no stack trace
