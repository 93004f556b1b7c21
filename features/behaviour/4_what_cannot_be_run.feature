@behaviour
Feature: 4. What cannot be run
    A mistake is found before anything is sent: one sentence that names the line, and exit status 2.

    Scenario Outline: <mistake>
        Given a feature "own.feature" with the steps:
            """
            Given I want to update hosts with class roles::dev_server
            When I update the package mywebapp
            Then <step>
            """
        When I run cucumber-js "<profile> own.feature"
        Then it should exit with 2
        And it should say "own.feature:5: <said>"
        And it should say "nothing was sent"
        And it should not say "8/8 hosts"
        And it should show no stack trace

        Examples:
            | mistake                | profile | step                                                  | said                                                                                         |
            | An unknown step        |         | I block the lode balancer                             | unknown step: I block the lode balancer; the closest known one is: I block the load balancer |
            | The same, reading only | -p lint | I block the lode balancer                             | unknown step: I block the lode balancer; the closest known one is: I block the load balancer |
            | No address             |         | the load balancer has ip address 999.1.1.1            | "999.1.1.1" is not an IP address, such as 192.168.1.1                                        |
            | An odd address         |         | the load balancer has ip address 010.0.0.1            | "010.0.0.1" is not an IP address                                                             |
            | A shell command        |         | I update the package $(reboot)                        | "$(reboot)" is not a package name                                                            |
            | An option              |         | I update the package --force                          | "--force" is not a package name                                                              |
            | No version             |         | the package version for mywebapp should be ;ls        | ";ls" is not a version                                                                       |
            | No duration            |         | the check c should be ok within soon                  | "soon" is no duration; write 30 seconds, 2 minutes or 500 ms                                 |
            | No host                |         | there should be at least 0 hosts                      | 0 is no number to expect; write a whole number from 1 to 999999                              |
            | Fewer than no host     |         | there should be exactly -1 hosts                      | -1 is no number to expect                                                                    |
            | Far too many hosts     |         | there should be exactly 1e9 hosts                     | 1e9 is no number to expect                                                                   |
            | No fact                |         | I want to update hosts with fact country              | "country" is no fact filter                                                                  |
            | No pattern             |         | I want to update hosts with identity /[/              | /[/ is no regular expression                                                                 |
            | An empty class         |         | I want to update hosts with class                     | unknown step                                                                                 |
            | A homoglyph            |         | I want to update hosts with identity wеb1.example.net | "wеb1.example.net" is not a host name                                                        |

    Scenario Outline: A table or document too many or missing is found before any host is blocked: -p <profile>
        Given a feature "own.feature" with the steps:
            """
            Given I want to update hosts with class roles::dev_server
            And the load balancer has ip address 192.168.1.1
            When I block the load balancer
              | a | table |
            And I run the action status of the agent package with:
            And I run the action nosuch of the agent service
            """
        When I run cucumber-js "<profile> own.feature"
        Then it should exit with 2
        And it should say "own.feature:5: the step takes no table, and there is one below it"
        And it should say "own.feature:7: the step takes a table, and there is none below it"
        And it should say "own.feature:8: the agent service has no action nosuch; it has: status, start"
        And it should say "nothing was sent"
        And it should show no stack trace

        Examples:
            | profile     |
            | -p lint     |
            | -p default  |
            | -p rehearse |

    Scenario Outline: A file that is no feature: <what>
        Given a file "own.feature":
            """
            <content>
            """
        When I run cucumber-js "own.feature"
        Then it should exit with 2
        And it should show no stack trace

        Examples:
            | what                | content                                    |
            | empty               |                                            |
            | only a comment      | # nothing                                  |
            | a misspelt keyword  | Feture: x                                  |
            | an unknown language | # language: xx\nFeature: x                 |
            | no examples         | Feature: x\nScenario Outline: y\nGiven <z> |

    Scenario: A tag that matches nothing is a failed run
        Given the website feature
        When I run cucumber-js "website.feature --tags @none"
        Then it should exit with 2
        And it should say "no scenario was found to run"

    Scenario: A feature that is good
        Given the website feature
        When I run cucumber-js "-p lint website.feature"
        Then it should exit with 0
        And it should say "READ 1 feature, 1 scenario, 10 steps: every line is known; nothing was sent"

    Scenario: Steps without a selection of hosts
        Given a feature "own.feature" with the steps:
            """
            When I update the package mywebapp
            """
        When I run cucumber-js "own.feature"
        Then it should exit with 2
        And it should say "no hosts are selected"
        And it should show no stack trace

    Scenario: A block without a load balancer
        Given a feature "own.feature" with the steps:
            """
            Given I want to update hosts with class roles::dev_server
            When I block the load balancer
            """
        When I run cucumber-js "own.feature"
        Then it should exit with 2
        And it should say "say first: the load balancer has ip address"

    Scenario: A host list with a mistake
        Given a file "hosts.txt":
            """
            web1.example.net
            web1.example.net
            """
        And a feature "own.feature" with the steps:
            """
            Given I want to update the hosts listed in hosts.txt
            """
        When I run cucumber-js "own.feature"
        Then it should exit with 2
        And it should say "hosts.txt:2: web1.example.net is listed already, on line 1"
        And it should show no stack trace

    Scenario Outline: A live run that must not be: <args>
        Given the website feature
        When I run cucumber-js "<args>"
        Then it should exit with 2
        And it should say "<said>"

        Examples:
            | args                                 | said                                                                                                                        |
            | -p live                              | the profile live names its feature                                                                                          |
            | -p love website.feature              | there is no profile "love"; the closest one is live; there are: default, live, plan, idempotence, rehearse, drift, lint, ci |
            | -p twice website.feature             | there is no profile "twice"; the closest one is idempotence                                                                 |
            | -p idempotence website.feature       | the profile idempotence stands beside another one                                                                           |
            | -p live --parallel 2 website.feature | rollouts do not run in parallel                                                                                             |
            | -p live --retry 1 website.feature    | a rollout is not retried                                                                                                    |

    Scenario Outline: A misspelt switch is refused, not ignored: <name>=<value> <args>
        Given the website feature
        And a fleet that runs elsewhere, and an mco configuration for it
        And the environment variable "<name>" is "<value>"
        When I run cucumber-js "<args> website.feature"
        Then it should exit with 2
        And it should say "<said>"
        And it should say "nothing was sent"
        And it should show no stack trace

        Examples:
            | name               | value | args    | said                                                                                           |
            | LOCKSTEP_SAFEMODE  | on    | -p live | there is no setting LOCKSTEP_SAFEMODE; the closest known one is LOCKSTEP_SAFE_MODE (on or off) |
            | LOCKSTEP_SAFEMODE  | on    | -p lint | there is no setting LOCKSTEP_SAFEMODE                                                          |
            | lockstep_safe_mode | on    | -p plan | there is no setting lockstep_safe_mode                                                         |
            | LOCKSTEP_SAFE_MODE | true  | -p live | LOCKSTEP_SAFE_MODE is "true"; write on or off                                                  |
            | LOCKSTEP_SAFE_MODE |       | -p live | LOCKSTEP_SAFE_MODE is empty                                                                    |
            | LOCKSTEP_PLAN      |       | -p live | LOCKSTEP_PLAN is empty                                                                         |

    Scenario Outline: A misspelt world parameter is refused: <parameters>
        Given the website feature
        And a fleet that runs elsewhere, and an mco configuration for it
        When I run cucumber-js '-p live --world-parameters <parameters> website.feature'
        Then it should exit with 2
        And it should say "<said>"

        Examples:
            | parameters             | said                                                                    |
            | {"pln":"x"}            | there is no world parameter "pln"; the closest known one is plan        |
            | {"safeMode":true}      | it is said with the environment variable LOCKSTEP_SAFE_MODE (on or off) |
            | {"idempotence":"true"} | the world parameter idempotence is "true"; write true or false          |

    Scenario: An environment without a configuration
        Given the website feature
        And the environment variable "LOCKSTEP_ENVIRONMENT" is "production"
        When I run cucumber-js "-p live website.feature"
        Then it should exit with 2
        And it should say "the environment production was asked for, but there is no lockstep.yaml here"

    Scenario: A configuration with a mistake
        Given the website feature
        And a file "lockstep.yaml":
            """
            environments:
              test:
                conector: activemq
            """
        When I run cucumber-js "-p live website.feature"
        Then it should exit with 2
        And it should say "lockstep.yaml"
        And it should show no stack trace

    Scenario: A broker that is not there
        Given the website feature
        And a file "client.cfg":
            """
            plugin.psk = s3cret-value
            plugin.activemq.pool.size = 1
            plugin.activemq.pool.1.host = 127.0.0.1
            plugin.activemq.pool.1.port = 1
            """
        And the environment variable "MCOLLECTIVE_CONFIG" is "client.cfg"
        When I run cucumber-js "-p live website.feature"
        Then it should exit with 4
        And it should say "the broker 127.0.0.1:1 cannot be used: nothing listens there (connection refused)"
        And it should not say "s3cret-value"
        And it should show no stack trace

    Scenario: A scenario without a step says nothing about any host
        Given a file "empty.feature":
            """
            Feature: Empty
              Scenario: Update the website
                Wehn I update the package mywebapp
            """
        When I run cucumber-js "empty.feature"
        Then it should exit with 2
        And it should say 'empty.feature:2: the scenario "Update the website" has no steps'
