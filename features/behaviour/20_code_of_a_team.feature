@behaviour
Feature: 20. Code of a team
    A team's own steps, hooks and World stand beside Lockstep's. A failure there is named with its place, fails the
    run, and hides no host that is out of rotation.

    Background:
        Given the website feature
        And cucumber and Lockstep in its node_modules

    @long
    Scenario Outline: A hook that throws <thrown>: <hook>
        The run would end in a stack trace, or pass although the team's own check failed.

        Given a file "own.js":
            """
            const vm = require('node:vm')
            const { <hook> } = require('@cucumber/cucumber')
            <hook>(function () { <code> })
            """
        When I run cucumber-js "--require own.js website.feature"
        Then it should exit with <status>
        And it should say "<said>"
        And it should show no stack trace

        Examples:
            | hook       | thrown                   | status | said                                                                  | code                                          |
            | Before     | an error                 | 1      | FAILED the Before hook at own.js:3 failed: boom                       | throw new Error('boom')                       |
            | After      | a text                   | 1      | FAILED the After hook at own.js:3 failed: boom                        | throw 'boom'                                  |
            | BeforeStep | nothing                  | 1      | the BeforeStep hook at own.js:3 failed: it gave no reason             | return Promise.reject(undefined)              |
            | AfterStep  | an error of other realms | 1      | the AfterStep hook at own.js:3 failed: boom                           | throw vm.runInNewContext('new Error("boom")') |
            | BeforeAll  | an error, later          | 2      | INVALID the BeforeAll hook at own.js:3 failed: boom; nothing was sent | return Promise.reject(new Error('boom'))      |
            | AfterAll   | an error                 | 1      | FAILED the AfterAll hook at own.js:3 failed: boom                     | throw new Error('boom')                       |

    Scenario: A hook that fails while hosts are blocked hides none of them
        The operator would repair the hook, and forget eight blocked hosts.

        Given a file "own.js":
            """
            const { AfterStep } = require('@cucumber/cucumber')
            AfterStep(function ({ pickleStep }) { if (/I block/.test(pickleStep.text)) throw new Error('boom') })
            """
        When I run cucumber-js "--require own.js website.feature"
        Then it should exit with 1
        And it should say "the AfterStep hook at own.js:2 failed: boom"
        And it should say "Still out of rotation: 8 hosts"
        And it should say "(website.feature:"

    @long
    Scenario Outline: A wrapper of its own leaves hooks and Worlds their names: <what>
        An error without a place sends the author through all files of the team.

        Given a file "own.js":
            """
            const { <what>, setDefinitionFunctionWrapper, setDefaultTimeout, World } = require('@cucumber/cucumber')
            setDefinitionFunctionWrapper(<wrapper>)
            setDefaultTimeout(30)
            <what>(<code>)
            """
        When I run cucumber-js "--require own.js website.feature"
        Then it should exit with <status>
        And it should say "<said>"
        And it should show no stack trace

        Examples:
            | what                | wrapper  | status | said                                                                     | code                                    |
            | BeforeAll           | (f) => f | 2      | failed: it took longer than the 30 ms that it may take                   | () => new Promise(() => {})             |
            | AfterAll            | (f) => f | 1      | FAILED the AfterAll hook at own.js:4 failed: it took longer              | () => new Promise(() => {})             |
            | Before              | (f) => f | 1      | FAILED the Before hook at own.js:4 failed: it took longer                | function (pickle, done) {}              |
            | setWorldConstructor | (f) => f | 2      | INVALID the World of the team (Own) is no LockstepWorld                  | class Own extends World {}              |
            | Before              | () => {} | 2      | the function of setDefinitionFunctionWrapper failed: it gave no function | () => {}                                |
            | Before              | (f) => f | 0      | PASSED                                                                   | () => {}                                |

    Scenario: A profile of a team's own has a name of its own
        Lockstep's profile would be used in its place, unnoticed.

        Given a file "cucumber.js":
            """
            module.exports = require('lockstep').profiles({ own: { lint: { tags: '@mine' } } })
            """
        When I run cucumber-js "-c cucumber.js -p lint website.feature"
        Then it should exit with 2
        And it should say "the profile lint is Lockstep's; give the one of your own another name"

    Scenario: Tags in a profile of a team's own that cannot be read are named
        A stack trace of cucumber would hide that one word is missing in the team's own file.

        Given a file "cucumber.js":
            """
            module.exports = require('lockstep').profiles({ own: { odd: { tags: '@a and' } } })
            """
        When I run cucumber-js "-c cucumber.js -p live -p odd website.feature"
        Then it should exit with 2
        And it should say "the configuration of cucumber: tags"
        And it should say "is no expression of tags"
        And it should not say "node_modules"

    Scenario Outline: A World of a team works, whichever file is loaded first
        The team's World would replace Lockstep's or be lost, by the order of file names.

        Given a file "cucumber.js":
            """
            module.exports = require('lockstep').profiles({ own: { first: { require: ['own.js'] } } })
            """
        And a file "own.js":
            """
            const { setWorldConstructor, Then } = require('@cucumber/cucumber')
            const { expect, LockstepWorld } = require('lockstep')
            class MyWorld extends LockstepWorld {
              get wanted() { return '<version>' }
            }
            setWorldConstructor(MyWorld)
            Then('the website is up to date', async function () {
              expect(await this.rollout.packages.versionShouldBe('mywebapp', this.wanted)).to.pass()
            })
            """
        And a feature "own.feature" with the steps:
            """
            Given I want to update hosts with class roles::dev_server
            Then the website is up to date
            """
        When I run cucumber-js "<require> own.feature"
        Then it should exit with <status>
        And it should say "<said>"

        Examples:
            | version     | status | said     | require                            |
            | 4.2.6-2.el5 | 0      | PASSED   | -c cucumber.js -p first -p default |

        @long
        Examples:
            | version     | status | said     | require                            |
            | 4.2.6-3.el5 | 1      | diverged | --require own.js                   |

    Scenario Outline: A World that <what>
        Steps would run without a rollout behind them, and do nothing.

        Given a file "own.js":
            """
            const { setWorldConstructor, World } = require('@cucumber/cucumber')
            const { LockstepWorld } = require('lockstep')
            class Own extends <base> {
              constructor(options) {
                super(options)
                <code>
              }
            }
            setWorldConstructor(Own)
            """
        When I run cucumber-js "--require own.js website.feature"
        Then it should exit with 2
        And it should say "INVALID the World of the team (Own<said>"
        And it should say "nothing was sent"
        And it should show no stack trace

        Examples:
            | what              | base          | code                    | said                                                          |
            | is not Lockstep's | World         |                         | ) is no LockstepWorld; write: class Own extends LockstepWorld |

        @long
        Examples:
            | what              | base          | code                    | said                                                          |
            | throws            | LockstepWorld | throw new Error('boom') | , own.js:6) could not be made: boom                           |

    Scenario: A step that catches the error of a verb and goes on does not pass
        A step that swallows its error would turn a failed change into a pass.

        Given steps of a team, in "own.js":
            """
            When('I try something', async function () {
              try { await this.rollout.agents.run('rpcutil', 'nosuch', {}) } catch {}
            })
            """
        And a feature "own.feature" with the steps:
            """
            Given I want to update hosts with class roles::dev_server
            When I update the package mywebapp
            And I try something
            """
        When I run cucumber-js "--require own.js own.feature"
        Then it should exit with 2
        And it should say "this.rollout.agents.run(…) failed, and a step or a hook has caught that and gone on: the agent rpcutil has no action nosuch"
        And it should show no stack trace

    Scenario Outline: A feature that does not exist is refused with the closest name: <args>
        A misspelt path would match nothing, and nothing would be deployed.

        When I run cucumber-js "<args>"
        Then it should exit with 2
        And it should say "there is no such file: websiet.feature; the closest one is website.feature"

        Examples:
            | args                      |
            | -p live websiet.feature:4 |

        @long
        Examples:
            | args                      |
            | -p lint websiet.feature     |

    @long
    Scenario: What a plan has left in code of a team is not there in the rollout
        A step that remembers that it was done would do nothing for real, and pass.

        Given a file "own.js":
            """
            const { When } = require('@cucumber/cucumber')
            let isDone = false
            When('I restart it once', async function () {
              if (isDone) return
              isDone = true
              await this.rollout.services.restart('mywebapp')
            })
            """
        And a feature "own.feature" with the steps:
            """
            Given I want to update hosts with class roles::dev_server
            Then the service mywebapp should be running
            When I restart it once
            """
        And a fleet that runs elsewhere, and an mco configuration for it
        When I run cucumber-js "-p plan --require own.js own.feature"
        Then it should say "would restart"
        When I run cucumber-js "-p live --require own.js own.feature" as it was planned
        Then it should exit with 0
        And it should say "✔ When I restart it once 10/10 hosts"
        And only "service restart" should have been carried out

    Scenario: What a rehearsal has left in code of a team is not there in the next one
        The fault would strike at a line that does nothing any more.

        Given a file "own.js":
            """
            const { When } = require('@cucumber/cucumber')
            let isDone = false
            When('I restart it once', async function () {
              if (isDone) return
              isDone = true
              await this.rollout.services.restart('mywebapp')
            })
            """
        And a feature "own.feature" with the steps:
            """
            Given I want to update hosts with class roles::dev_server
            When I restart it once
            @rehearse
            Scenario: What may go wrong
              Given these faults are rehearsed:
                | host       | fault | during    |
                | first host | fails | I restart |
            """
        When I run cucumber-js "-p rehearse --require own.js own.feature"
        Then it should exit with 0
        And it should say "REHEARSED 2 rehearsals"
        And it should say 'fails during "I restart": FAILED'
