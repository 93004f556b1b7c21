@behaviour
Feature: 12. Environments
    What differs from one environment to the next, or from one release to the next, stands outside of the feature: `<name>` in a step, its table or
    its document is a variable of the environment. A secret one is handed to agents and never shown.

    Background:
        Given a fleet that runs elsewhere, and an mco configuration for it
        And a file "own.feature":
            """
            Feature: Own
                Background:
                    Given I want to update hosts with class roles::dev_server
                    And I want to update hosts with fact country=<country>
                    And I want to update hosts with fact processorcount<9
                    And I want to update hosts with identity /^(?<name>web)/
                Scenario Outline: Install <release> of <package>
                    When I install version <version> of the package <package>
                    Then the package version for <package> should be <version>
                    Examples:
                        | package |
                        | <app>   |
            """
        And a file "lockstep.yaml":
            """
            default: test
            environments:
              test:
                client_config: client.cfg
                discovery_window: 2 seconds
                timeouts: { default: 20 seconds }
                variables:
                  country: de
                  app: mywebapp
                  release: 4.2
                  version: <release>.6-3.el5
                  db_password: { env: DB_PASSWORD }
              production:
                client_config: client.cfg
                variables:
                  country: us
                  only_there: 1
            """
        And the environment variable "DB_PASSWORD" is "hunter2-&-more"

    Scenario: A feature has the values of its environment, and reports show them
        A report that shows only names cannot tell which version went out.

        When I run cucumber-js "-p live own.feature"
        Then it should exit with 0
        And it should say "Install 4.2 of mywebapp"
        And it should say "I want to update hosts with fact country=de"
        And it should say "I want to update hosts with fact processorcount<9"
        And the step "the package version for mywebapp should be 4.2.6-3.el5" should have counted:
            | expected   | 8 |
            | answered   | 8 |
            | diverged   | 0 |
            | silent     | 0 |
            | unexpected | 0 |
            | out        | 0 |
        And the file "reports/junit.xml" should contain "Install 4.2 of mywebapp"
        And the file "reports/rollout.html" should contain "the package version for mywebapp should be 4.2.6-3.el5"
        And the file "reports/run.json" should contain '"version":"4.2.6-3.el5"'

    Scenario: A variable of the run goes before that of the environment
        A hotfix needs another version for one run, without a change to files that others read.

        Given the environment variable "LOCKSTEP_VARIABLES" is "version=4.2.6-2.el5"
        When I run cucumber-js "-p live own.feature"
        Then it should exit with 0
        And it should say "the package version for mywebapp should be 4.2.6-2.el5"

    Scenario: The embedded fleet takes its values from the run alone
        A trial on simulated hosts should need no access to a real environment.

        Given the environment variable "LOCKSTEP_VARIABLES" is "country=de,app=mywebapp,version=4.2.6-3.el5"
        When I run cucumber-js "own.feature"
        Then it should exit with 0
        And it should say "I want to update hosts with fact country=de"

    Scenario Outline: A name that is not defined is refused: <profile>
        The text between the brackets would be sent to hosts as the name of a package.

        Given a feature "own.feature" with the steps:
            """
            Given I want to update hosts with class roles::dev_server
            When I update the package <mywebap>
            """
        When I run cucumber-js "<profile> own.feature"
        Then it should exit with 2
        And it should say "own.feature:4: the variable <mywebap> is not defined in <where>"
        And it should say "nothing was sent"
        And it should not say "hunter2"
        And it should show no stack trace

        Examples:
            | profile | where                                                                               |
            | -p live | the environment test; there are: app, country, db_password, release, version        |

        @long
        Examples:
            | profile | where                                                                               |
            | -p lint | any environment; there are: app, country, db_password, only_there, release, version |
            |         | the embedded fleet; there are: none. Give it with LOCKSTEP_VARIABLES='mywebap=…'    |

    Scenario: Reading only knows the variables of every environment
        CI reads a feature before it is known where it goes.

        Given a feature "own.feature" with the steps:
            """
            Given I want to update hosts with class <only_there>
            When I update the package <app>
            And I run the action disable of the agent puppet with:
                | message | <db_password> |
            """
        When I run cucumber-js "-p lint own.feature"
        Then it should exit with 0
        When I run cucumber-js "-p live own.feature"
        Then it should exit with 2
        And it should say "own.feature:3: the variable <only_there> is not defined in the environment test"

    Scenario: The value of a variable is checked like text in the feature
        A value from outside could smuggle a command into a step.

        Given the environment variable "LOCKSTEP_VARIABLES" is "version=;reboot"
        When I run cucumber-js "-p live own.feature"
        Then it should exit with 2
        And it should say 'own.feature:8: ";reboot" is not a version'

    Scenario: Variables that go round in a circle are named with the way they go
        The run would hang, or end in a stack trace.

        Given a file "lockstep.yaml":
            """
            environments:
              test:
                client_config: client.cfg
                variables:
                  country: <land>
                  land: <country>
            """
        When I run cucumber-js "-p live own.feature"
        Then it should exit with 2
        And it should say "lockstep.yaml:5: the variable <country> goes round in a circle: country → land → country"
        And it should show no stack trace

    Scenario: A misspelt name of the run is refused
        The run would go out with the old version, and say nothing.

        Given the environment variable "LOCKSTEP_VARIABLES" is "verion=4.2.6-2.el5"
        When I run cucumber-js "-p live own.feature"
        Then it should exit with 2
        And it should say "verion of LOCKSTEP_VARIABLES is neither used nor defined in the environment test; there are: country, app, release, version, db_password"

    Scenario: A secret is handed to agents, and shown nowhere
        Reports are kept for years, and read by many.

        Given a feature "own.feature" with the steps:
            """
            Given I want to update hosts with identity web1.example.net
            When I run the action disable of the agent puppet with:
                | message | <db_password> |
            Then the action status of the agent puppet should answer disable_message "another"
            """
        When I run cucumber-js "-p live own.feature"
        Then it should exit with 1
        And it should say "disable_message *** web1.example.net"
        And the file "reports/rollout.html" should contain "&lt;db_password&gt;"
        And the file "reports/rollout.html" should contain "disable_message ***"
        And the file "reports/run.json" should contain "disable_message ***"
        And the file "reports/junit.xml" should contain "disable_message ***"
        And nothing that the run leaves should contain "hunter2"
        And it should not say "hunter2"

    Scenario: A secret that an agent refuses is not in the refusal
        An error message repeats what it refuses, and the secret would be in the log.

        Given a feature "own.feature" with the steps:
            """
            Given I want to update hosts with identity web1.example.net
            When I run the action restart of the agent service with:
                | service | <db_password> |
            """
        When I run cucumber-js "-p live own.feature"
        Then it should exit with 2
        And it should say "***"
        And nothing that the run leaves should contain "hunter2"
        And it should not say "hunter2"

    @long
    Scenario Outline: Nothing shows any part of a secret that others echo: hosts, a balancer, a web server (<what>)
        A text that is cut in the middle of a secret is not recognized, and shows the rest.

        Given a fleet, a HAProxy and a web server that echo the secret "xQ7-vK2-pZ9-mW4-tR8-hJ3-yB6" where texts are cut
        And a file "own.feature":
            """
            Feature: Own
              Scenario: Own
                Given the load balancer is the haproxy backend www
                And I want to update hosts with class roles::dev_server
                And I want to pre-discover how many hosts to update
                When I run the action get_fact of the agent rpcutil with:
                  | fact | <token> |
                Then <line>
            """
        When I run cucumber-js "-p live own.feature"
        Then it should exit with 1
        And it should say "FAILED"
        And it should say "not delivered"
        And no part of the secret should be in what it said, wrote or told

        Examples:
            | what     | line                                                                 |
            | checks   | the check check_echo should be ok                                    |
            | values   | the action inventory of the agent rpcutil should answer facts "none" |
            | balancer | traffic from the load balancer should be unblocked                   |

    Scenario: A secret in the text of a step is refused
        The text of a step is on every screen and in every report.

        Given a feature "own.feature" with the steps:
            """
            Given I want to update hosts with identity web1.example.net
            When I disable puppet with the message "<db_password>"
            """
        When I run cucumber-js "-p live own.feature"
        Then it should exit with 2
        And it should say "own.feature:4: the variable <db_password> is a secret, and the text of a step is shown; hand it over in the table of a step"
        And it should not say "hunter2"

    Scenario: A secret that a run does not use is not read
        An operator without that secret could not even look at hosts.

        Given the environment variable "DB_PASSWORD" is ""
        When I run cucumber-js "-p live own.feature"
        Then it should exit with 0

    Scenario: A secret that a run uses and lacks is named
        An empty password would be set on the hosts.

        Given the environment variable "DB_PASSWORD" is ""
        And a feature "own.feature" with the steps:
            """
            Given I want to update hosts with identity web1.example.net
            When I run the action disable of the agent puppet with:
                | message | <db_password> |
            """
        When I run cucumber-js "-p live own.feature"
        Then it should exit with 2
        And it should say "lockstep.yaml:12: the variable db_password is to come from DB_PASSWORD, which is not set"

    Scenario: A recovery feature has the values that the run had
        The recovery would bring hosts to another version than the hosts that passed.

        Given a feature "own.feature" with the steps:
            """
            Given I want to update hosts with fact country=<country>
            And I want to update hosts with class roles::dev_server
            When I install version <version> of the package <app>
            Then the package version for <app> should be 9-<release>
            And I run the action disable of the agent puppet with:
                | message | <release> \<app> <db_password> |
            """
        When I run cucumber-js "-p live own.feature"
        Then it should exit with 1
        And the recovery feature should contain "Given I want to update the hosts: | web1.example.net |"
        And the recovery feature should contain "When I install version 4.2.6-3.el5 of the package mywebapp"
        And the recovery feature should contain "| message | 4.2 \<app> <db_password> |"

    Scenario: A run is resumed with the same values only
        Half of the fleet would get one version, and half another.

        When I run cucumber-js "-p live own.feature"
        Then it should exit with 0
        Given the environment variable "LOCKSTEP_VARIABLES" is "version=4.2.6-2.el5"
        When I run cucumber-js "-p live own.feature" to resume the run before
        Then it should exit with 2
        And it should say "was with <version> as 4.2.6-3.el5, and now it is 4.2.6-2.el5; give it as it was with LOCKSTEP_VARIABLES"

    Scenario: An environment that only the hooks know is not rolled out to with the values of another
        Production would get the values of test.

        When I run cucumber-js '-p live --world-parameters {"environment":"production"} own.feature'
        Then it should exit with 2
        And it should say "variables were read for mode live, environment not named, and the run goes to mode live, environment production; name the environment with LOCKSTEP_ENVIRONMENT"

    @long
    Scenario: A rollout that keeps to its plan has the values of the plan
        The plan that was approved would stand for another version.

        When I run cucumber-js "-p plan own.feature"
        Then it should exit with 0
        Given the environment variable "LOCKSTEP_VARIABLES" is "version=4.2.6-2.el5"
        When I run cucumber-js "-p live own.feature" as it was planned
        Then it should exit with 6
        And it should say "version was 4.2.6-3.el5 and is 4.2.6-2.el5"

    @long
    Scenario: The fleet is compared with the release, with the values that it had
        Drift would be reported for hosts that have exactly what was released.

        Given a repository with a cucumber.js
        And a feature "own.feature" with the steps:
            """
            Given this is release <release>
            And I want to update hosts with class roles::dev_server
            And I want to update hosts with fact country=<country>
            When I install version <version> of the package <app>
            Then the package version for <app> should be <version>
            """
        And the environment variable "LOCKSTEP_VARIABLES" is "version=4.2.6-2.el5"
        When I run cucumber-js "-p live own.feature"
        Then it should exit with 0
        Given the environment variable "LOCKSTEP_VARIABLES" is not set
        When I run lockstep "drift"
        Then it should exit with 0
        And it should say "DRIFT OK: release 4.2 in test still passes on 8 hosts"
