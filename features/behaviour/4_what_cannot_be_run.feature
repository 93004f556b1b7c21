@behaviour
Feature: 4. What cannot be run
    A mistake is found before anything is sent: one sentence that names the line, and exit status 2.

    Scenario Outline: Every line that cannot be run is named at once: -p <profile>
        An author who learns of one mistake a run corrects the last of them after the hosts were blocked.

        Given a feature "own.feature" with the steps:
            """
            Given I want to update hosts with class roles::dev_server
            When I update the package mywebapp
            Then I block the lode balancer
            And the load balancer has ip address 999.1.1.1
            And the load balancer has ip address 010.0.0.1
            And I update the package $(reboot)
            And I update the package --force
            And the package version for mywebapp should be ;ls
            And the check c should be ok within soon
            And there should be at least 0 hosts
            And there should be exactly -1 hosts
            And there should be exactly 1e9 hosts
            And I want to update hosts with fact country
            And I want to update hosts with identity /[/
            And I want to update hosts with class
            And I want to update hosts with identity wеb1.example.net
            """
        When I run cucumber-js "-p <profile> own.feature"
        Then it should exit with 2
        And it should say of the lines of "own.feature":
            | 5  | unknown step: I block the lode balancer; the closest known one is: I block the load balancer |
            | 6  | "999.1.1.1" is not an IP address, such as 192.168.1.1                                        |
            | 7  | "010.0.0.1" is not an IP address                                                             |
            | 8  | "$(reboot)" is not a package name                                                            |
            | 9  | "--force" is not a package name                                                              |
            | 10 | ";ls" is not a version                                                                       |
            | 11 | "soon" is no duration; write 30 seconds, 2 minutes or 500 ms                                 |
            | 12 | 0 is no number to expect; write a whole number from 1 to 999999                              |
            | 13 | -1 is no number to expect                                                                    |
            | 14 | 1e9 is no number to expect                                                                   |
            | 15 | "country" is no fact filter                                                                  |
            | 16 | /[/ is no regular expression                                                                 |
            | 17 | unknown step: I want to update hosts with class                                              |
            | 18 | "wеb1.example.net" is not a host name                                                        |
        And it should say "nothing was sent"
        And it should not say "8/8 hosts"
        And it should show no stack trace

        Examples:
            | profile |
            | default |

        @long
        Examples:
            | profile |
            | lint    |

    Scenario Outline: A table or document too many or missing is found before any host is blocked: -p <profile>
        The step would fail when its turn comes, with hosts already out of rotation.

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

        @long
        Examples:
            | profile     |
            | -p default  |
            | -p rehearse |

    Scenario: Files that cannot be read as features are named with the line
        A typing mistake would end in a stack trace, or in a run that silently leaves out the file.

        Given a file "misspelt.feature":
            """
            Feture: x
            """
        And a file "language.feature":
            """
            # language: xx
            Feature: x
            """
        When I run cucumber-js "misspelt.feature language.feature"
        Then it should exit with 2
        And it should say of the lines of "misspelt.feature":
            | 1 | expected: #EOF, #Language, #TagLine, #FeatureLine, #Comment, #Empty, got 'Feture: x' |
        And it should say of the lines of "language.feature":
            | 1 | Language not supported: xx |
        And it should show no stack trace

    Scenario: Features without a scenario are a failed run
        A deploy job with an empty file would be green, and would have deployed nothing.

        Given a file "empty.feature":
            """
            """
        And a file "comment.feature":
            """
            # nothing
            """
        And a file "nothing.feature":
            """
            Feature: Nothing
            """
        When I run cucumber-js "empty.feature comment.feature nothing.feature"
        Then it should exit with 2
        And it should say "no scenario was found to run"
        And it should show no stack trace

    Scenario: A tag that matches nothing is a failed run
        A misspelt tag would leave out the whole rollout, and the job would be green.

        Given the website feature
        When I run cucumber-js "website.feature --tags @none"
        Then it should exit with 2
        And it should say "no scenario was found to run"
        Given a file "canary.feature":
            """
            @canary
            Feature: Canary
              Scenario: Canary
                When I restart the service mywebapp
            """
        When I run cucumber-js "-p live canary.feature website.feature --tags @canary"
        Then it should exit with 2
        And it should say "no scenario of website.feature would be run, by tag, name or line"

    Scenario: A feature without mistakes is said to be read in full
        An author needs to know that all was read, since silence may also mean that nothing was.

        Given the website feature
        When I run cucumber-js "-p lint website.feature"
        Then it should exit with 0
        And it should say "READ 1 feature, 1 scenario, 10 steps: every line is known; nothing was sent"

    Scenario: Steps without a selection of hosts are refused
        A line for no chosen host could be taken for one for all hosts.

        Given a feature "own.feature" with the steps:
            """
            When I update the package mywebapp
            """
        When I run cucumber-js "own.feature"
        Then it should exit with 2
        And it should say "no hosts are selected"
        And it should show no stack trace

    Scenario: A block without a load balancer is refused
        The run would have to guess which balancer is meant, and might cut off another service.

        Given a feature "own.feature" with the steps:
            """
            Given I want to update hosts with class roles::dev_server
            When I block the load balancer
            """
        When I run cucumber-js "own.feature"
        Then it should exit with 2
        And it should say "say first: the load balancer has ip address"

    Scenario: A host list with a mistake is refused with its line
        A host that is listed twice often stands where another host was meant.

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

    Scenario Outline: A live run that could do harm is refused: <args>
        Such a run would roll out too much, in two processes at once, or twice.

        Given the website feature
        When I run cucumber-js "<args>"
        Then it should exit with 2
        And it should say "<said>"

        Examples:
            | args                                 | said                                                                                                                        |
            | -p live                              | the profile live names its feature                                                                                          |

        @long
        Examples:
            | args                                 | said                                                                                                                        |
            | -p love website.feature              | there is no profile "love"; the closest one is live; there are: default, live, plan, idempotence, rehearse, drift, lint, ci |
            | -p twice website.feature             | there is no profile "twice"; the closest one is idempotence                                                                 |
            | -p idempotence website.feature       | the profile idempotence stands beside another one                                                                           |
            | -p live --tags @a( website.feature   | --tags "@a(" is no expression of tags                                                                                       |
            | website.feature:7:99                 | website.feature:99 selects no scenario                                                                                      |
            | website.feature --name Typo          | no scenario has a name that "Typo" matches                                                                                  |
            | -p live --parallel 2 website.feature | rollouts do not run in parallel                                                                                             |
            | -p live --retry 1 website.feature    | a rollout is not retried                                                                                                    |

    Scenario Outline: A misspelt switch is refused, not ignored: <name>=<value> <args>
        An operator who misspells safe mode believes that nothing is changed, and everything would be.

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

        @long
        Examples:
            | name               | value | args    | said                                                                                           |
            | lockstep_safe_mode | on    | -p plan | there is no setting lockstep_safe_mode                                                         |
            | LOCKSTEP_SAFE_MODE | true  | -p lint | LOCKSTEP_SAFE_MODE is "true"; write on or off                                                  |

    Scenario: A misspelt world parameter is refused
        A run that was to keep to a plan would go ahead without it.

        Given the website feature
        And a fleet that runs elsewhere, and an mco configuration for it
        When I run cucumber-js '-p live --world-parameters {"pln":"x"} website.feature'
        Then it should exit with 2
        And it should say 'there is no world parameter "pln"; the closest known one is plan'

    Scenario: An environment without a configuration is refused
        The run would fall back to the wrong fleet, or to a simulated one.

        Given the website feature
        And the environment variable "LOCKSTEP_ENVIRONMENT" is "production"
        When I run cucumber-js "-p live website.feature"
        Then it should exit with 2
        And it should say "the environment production was asked for, but there is no lockstep.yaml here"

    Scenario: A configuration with a mistake is refused, and named
        A misspelt key would be ignored, and the run would go to the fleet with defaults.

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

    Scenario: A broker without a listener is named, and the secret is not
        An operator who sees a time-out looks for the fault at hosts, and secrets may end up in the log.

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

    Scenario: A scenario without a step is refused
        A misspelt keyword makes a line a description, and the rollout would pass without it.

        Given a file "empty.feature":
            """
            Feature: Empty
              Scenario: Update the website
                Wehn I update the package mywebapp
            """
        When I run cucumber-js "empty.feature"
        Then it should exit with 2
        And it should say 'empty.feature:2: the scenario "Update the website" has no steps'
