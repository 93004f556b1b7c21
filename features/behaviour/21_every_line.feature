@behaviour
Feature: 21. Every line is carried out
    A run passes only when every line of it was carried out. The only skip that counts is Lockstep's own.

    Scenario Outline: A team's own <what> leaves the rest undone
        The rest of the lines would be skipped, and a skipped line looks like a pass.

        Given a feature "own.feature" with waves "2 hosts, the rest" and the steps:
            """
            When I block the load balancer
            And I update the package mywebapp
            And a step of our own
            Then I unblock the load balancer
            """
        And steps of a team, in "own.js":
            """
            Given('a step of our own', () => <step>)
            <hook>
            """
        When I run cucumber-js "--require own.js own.feature"
        Then it should exit with 1
        And it should say "<said>"
        And it should say "Still out of rotation: 2 hosts"
        And it should say "Not attempted (6 hosts)"
        And the file "reports/junit.xml" should contain "<said>"

        Examples:
            | what                  | step      | hook                                                                                          | said                          |
            | step that is skipped  | 'skipped' |                                                                                               | a step of our own             |

        @long
        Examples:
            | what                  | step      | hook                                                                                          | said                          |
            | step that is pending  | 'pending' |                                                                                               | a step of our own             |
            | BeforeStep that skips | {}        | BeforeStep(({ pickleStep }) => (/our own/.test(pickleStep.text) ? 'skipped' : undefined))     | a step of our own             |
            | AfterStep that skips  | {}        | AfterStep(({ pickleStep }) => (/I update the/.test(pickleStep.text) ? 'skipped' : undefined)) | I update the package mywebapp |
            | wrapper that hides it | {}        | setDefinitionFunctionWrapper((f) => /unblock\(/.test(f) ? () => {} : f)                       | I unblock the load balancer   |

    @long
    Scenario Outline: A team's own <what> that ends the process is no success, and hides no host
        The exit status would be 0, with hosts blocked and later waves not attempted.

        Given a feature "own.feature" with waves "2 hosts, the rest" and the steps:
            """
            When I block the load balancer
            And I update the package mywebapp
            And a step of our own
            Then I unblock the load balancer
            """
        And steps of a team, in "own.js":
            """
            Given('a step of our own', () => <step>)
            <hook>
            """
        And a fleet that runs elsewhere, and an mco configuration for it
        When I run cucumber-js "-p live --require own.js own.feature"
        Then it should exit with 1
        And it should say "the process was ended in mid-run"
        And it should say "Still out of rotation: 2 hosts"
        And it should say "Not attempted (6 hosts)"
        And the file "reports/junit.xml" should contain "the process was ended in mid-run"
        When I run lockstep "status"
        Then it should exit with 1
        And it should say "Out of rotation: 2 hosts"

        Examples:
            | what            | step                  | hook                                               |
            | exit            | process.exit(0)       |                                                    |
            | exit at once    | process.reallyExit(0) |                                                    |
            | exit in the end | process.exit()        | process.on('exit', () => { process.exitCode = 0 }) |

    Scenario: A hook that skips a scenario before Lockstep sees it fails the run
        Nothing would be done, and the job would be green.

        Given the website feature
        And steps of a team, in "own.js":
            """
            Before(() => 'skipped')
            """
        When I run cucumber-js "--require own.js website.feature"
        Then it should exit with 1
        And it should say "was skipped (website.feature:3), and not by Lockstep"
        And it should not say "PASSED"

    Scenario: A wrapper that hides which hosts are meant fails the run
        The rollout would go to more hosts than the feature names.

        Given the website feature
        And steps of a team, in "own.js":
            """
            setDefinitionFunctionWrapper((f) => (/withFact/.test(f) ? () => {} : f))
            """
        When I run cucumber-js "--require own.js website.feature"
        Then it should exit with 1
        And it should say "FAILED at "And I want to update hosts with fact country=de" (website.feature:5)"
        And it should say "the line passed, and has said nothing to the rollout"

    Scenario Outline: Hosts that are selected after others were found: <what>
        The second scenario would roll out to the hosts of the first, under another name.

        Given a file "own.feature":
            """
            Feature: Two countries
              Scenario Outline: The website in <country>
                Given I want to update hosts with class roles::dev_server
                And I want to update hosts with fact country=<country>
                When I update the package mywebapp
                Examples:
                  | country |
                  | de      |

                @long
                Examples:
                  | country |
                  | <other> |
            """
        When I run cucumber-js "own.feature"
        Then it should exit with <status>
        And it should say "<said>"

        Examples:
            | what   | other | status | said                                                                 |
            | others | fr    | 2      | own.feature:4: "I want to update hosts with fact country=fr" selects |
            | same   | de    | 0      | PASSED 6 steps on 8 hosts                                            |

    Scenario: The steps for after a failure run after a skip as well
        Healthy hosts would stay blocked because a step was skipped and not failed.

        Given a feature "own.feature" with the steps:
            """
            Given on failure healthy hosts go back into rotation
            And the load balancer has ip address 192.168.1.1
            And I want to update hosts with class roles::dev_server
            And I want to update hosts with fact country=de
            When I block the load balancer
            And a step of our own
            """
        And steps of a team, in "own.js":
            """
            When('a step of our own', () => 'skipped')
            """
        When I run cucumber-js "--require own.js own.feature"
        Then it should exit with 1
        And it should say "✔ on failure: blocks 192.168.1.1: put back 8/8 hosts"
        And 0 hosts should be out of rotation

    Scenario Outline: What a step <what> is no success
        The step ends before its change does, and its failure comes too late.

        Given a feature "own.feature" with the steps:
            """
            Given this is release 1.1
            And I want to update hosts with class roles::dev_server
            And I want to update hosts with fact country=de
            When I update the package mywebapp
            And a step of our own
            """
        And steps of a team, in "own.js":
            """
            When('a step of our own', <step>)
            """
        When I run cucumber-js "--require own.js own.feature"
        Then it should exit with 1
        And it should say "<said>"
        And it should not say "PASSED"

        Examples:
            | what                          | step                                                                | said                                |
            | does not await                | function () { void this.rollout.services.restart('nosuch') }        | FAILED at "And a step of our own"   |

        @long
        Examples:
            | what                          | step                                                                | said                                |
            | does not await, that succeeds | function () { void this.rollout.packages.update('mywebapp') }       | this.rollout.packages.update(…) did |
            | does not listen to            | async function () { await this.rollout.services.restart('nosuch') } | FAILED at "And a step of our own"   |

    Scenario: A call after the end of its scenario fails the run
        A change after the verdict is in no history, and no line looks at it.

        Given the website feature
        And steps of a team, in "own.js":
            """
            const { AfterAll } = require('@cucumber/cucumber')
            let late
            AfterStep(function () { late = this.rollout })
            AfterAll(() => late.services.restart('mywebapp').catch(() => {}))
            """
        And cucumber and Lockstep in its node_modules
        When I run cucumber-js "--require own.js website.feature"
        Then it should exit with 1
        And it should say "this.rollout.services.restart(…) was called after its scenario had ended"
        And it should not say "PASSED"

    Scenario Outline: What changes order or completeness is refused: <args>
        Waves in another order, or half of them, are another rollout than the one that was read.

        Given the rolling feature
        When I run cucumber-js "<args>"
        Then it should exit with 2
        And it should say "<said>; nothing was sent"

        Examples:
            | args                                                                          | said                                                    |
            | -p live --order=random:3 rolling.feature                                      | leave out --order random:3                              |

        @long
        Examples:
            | args                                                                          | said                                                    |
            | -p live --shard 1/2 rolling.feature                                           | leave out --shard 1/2                                   |
            | -p live --dry-run rolling.feature                                             | read features with -p lint, or plan with -p plan        |
            | --plugin-options {\"lockstep\":{\"mode\":\"lint\"}} --dry-run rolling.feature | leave both to a profile: -p lint, -p live               |
            | -p plan -p idempotence rolling.feature                                        | say -p live -p idempotence or -p default -p idempotence |

    Scenario: A plugin that replaces Lockstep's own is refused
        Nothing would be judged, and cucumber calls that a success.

        Given the website feature
        And a file "own.js":
            """
            module.exports = { type: 'plugin', coordinator() {} }
            """
        When I run cucumber-js "--plugin ./own.js website.feature"
        Then it should exit with 2
        And it should say "Lockstep's own plugin takes no part in this run"
        And it should say "no host was touched"

    Scenario: A feature that is for no host is no success
        A feature without a single change or look would be a green deploy.

        Given a feature "own.feature" with the steps:
            """
            Given I want to update hosts with class roles::dev_server
            And the load balancer has ip address 192.168.1.1
            """
        When I run cucumber-js "own.feature"
        Then it should exit with 3
        And it should say "no line of own.feature was for any host; nothing was done"

    @long
    Scenario: A release has not passed by scenarios that were left out
        A tag would let a release into production that was tested by half.

        Given a file "release.feature":
            """
            Feature: Release
              Background:
                Given this is release 2026.11.3
                And I want to update hosts with class roles::dev_server
                And I want to update hosts with fact country=de
              @production
              Scenario: It has been elsewhere before
                Then release 2026.11.3 should have passed in staging
              Scenario: The website
                When I update the package mywebapp
              Scenario: It serves
                Then the service mywebapp should be running
            """
        And a file "next.feature":
            """
            Feature: Next
              Scenario: After test
                Given I want to update hosts with class roles::dev_server
                And I want to update hosts with fact country=de
                Then release 2026.11.3 should have passed in test
                And the service mywebapp should be running
            """
        And a fleet that runs elsewhere, and an mco configuration for it
        And a HAProxy in front of it
        When I run cucumber-js "-p live release.feature:9"
        Then it should exit with 0
        When I run cucumber-js "-p live next.feature"
        Then it should exit with 6
        And it should say 'left out "It serves" of release.feature'
        When I run cucumber-js "-p live release.feature --tags=not(@production)"
        Then it should exit with 0
        When I run cucumber-js "-p live next.feature"
        Then it should exit with 0
