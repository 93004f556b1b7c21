@behaviour
Feature: 8. After a failure
    A rollout that stops leaves a safe state: hosts that are out are known, a recovery feature has the rest, and a resumed run proves finished work again.

    Scenario: Hosts that are well go back into rotation where the feature says so
        One bad host would keep the whole wave out of service until a person comes.

        Given a feature "own.feature" with the steps:
            """
            Given the load balancer has ip address 192.168.1.1
            And I want to update hosts with identity /^web[1-4]\./
            And on failure healthy hosts go back into rotation
            When I block the load balancer
            And I update the package mywebapp
            Then the package version for mywebapp should be 4.2.6-3.el5
            """
        And the host "web3.example.net=lies from step 2"
        When I run cucumber-js "own.feature"
        Then it should exit with 1
        And it should say "✔ on failure: blocks 192.168.1.1: put back 3/3 hosts"
        And it should say "Still out of rotation: 1 host blocks 192.168.1.1: web3.example.net"

    Scenario: Every touched host goes back to the version it had
        Users would meet a broken release until a new one is built.

        Given a feature "own.feature" with the steps:
            """
            Given the load balancer has ip address 192.168.1.1
            And I want to update hosts with identity /^web[1-4]\./
            And on failure every touched host goes back to the version it had
            When I block the load balancer
            And I update the package mywebapp
            Then the check check_disk should be ok
            """
        When I run cucumber-js "own.feature"
        Then it should exit with 1
        And it should say "✔ on failure: mywebapp goes back to the version it had 4/4 hosts"
        And it should say "Still out of rotation: 4 hosts"

    @long
    Scenario: An undo that fails is reported as well, and does not hide what failed first
        The operator needs the cause, and not only the result of the clean-up.

        Given a feature "own.feature" with the steps:
            """
            Given the load balancer has ip address 192.168.1.1
            And I want to update hosts with identity /^web[1-4]\./
            And on failure every touched host goes back to the version it had
            When I block the load balancer
            And I update the package mywebapp
            Then the check check_http should be ok
            """
        And the host "web3.example.net=dies at step 4"
        When I run cucumber-js "own.feature"
        Then it should exit with 1
        And it should say "✘ on failure: mywebapp goes back to the version it had 3/4 hosts"
        And it should say "not touched: it was not seen to be out of rotation"
        And it should say 'FAILED at "Then the check check_http should be ok"'
        And it should say "Silent: web3.example.net"

    Scenario: A recovery feature has the hosts that are not done, and can be read and run
        Writing by hand what is left to do forgets hosts, most of all at night.

        Given the rolling feature
        And the host "web3.example.net=fails from step 2"
        And a fleet that runs elsewhere, and an mco configuration for it
        And a HAProxy in front of it
        When I run cucumber-js "-p live rolling.feature"
        Then it should exit with 1
        And it should say "read reports/recovery-"
        And the recovery feature should contain "# Done, and left alone here: web1.example.net."
        And the recovery feature should contain "And I want to update the hosts: | web2.example.net | | web3.example.net | | web4.example.net |"
        And the recovery feature should contain "| wave | | 2 hosts | | 2 hosts | | 3 hosts |"
        Given the hosts are mended
        When I run the recovery feature of the run before
        Then it should exit with 0
        And it should say "Update the website, a few hosts at a time (recovery of run"
        And it should say "Nothing is left out of rotation."

    Scenario: A run that was stopped is resumed: finished scenarios are proved again, and it goes on from there
        Starting over restarts services that are already done, and takes healthy hosts out again.

        Given the rolling feature
        And the host "web3.example.net=fails from step 2"
        And a fleet that runs elsewhere, and an mco configuration for it
        And a HAProxy in front of it
        When I run cucumber-js "-p live rolling.feature"
        Then it should exit with 1
        And it should say "and go on:"
        Given the hosts are mended
        When I run cucumber-js "-p live rolling.feature" to resume the run before
        Then it should exit with 0
        And it should say "resumes run"
        And it should say "○ When I update the package mywebapp 1/1 hosts"
        And it should say "✔ Then the package version for mywebapp should be 4.2.6-3.el5 1/1"
        And it should say "Nothing is left out of rotation."

    Scenario: The idempotence check of a resumed run begins with the first line
        What the stopped run had done would not be looked at, and a restart on every deploy would pass.

        Given a file "own.feature":
            """
            Feature: Own
              Background:
                Given I want to update hosts with class roles::dev_server
              Scenario: The service
                When I restart the service mywebapp
                Then the service mywebapp should be running
              Scenario: The package
                When I update the package mywebapp
                Then the package version for mywebapp should be 4.2.6-3.el5
            """
        And the host "web3.example.net=fails from step 3"
        And a fleet that runs elsewhere, and an mco configuration for it
        When I run cucumber-js "-p live own.feature"
        Then it should exit with 1
        Given the hosts are mended
        When I run cucumber-js "-p live -p idempotence own.feature" to resume the run before, by a world parameter
        Then it should exit with 1
        And it should say "resumes run"
        And it should say "it would not leave everything as it is: own.feature:5"

    Scenario: A claim that is not true any more stops a resumed run
        A person may have changed the host meanwhile, and the old version would be taken for the new.

        Given the rolling feature
        And the host "web3.example.net=fails from step 2"
        And a fleet that runs elsewhere, and an mco configuration for it
        And a HAProxy in front of it
        When I run cucumber-js "-p live rolling.feature"
        Then it should exit with 1
        Given the hosts are mended
        And somebody puts the version "4.2.6-2.el5" on "web1.example.net"
        When I run cucumber-js "-p live rolling.feature" to resume the run before
        Then it should exit with 1
        And it should say "4.2.6-2.el5 web1.example.net"
        And it should say "Diverged: web1.example.net"

    Scenario: A wave that has other hosts than before is not taken for done
        Hosts that were never updated would count as done, since their wave was, and the run would pass.

        Given a file "hosts.txt":
            """
            web1.example.net
            web2.example.net
            web3.example.net
            """
        And a file "own.feature":
            """
            Feature: Own
              Scenario Outline: Own <wave>
                Given I want to update the hosts listed in hosts.txt
                And I take <wave>
                When I update the package mywebapp
                Then the package version for mywebapp should be 4.2.6-3.el5
                Examples:
                  | wave     |
                  | 1 host   |
                  | the rest |
            """
        And the host "web3.example.net=fails from step 2"
        And a fleet that runs elsewhere, and an mco configuration for it
        When I run cucumber-js "-p live own.feature"
        Then it should exit with 1
        Given the hosts are mended
        And a file "hosts.txt":
            """
            web3.example.net
            web2.example.net
            web1.example.net
            """
        When I run cucumber-js "-p live own.feature" to resume the run before
        Then it should exit with 2
        And it should say 'the wave 1 host of the scenario "Own 1 host" has other hosts than in run'
        And it should say "new: web3.example.net; gone: web1.example.net"
        And it should say "run the feature from the start"
        Given a file "hosts.txt":
            """
            web1.example.net
            web2.example.net
            web3.example.net
            web4.example.net
            """
        When I run cucumber-js "-p live own.feature" to resume the first run
        Then it should exit with 2
        And it should say "the list of hosts has other hosts than run"
        And it should say "new: web4.example.net"

    Scenario: An order that a team's own step gives without a verb is not given again
        Hosts that are done would restart while users are on them.

        Given steps of a team, in "own.js":
            """
            When('I restart the website by hand', async function () {
              const request = { agent: 'service', action: 'restart', inputs: { service: 'mywebapp' }, mutating: true }
              await this.rollout.ask(request, await this.rollout.moving())
            })
            """
        And a file "own.feature":
            """
            Feature: Own
              Background:
                Given I want to update hosts with identity web1.example.net
              Scenario: First
                When I restart the website by hand
                Then the service mywebapp should be running
              Scenario: Second
                Then the package version for mywebapp should be 9
            """
        And a fleet that runs elsewhere, and an mco configuration for it
        When I run cucumber-js "-p live --require own.js own.feature"
        Then it should exit with 1
        When I run cucumber-js "-p live --require own.js own.feature" to resume the run before
        Then it should say "restart of service was about to be sent by"
        And it should say "in a scenario that the resumed run has done; it was not sent"

    Scenario: A feature that was changed since cannot be resumed
        A line that was done would stand for another line that was not.

        Given a feature "own.feature" with the steps:
            """
            Given I want to update hosts with identity web1.example.net
            Then the package version for mywebapp should be 9
            """
        And a fleet that runs elsewhere, and an mco configuration for it
        When I run cucumber-js "-p live own.feature"
        Then it should exit with 1
        Given a file "own.feature":
            """
            Feature: Another
              Scenario: Another
                Given I want to update hosts with class roles::dev_server
            """
        When I run cucumber-js "-p live own.feature" to resume the run before
        Then it should exit with 2
        And it should say "has been changed since run"

    Scenario: A run that is not known cannot be resumed
        A misspelt run would start the rollout from its first line on all hosts.

        Given the website feature
        And a fleet that runs elsewhere, and an mco configuration for it
        And the environment variable "LOCKSTEP_RESUME" is "nope"
        When I run cucumber-js "-p live website.feature"
        Then it should exit with 2
        And it should say 'there is no journal of a run "nope"; no live run has left a journal here'

    @long
    Scenario: A run that was killed between the drain and the unblock is resumed
        The host that was being updated would stay out of service for good.

        Given the rolling feature
        And the host "web1.example.net=slow from step 2"
        And a fleet that runs elsewhere, and an mco configuration for it
        And a HAProxy in front of it
        When I run cucumber-js "-p live rolling.feature" and kill it with -9 at '"action":"update"'
        Then it should have been ended by the system
        When I run lockstep "status"
        Then it should exit with 1
        And it should say "is out of the haproxy backend www: web1.example.net"
        And it should say "a process that is gone"
        Given the hosts are mended
        When I run cucumber-js "-p live rolling.feature" to resume the run before
        Then it should exit with 0
        When I run lockstep "status"
        Then it should exit with 0
        And it should say "Nothing is out of rotation."

    @long
    Scenario: Hosts that are out of rotation can be put back, and count as back only when a look shows it
        A host that claims to be back and is blocked would be forgotten.

        Given the website feature
        And the host "web3.example.net=lies from step 3"
        And a fleet that runs elsewhere, and an mco configuration for it
        When I run cucumber-js "-p live website.feature"
        Then it should exit with 1
        When I run lockstep "put-back"
        Then it should exit with 2
        And it should say "say which: --run <run>, --host <host>"
        When I run lockstep "put-back --host web3"
        Then it should exit with 2
        And it should say "the nearest that is known is web3.example.net"
        When I run lockstep "put-back --all --host web3.example.net"
        Then it should exit with 2
        When I run lockstep "put-back --host web1.example.net --host web3.example.net"
        Then it should exit with 1
        And it should say "✔ web1.example.net unblocked"
        And it should say "✘ web3.example.net blocked"
        And it should say "Still out of rotation: 1 host"
        Given the hosts are mended
        When I run lockstep "put-back --all"
        Then it should exit with 0
        And it should say "Put back: 7 hosts"
        When I run lockstep "status"
        Then it should exit with 0

    Scenario: A balancer that is away does not keep hosts out of another
        One broken balancer would keep healthy hosts out of all the others.

        Given a feature "own.feature" with the steps:
            """
            Given the load balancer is the haproxy backend www
            And I want to update hosts with identity web1.example.net
            When I block the load balancer
            Given the load balancer has ip address 192.168.1.1
            When I block the load balancer
            """
        And a fleet that runs elsewhere, and an mco configuration for it
        And a HAProxy in front of it
        When I run cucumber-js "-p live own.feature"
        Then it should exit with 0
        Given a file "lockstep.yaml":
            """
            environments:
              test: { client_config: client.cfg }
            """
        When I run lockstep "put-back --all"
        Then it should exit with 1
        And it should say "✘ web1.example.net the haproxy backend www is named, and test has no HAProxy"
        And it should say "✔ web1.example.net unblocked"
        And it should say "Still out of rotation: 1 host"

    @long
    Scenario: Hosts that went back to the version they had are done for no command
        A gate, a resumed run or drift would take the old version for the released one.

        Given a rollout of release 1.3 in waves that undoes what it did, and a gate on that release
        And a repository with a cucumber.js
        And the check "check_http" is critical on "web3.example.net" for the first time
        And a fleet that runs elsewhere, and an mco configuration for it
        And a HAProxy in front of it
        When I run cucumber-js "-p live own.feature"
        Then it should exit with 1
        And it should say "mywebapp goes back to the version it had 2/2 hosts"
        And it should say "Told to go back to the version they had, and not done"
        And it should say "Not attempted (1 host): web5.example.net"
        And the recovery feature should contain "# Done, and left alone here: no host."
        And the recovery feature should contain "| wave | | 2 hosts | | 2 hosts | | 1 host |"
        And the file "reports/junit.xml" should contain "was told to go back to the version it had"
        When I run lockstep "drift"
        Then it should exit with 3
        And it should say "DRIFT UNKNOWN: no release is in the history in test"
        When I run cucumber-js "-p live gate.feature"
        Then it should exit with 6
        And it should say "release 1.3 has not passed in test: the last run of own.feature there"
        When I run lockstep "status"
        Then it should exit with 0
        When I run what "own.feature" has proposed to "run it"
        Then it should exit with 0
        When I run cucumber-js "-p live gate.feature"
        Then it should exit with 0
        And it should say "release 1.3 passed in test on 5 hosts"
        When I run lockstep "drift"
        Then it should say "DRIFT OK: release 1.3 in test still passes on 5 hosts"

    @long
    Scenario: A recovery feature that leaves hosts out does not stand for them
        A release would go on to production by hosts that never had it.

        Given a rollout of release 1.3 in waves that undoes what it did, and a gate on that release
        And a repository with a cucumber.js
        And the check "check_http" is critical on "web3.example.net" for the first time
        And a fleet that runs elsewhere, and an mco configuration for it
        And a HAProxy in front of it
        When I run cucumber-js "-p live own.feature"
        Then it should exit with 1
        Given somebody takes "web1.example.net, web2.example.net" out of the recovery feature
        When I run the recovery feature of the run before
        Then it should exit with 0
        When I run lockstep "drift"
        Then it should exit with 2
        And it should say "release 1.3 in test no longer passes on 2 of 5 hosts: web[1-2].example.net"
        And it should say "web1.example.net: was told to go back to the version before in run"
        When I run cucumber-js "-p live gate.feature"
        Then it should exit with 6
        And it should say "web1.example.net and 1 more was told to go back to the version before in run"

    @long
    Scenario: A run that is resumed after a rollback runs all waves that went back in full
        Hosts of earlier waves have the old version again, and would be passed over as done.

        Given a rollout of release 1.3 in waves that undoes what it did, and a gate on that release
        And the check "check_http" is critical on "web3.example.net" for the first time
        And a fleet that runs elsewhere, and an mco configuration for it
        And a HAProxy in front of it
        When I run cucumber-js "-p live own.feature"
        Then it should exit with 1
        When I run what "own.feature" has proposed to "go on"
        Then it should exit with 0
        And it should not say "○ When I update the package"
        When I run cucumber-js "-p live gate.feature"
        Then it should exit with 0
        And it should say "release 1.3 passed in test on 5 hosts"

    @long
    Scenario: A rollout that is killed while hosts go back does not count them as done
        Each host may have either version, and the gate would let the release through.

        Given a rollout of release 1.3 in waves that undoes what it did, and a gate on that release
        And the check "check_http" is critical on "web3.example.net" for the first time
        And a fleet that runs elsewhere, and an mco configuration for it
        And a HAProxy in front of it
        When I run cucumber-js "-p live own.feature" and kill it with -9 at '"version":"4.2.6-2.el5"'
        Then it should have been ended by the system
        When I put the run before into the history
        And I run cucumber-js "-p live gate.feature"
        Then it should exit with 6
        And it should say "was cut off"
        When I run cucumber-js "-p live own.feature" to resume the first run
        Then it should exit with 0
        When I run lockstep "status"
        Then it should exit with 0
        And it should not say "Locked"

    @long
    Scenario: A resumed run gives up the lock of the run before
        A stale lock keeps every later rollout away from hosts that are fine.

        Given a feature "own.feature" with the steps:
            """
            Given I want to update hosts with identity /^web[1-2]\./
            When I update the package mywebapp
            Then the package version for mywebapp should be 4.2.6-3.el5
            """
        And a fleet that runs elsewhere, and an mco configuration for it
        When I run cucumber-js "-p live own.feature" and kill it with -9 at '"type":"scenario passed"'
        Then it should have been ended by the system
        When I run lockstep "status"
        Then it should say "a process that is gone"
        When I run cucumber-js "-p live own.feature" to resume the first run
        Then it should exit with 0
        And it should say "○ When I update the package mywebapp"
        When I run lockstep "status"
        Then it should not say "Locked"

    @long
    Scenario: Putting back gives up the lock of a run that has left no host out
        There is nothing to put back, and only the lock would be in the way of the next rollout.

        Given a feature "own.feature" with the steps:
            """
            Given I want to update hosts with identity /^web[1-2]\./
            When I update the package mywebapp
            Then the package version for mywebapp should be 4.2.6-3.el5
            """
        And a fleet that runs elsewhere, and an mco configuration for it
        When I run cucumber-js "-p live own.feature" and kill it with -9 at '"type":"scenario passed"'
        Then it should have been ended by the system
        When I run lockstep "put-back --all"
        Then it should exit with 0
        And it should say "Nothing that was named is out of rotation."
        When I run cucumber-js "-p live own.feature"
        Then it should exit with 0

    @long
    Scenario: After hosts have failed within the budget, only commands that can finish them are proposed
        A resumed run would leave out the failed hosts again, and seem to help.

        Given a feature "own.feature" with waves "2 hosts, the rest" and the steps:
            """
            Given up to 1 host may fail
            When I block the load balancer
            And I update the package mywebapp
            Then the package version for mywebapp should be 4.2.6-3.el5
            When I unblock the load balancer
            Then traffic from the load balancer should be unblocked
            """
        And the host "web2.example.net=fails from step 2"
        And a fleet that runs elsewhere, and an mco configuration for it
        When I run cucumber-js "-p live own.feature"
        Then it should exit with 5
        And it should propose nothing to "go on"
        And the recovery feature should contain "# It went through, and these hosts failed within its failure budget."
        And the recovery feature should contain "And I want to update the hosts: | web2.example.net |"
        Given the hosts are mended
        When I run what "own.feature" has proposed to "run it"
        Then it should exit with 0

    @long
    Scenario Outline: A proposed command has all options of the run, and works as it stands
        A command that lacks the environment or release would roll out something else, somewhere else.

        Given a file "own.feature":
            """
            Feature: Own
              Background:
                Given the load balancer has ip address 192.168.1.1
                And I want to update hosts with identity /^web[1-3]\./
              @elsewhere
              Scenario: Not here
                Then release 7 should have passed in nowhere
              Scenario: One
                Given I take 1 host
                When I block the load balancer
                And I update the package mywebapp
                Then the package version for mywebapp should be <version>
                When I unblock the load balancer
                Then traffic from the load balancer should be unblocked
              Scenario: The others
                Given I take the rest
                When I block the load balancer
                And I update the package mywebapp
                Then the package version for mywebapp should be <version>
                And the check check_http should be ok
                When I unblock the load balancer
                Then traffic from the load balancer should be unblocked
            """
        And a file "first.feature":
            """
            Feature: First
              Scenario: First
                Given I want to update hosts with identity /^web[4-5]\./
                When I restart the service mywebapp
                Then the service mywebapp should be running
            """
        And a file "gate.feature":
            """
            Feature: Gate
              Scenario: Gate
                Given I want to update hosts with identity /^web[1-5]\./
                Then release 9 should have passed in production
                When I restart the service mywebapp
                Then the service mywebapp should be running
            """
        And a file "lockstep.yaml":
            """
            default: test
            environments:
              test: { client_config: nowhere.cfg, variables: { version: "1" } }
              production: { client_config: client.cfg, variables: { version: "2" } }
            """
        And the environment variable "LOCKSTEP_ENVIRONMENT" is "production"
        And the environment variable "LOCKSTEP_RELEASE" is "9"
        And the environment variable "LOCKSTEP_VARIABLES" is "version=4.2.6-3.el5"
        And the check "check_http" is critical on "web3.example.net" for the first time
        And a fleet that runs elsewhere, and an mco configuration for it
        When I run cucumber-js "-p live first.feature own.feature --tags not(@elsewhere)"
        Then it should exit with 1
        And it should say "Diverged: web3.example.net"
        When I run what "first.feature" has proposed to "<way>"
        Then it should exit with 0
        When I run cucumber-js "-p live gate.feature"
        Then it should exit with 0
        And it should say "release 9 passed in production on 5 hosts"

        Examples:
            | way    |
            | run it |
            | go on  |
