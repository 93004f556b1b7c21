@behaviour
Feature: 16. History, safe mode and drift
    What changed, where, by whom and under which ticket; a new release arrives in safe mode; and what was released is
    compared with the fleet later.

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

    Scenario: What changed on each host, by whom, at which line, and for which ticket
        When somebody puts the version "4.2.6-3.el5" on "web2.example.net"
        And the environment variable "LOCKSTEP_TICKET" is "WEB-7"
        And I run cucumber-js "-p live release.feature"
        Then it should exit with 0
        And the history "test/2026.11.3/live/web1.example.net.json" should contain '"before": "4.2.6-2.el5"'
        And the history "test/2026.11.3/index.json" should contain '"OPS-123"'
        And the history "tickets/OPS-123/*.json" should contain '"release": "2026.11.3"'
        And the history "tickets/WEB-7/*.json" should contain '"outcome": "passed"'
        When I run lockstep "history --host web1.example.net"
        Then it should exit with 0
        And it should say "test release 2026.11.3 live, passed by"
        And it should say "for OPS-123, WEB-7"
        And it should say "release.feature:9 package: update mywebapp: 4.2.6-2.el5 → 4.2.6-3.el5, done web1.example.net"
        When I run lockstep "history --host web2.example.net"
        Then it should say "nothing was changed"
        When I run lockstep "history --ticket OPS-999"
        Then it should exit with 1

    @long
    Scenario: A new release arrives in safe mode, and is activated after that
        Given the environment variable "LOCKSTEP_SAFE_MODE" is "on"
        And the environment variable "LOCKSTEP_ACTIVATE" is "2026.11.3"
        When I run cucumber-js "-p live release.feature"
        Then it should exit with 6
        And it should say "release 2026.11.3 has not been here in safe mode yet"
        Given the environment variable "LOCKSTEP_ACTIVATE" is not set
        When I run cucumber-js "-p live release.feature"
        Then it should exit with 0
        And it should say "noop · test"
        And it should say "would go from 4.2.6-2.el5 to 4.2.6-3.el5"
        And it should say "; nothing was changed"
        And no host should have been told to change anything
        And the history "test/2026.11.3/noop/web1.example.net.json" should contain "would be done"
        Given the environment variable "LOCKSTEP_ACTIVATE" is "2026.11.3"
        When I run cucumber-js "-p live release.feature"
        Then it should exit with 0
        And it should say "release 2026.11.3 is activated: what the lines say is done from here on"
        And it should say "PASSED"
        And the history "test/2026.11.3/live/web1.example.net.json" should contain '"outcome": "done"'

    Scenario: Safe mode is left by the feature that says so, and by no other of the same run
        Given the environment variable "LOCKSTEP_SAFE_MODE" is "on"
        When I run cucumber-js "-p live release.feature"
        Then it should exit with 0
        Given a feature "activated.feature" with the steps:
            """
            Given I activate release 2026.11.3
            And I want to update hosts with identity web1.example.net
            When I update the package mywebapp
            Then the package version for mywebapp should be 4.2.6-3.el5
            """
        And a feature "later.feature" with the steps:
            """
            Given I want to update hosts with identity web2.example.net
            When I restart the service mywebapp
            """
        When I run cucumber-js "-p live activated.feature later.feature"
        Then it should exit with 0
        And it should say "would restart: running"
        And only "package update" should have been carried out

    @long
    Scenario: A release goes on only from where it passed
        Given a file "next.feature":
            """
            Feature: Next
              Scenario: Next
                Given this is release 2026.11.3
                And release 2026.11.3 should have passed in test
                And I want to update hosts with identity web1.example.net
                When I update the package mywebapp
                Then the package version for mywebapp should be 4.2.6-3.el5
            """
        When I run cucumber-js "-p live next.feature"
        Then it should exit with 6
        And it should say "by the history, release 2026.11.3 has not passed in test"
        When I run cucumber-js "-p live release.feature"
        And I run cucumber-js "-p live next.feature"
        Then it should exit with 0
        And it should say "release 2026.11.3 passed in test on 8 hosts"

    @long
    Scenario: Reports are deleted between two runs, as CI systems do it, and no release is forgotten
        Given a repository with a cucumber.js
        And a file "next.feature":
            """
            Feature: Next
              Scenario: Next
                Given this is release 2026.11.3
                And release 2026.11.3 should have passed in test
                And I want to update hosts with identity web1.example.net
                When I update the package mywebapp
                Then the package version for mywebapp should be 4.2.6-3.el5
            """
        And the environment variable "LOCKSTEP_STATE" is "state/of/ci"
        When I run cucumber-js "-p live release.feature"
        Then it should exit with 0
        And the folder ".lockstep" should not exist
        When somebody deletes the folder "reports"
        And I run cucumber-js "-p live next.feature"
        Then it should exit with 0
        And it should say "release 2026.11.3 passed in test on 8 hosts"
        When somebody deletes the folder "reports"
        And I run lockstep "drift"
        Then it should exit with 0
        When I run lockstep "history --release 2026.11.3"
        Then it should say "by"
        And it should exit with 0

    @long
    Scenario: Somebody changed a host: the drift is found, in the words of a monitoring plugin
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

    Scenario: A run that changes what was reported as done says so
        When I run cucumber-js "-p live release.feature"
        And somebody puts the version "4.2.6-2.el5" on "web3.example.net"
        And I run cucumber-js "-p live release.feature"
        Then it should exit with 0
        And it should say "drift: web3.example.net"
        And the history "test/2026.11.3/index.json" should contain "4.2.6-2.el5 → 4.2.6-3.el5"

    Scenario: A history that cannot be written is made up for from the journal
        Given a file ".lockstep/history/test":
            """
            a file where a folder should be
            """
        When I run cucumber-js "-p live release.feature"
        Then it should exit with 1
        And it should say "the history of what changed could not be written"
        And it should say "lockstep.cjs history --write"
        And it should show no stack trace

    Scenario: An environment in safe mode, and a release that its history says passed in safe mode alone
        Given a file "lockstep.yaml":
            """
            environments:
              test:
                client_config: client.cfg
                safe_mode: true
                discovery_window: 2 seconds
                timeouts: { default: 20 seconds }
            """
        When I run cucumber-js "-p live release.feature"
        Then it should exit with 0
        And it should say "noop 8/8 hosts"
        And no host should have been told to change anything
        When I run cucumber-js "-p live release.feature" to resume the run before
        Then it should exit with 2
        And it should say "was in safe mode, and changed nothing that could be gone on from"

    Scenario: What the hosts say when they are looked at is what is in the history of a host that lied, and of one put back
        Given a file "back.feature":
            """
            Feature: Back
              Scenario: Back
                Given this is release 2026.11.4
                And on failure every touched host goes back to the version it had
                And I want to update the hosts:
                  | web1.example.net |
                When I install version 4.2.6-3.el5 of the package mywebapp
                Then the package version for mywebapp should be 4.2.6-3.el5
                When the package version for mywebapp should be 9
            """
        When I run cucumber-js "-p live back.feature"
        Then it should exit with 1
        When I run lockstep "history --release 2026.11.4"
        Then it should say "package: install mywebapp 4.2.6-3.el5: 4.2.6-2.el5 → 4.2.6-3.el5, done web1.example.net"
        And it should say "package: install mywebapp 4.2.6-2.el5: 4.2.6-3.el5 → 4.2.6-2.el5, done web1.example.net"

    @long
    Scenario: A release whose last run stopped does not go on
        Given a file "next.feature":
            """
            Feature: Next
              Scenario: Next
                Given this is release 2026.11.3
                And release 2026.11.3 should have passed in test
                And I want to update hosts with identity web1.example.net
                Then the service mywebapp should be running
            """
        When I run cucumber-js "-p live release.feature"
        And I run cucumber-js "-p live next.feature"
        Then it should exit with 0
        Given a file "release.feature":
            """
            Feature: Release
              Scenario: The website
                Given this is release 2026.11.3
                And I want to update hosts with identity web1.example.net
                Then the package version for mywebapp should be 9
            """
        When I run cucumber-js "-p live release.feature"
        Then it should exit with 1
        When I run cucumber-js "-p live next.feature"
        Then it should exit with 6
        And it should say "release 2026.11.3 has not passed in test: the last run of release.feature there,"

    @long
    Scenario: A run that was killed is put into the history by its journal
        When I run cucumber-js "-p live release.feature" and kill it with -9 at '"action":"update"'
        Then it should have been ended by the system
        When I put the run before into the history
        Then it should exit with 0
        And it should say "is written: 8 hosts."
        When I run lockstep "history"
        Then it should say "live, cut off by"
        And it should say "release.feature:9 package: update mywebapp: 4.2.6-2.el5 →"
        When I run lockstep "history --write ../../etc/passwd"
        Then it should exit with 2
        And it should say "there is no journal of a live run"

    @long
    Scenario: Drift is looked for where the feature lies elsewhere, with hosts from a list, and hosts that were allowed to fail
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
    Scenario: What cannot be told is UNKNOWN, in a sentence
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
    Scenario: A feature that looks at nothing, and a broker that cannot be reached
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

    @long
    Scenario: Features of one release are not each other's drift, nor is a restart
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

    Scenario: Something that is no ticket is refused, and nothing is sent
        Given the environment variable "LOCKSTEP_TICKET" is "hotfix"
        When I run cucumber-js "-p live release.feature"
        Then it should exit with 2
        And it should say "LOCKSTEP_TICKET has "hotfix", which is no ticket"
        And it should show no stack trace

    @long
    Scenario: A host that is gone does not hide what else has drifted
        Given a repository with a cucumber.js
        When I run cucumber-js "-p live release.feature"
        And somebody puts the version "4.2.6-2.el5" on "web3.example.net"
        And the host "web5.example.net" is gone
        And I run lockstep "drift"
        Then it should exit with 2
        And it should say "no longer passes on 2 of 8 hosts: web3.example.net, web5.example.net"
        And it should say "web3.example.net: 4.2.6-2.el5"
        And it should say "web5.example.net: not discovered"
