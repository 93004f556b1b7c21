@behaviour
Feature: 30. Runs of puppet
    A run is proven by the report that the host keeps of it. That a run was started proves nothing.

    Background:
        Given a file "puppet.feature":
            """
            Feature: Puppet
              Background:
                Given this is release 2026.11.3
                And I want to update hosts with class roles::dev_server
                And I want to update hosts with fact country=de
                And there should be at least 8 hosts
              Scenario: Safe first
                When I run puppet in noop
                Then puppet would change nothing but:
                  | Package[mywebapp] | 4.2.6-2.el5 → 4.2.6-3.el5 |
              Scenario: Live
                When I run puppet within 3 seconds
                Then puppet should have failed on no resource
                And puppet should change nothing when run again
                And puppet should have applied release "2026.11.3"
            """

    Scenario: The code is shown in noop, applied, and has nothing left to change
        When I run cucumber-js "puppet.feature"
        Then it should exit with 0

    Scenario Outline: A host whose run proves nothing stops the rollout and says why: <fault>
        Puppet calls some of these runs a success.

        Given the host "web3.example.net=<fault>"
        When I run cucumber-js "puppet.feature --name Live"
        Then it should exit with 1
        And it should say "Diverged: web3.example.net"
        And it should say "<said>"

        Examples:
            | fault                  | said                                           |
            | puppet fails           | failed on Exec[simulated]                      |
            | puppet gets no catalog | its server gave it no catalog                  |
            | puppet is killed       | left no report                                 |
            | puppet hangs           | no second one was ordered                      |
            | puppet is running      | its puppet is running already                  |
            | puppet is disabled     | its puppet is disabled: maintenance            |
            | lies                   | left no report                                 |
