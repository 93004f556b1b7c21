@behaviour
Feature: 18. Releases
    A release goes on only from where it has passed, and arrives in safe mode where an environment asks for that.

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
    Scenario: A release goes on only from where it passed
        An untried release would reach production.

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
    Scenario: A release whose last run stopped does not go on
        An earlier success would open the gate for a release that has failed since.

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
    Scenario: Reports are deleted between two runs, as CI systems do it, and no release is forgotten
        Each job of a CI system starts in a clean folder, and the gate would never open.

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
        Then it should exit with 0
        And it should say "test release 2026.11.3 live, passed by"

    @long
    Scenario: A new release arrives in safe mode, and is activated after that
        In a strict environment people want to see what would change before anything does.

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

    @long
    Scenario: Safe mode is left by the feature that says so, and by no other of the same run
        One activated feature would let all others of the command change hosts.

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
        And it should say "on 2 hosts"
        And it should say "nothing was changed by later.feature, still in safe mode"
        And only "package update" should have been carried out
        When I run lockstep "report <run>" for the last run
        Then it should exit with 0
        And it should say "every line passed on 2 hosts; nothing was changed by later.feature, still in safe mode"

    Scenario: A run in safe mode changes nothing, and is nothing to resume from
        A run that changed nothing would count as done, and a resumed run would skip its lines.

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
        And it should say "on 8 hosts"
        And the file "reports/rollout.html" should contain "every line passed on 8 hosts; nothing was changed"
        When I run cucumber-js "-p live release.feature" to resume the run before
        Then it should exit with 2
        And it should say "was in safe mode, and changed nothing that could be gone on from"

    @long
    Scenario: The way back to the release before is a feature to read, and it brings hosts back
        In an incident, a way back that is written by hand forgets a host, or brings the newest version again.

        Given a repository with a cucumber.js
        And a file "web.feature":
            """
            Feature: Web
              Background:
                Given this is release <release>
                And I want to update hosts with class roles::dev_server
                And I want to update hosts with fact country=de
                And I want to pre-discover how many hosts to update
              Scenario: The website
                When I install version <version> of the package mywebapp
                And I restart the service mywebapp
                Then the package version for mywebapp should be <version>
                And the service mywebapp should be running
            """
        When the environment variable "LOCKSTEP_VARIABLES" is "release=1.0,version=4.2.6-2.el5"
        And I run cucumber-js "-p live web.feature"
        Then it should exit with 0
        When I run lockstep "rollback 1.0"
        Then it should exit with 6
        And it should say "release 1.0 is the first one on"
        When the environment variable "LOCKSTEP_VARIABLES" is "release=2.0,version=4.2.6-3.el5"
        And I run cucumber-js "-p live web.feature"
        Then it should exit with 0
        When the environment variable "LOCKSTEP_VARIABLES" is ""
        And I run lockstep "rollback 3.0"
        Then it should exit with 2
        And it should say 'there is no release "3.0" in the history of this environment; the last ones are: 2.0, 1.0'
        When the environment variable "LOCKSTEP_SAFE_MODE" is "on"
        And I run lockstep "rollback 2.0"
        Then it should exit with 0
        And it should say "the first live run changes nothing, and the one that activates the release does"
        And it should say "LOCKSTEP_ACTIVATE=1.0"
        Given the environment variable "LOCKSTEP_SAFE_MODE" is not set
        When I run lockstep "rollback 2.0 --to back.feature"
        Then it should exit with 0
        And it should say "from release 2.0 back to release 1.0 on 8 hosts; nothing was run"
        And it should say "Not undone unless a line of the feature does it: service: restart mywebapp"
        And the file "back.feature" should contain "# Before release 2.0 they had mywebapp 4.2.6-2.el5."
        And the file "back.feature" should contain "I install version 4.2.6-2.el5 of the package mywebapp"
        When I run cucumber-js "-p live back.feature"
        Then it should exit with 0
        And I run lockstep "drift --release 1.0"
        Then it should exit with 0
        And it should say "release 1.0 in test still passes on 8 hosts"
        When I run lockstep "rollback 2.0"
        Then it should exit with 6
        And it should say "changed by run"
        And it should say "of release 1.0 after release 2.0 had begun, and going back would undo that too"
