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

    Scenario: The hosts of an environment run in noop, a person approves, and waves follow
        The column of the inventory says whom it is for. The deployment to copy is linted and rehearsed as it is.

        Given the deployment "puppet_environment.feature"
        And a file "hosts.csv":
            """
            host,environment,role
            web1.example.net,test,roles::web
            web2.example.net,test,roles::web
            web3.example.net,test,roles::web
            web4.example.net,test,roles::web
            """
        And the environment variable "LOCKSTEP_INVENTORY" is "hosts.csv"
        When I run cucumber-js "-p lint puppet_environment.feature"
        Then it should exit with 0
        When I run cucumber-js "-p rehearse puppet_environment.feature"
        Then it should exit with 0
        And it should say "a person would be asked"

    Scenario: Packed code is applied without a master, in noop first and in waves
        The deployment to copy is linted and rehearsed as it is.

        Given the deployment "puppet_code.feature"
        When I run cucumber-js "-p lint puppet_code.feature"
        Then it should exit with 0
        When I run cucumber-js "-p rehearse puppet_code.feature"
        Then it should exit with 0
        And it should say "web1.example.net: has open code during"
        And it should say "web1.example.net: has other modules during"
