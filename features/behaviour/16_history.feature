@behaviour
Feature: 16. History
    What changed on which host, where, by whom and for which ticket stays known, also of runs that did not end well.

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

    Scenario: The history shows what changed on each host, by whom, at which line, and for which ticket
        After an incident the first question is what changed here, and why.

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
    Scenario: A run that changes a host reported as done says so
        A person has changed the host by hand, and the next rollout would cover that up.

        When I run cucumber-js "-p live release.feature"
        And somebody puts the version "4.2.6-2.el5" on "web3.example.net"
        And I run cucumber-js "-p live release.feature"
        Then it should exit with 0
        And it should say "drift: web3.example.net"
        And the history "test/2026.11.3/index.json" should contain "4.2.6-2.el5 → 4.2.6-3.el5"

    Scenario: A history that cannot be written is made up for from the journal
        A person who searches for a change without a record does not find it.

        Given a file ".lockstep/history/test":
            """
            a file where a folder should be
            """
        When I run cucumber-js "-p live release.feature"
        Then it should exit with 1
        And it should say "the history of what changed could not be written"
        And it should say "lockstep.cjs history --write"
        And it should show no stack trace

    Scenario: The history has what hosts showed when they were looked at
        A history of intentions misleads a person who searches for the cause.

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
        And it should say "test release 2026.11.4 live, failed by"

    @long
    Scenario: A run that was killed is written into the history from its journal
        Hosts were changed, and the history would not know by which run.

        When I run cucumber-js "-p live release.feature" and kill it with -9 at '"action":"update"'
        Then it should have been ended by the system
        When I put the run before into the history
        Then it should exit with 0
        And it should say "is written into the history: 8 hosts."
        When I run lockstep "history"
        Then it should say "live, cut off by"
        And it should say "release.feature:9 package: update mywebapp: 4.2.6-2.el5 →"
        When I run lockstep "history --write ../../etc/passwd"
        Then it should exit with 2
        And it should say "there is no journal of a live run"

    Scenario: Something that is no ticket is refused, and nothing is sent
        A change under a misspelt ticket is missing from the one that auditors look at.

        Given the environment variable "LOCKSTEP_TICKET" is "hotfix"
        When I run cucumber-js "-p live release.feature"
        Then it should exit with 2
        And it should say "LOCKSTEP_TICKET has "hotfix", which is no ticket"
        And it should show no stack trace
