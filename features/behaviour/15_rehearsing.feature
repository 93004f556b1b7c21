@behaviour
Feature: 15. Rehearsing
    The whole feature on simulated hosts, and again once for each fault: where would every host end?

    @long
    Scenario Outline: Five likely faults are rehearsed unless the feature names others, <where>
        Without a rehearsal the first host that lies does so in production.

        Given the website feature
        And a file "own.js":
            """
            // A team may have code of its own.
            """
        When I run cucumber-js "<args>"
        Then it should exit with 0
        And it should say "REHEARSED 6 rehearsals of 10 steps on 8 hosts"
        And it should say "nothing goes wrong: PASSED new, in rotation: web[1-8].example.net"
        And it should say 'lies during "I update the package mywebapp": FAILED old, out of rotation: web1.example.net new, out of rotation: web[2-8].example.net'
        And it should say "unknown to the run (new, out of rotation): web1.example.net"
        And no line should be wider than 80 columns

        Examples:
            | where                     | args                                         |
            | in one process            | -p rehearse website.feature                  |
            | in processes of their own | -p rehearse --require own.js website.feature |

    Scenario: The hosts of the inventory are rehearsed, with the faults that the feature names
        A rehearsal on example hosts says nothing about the waves of one's own fleet.

        Given a file "hosts.csv":
            """
            host,role,country
            shop1,roles::shop,de
            shop2,roles::shop,de
            other1,roles::other,de
            """
        And the environment variable "LOCKSTEP_INVENTORY" is "hosts.csv"
        And a file "shop.feature":
            """
            Feature: Shop
              Background:
                Given the load balancer is the haproxy backend shop
                And I want to update hosts with class roles::shop
                And I want to pre-discover how many hosts to update
              Scenario Outline: <wave>
                Given I take the next <wave>
                When I drain the load balancer
                And I update the package shop
                Then the package version for shop should be 2.0-1
                And the check shop should be ok
                When I unblock the load balancer
                Then traffic from the load balancer should be unblocked
                Examples:
                  | wave     |
                  | 1 host   |
                  | the rest |
              @rehearse
              Scenario: What may go wrong
                Given these faults are rehearsed:
                  | host       | fault           | during     |
                  | shop2      | stops answering | I update   |
                  | first host | contradicts     | I update   |
            """
        When I run cucumber-js "-p rehearse shop.feature"
        Then it should exit with 0
        And it should say "REHEARSED 3 rehearsals"
        And it should say "shop2: stops answering during"
        And it should say "new, in rotation: shop1"
        And it should say "unknown to the run (new, out of rotation): shop2"
        And it should say "shop1: contradicts during"
        And it should say "old, untouched: shop2"

    Scenario: Puppet masters serve what a rehearsed deploy has brought to its end
        A pretended master that always served the release would let a feature pass that forgot to deploy.

        Given a file "hosts.csv":
            """
            host,role,country
            master1,roles::puppet_master,de
            master2,roles::puppet_master,de
            """
        And the environment variable "LOCKSTEP_INVENTORY" is "hosts.csv"
        And a file "masters.feature":
            """
            Feature: Masters
              Background:
                Given the repository puppet
                And the tag 2026.11.3
                And I want to update hosts with class roles::puppet_master
                And I want to pre-discover how many hosts to update
              Scenario Outline: <wave>
                Given I take the next <wave>
                When I fetch the repository
                And I deploy the tag
                Then every puppet master should serve release 2026.11.3
                Examples:
                  | wave     |
                  | 1 host   |
                  | the rest |
              @rehearse
              Scenario: What may go wrong
                Given these faults are rehearsed:
                  | host    | fault | during   |
                  | master2 | lies  | I deploy |
            """
        And a file "forgotten.feature":
            """
            Feature: Masters
              Background:
                Given the repository puppet
                And the tag 2026.11.3
                And I want to update hosts with class roles::puppet_master
                And I want to pre-discover how many hosts to update
              Scenario: Nobody deploys
                When I fetch the repository
                Then every puppet master should serve release 2026.11.3
              @rehearse
              Scenario: What may go wrong
                Given these faults are rehearsed:
                  | host    | fault           | during  |
                  | master2 | stops answering | I fetch |
            """
        When I run cucumber-js "-p rehearse masters.feature"
        Then it should exit with 0
        And it should say "REHEARSED 2 rehearsals"
        And it should say "master2: lies during"
        When I run cucumber-js "-p rehearse forgotten.feature"
        Then it should exit with 1
        And it should say "serves 0~before"

    Scenario: A fault that begins with a line begins when the host's own wave is at it
        The fault would strike in the first wave, and the last would never be rehearsed.

        Given a feature "waves.feature" with waves "1 host, the rest" and the steps:
            """
            When I block the load balancer
            And I update the package mywebapp
            Then the package version for mywebapp should be 4.2.6-3.el5
            When I unblock the load balancer
            Then traffic from the load balancer should be unblocked
            """
        And a file "faults.txt":
            """

              @rehearse
              Scenario: What may go wrong
                Given these faults are rehearsed:
                  | host      | fault           | during    |
                  | last host | stops answering | I unblock |
            """
        And the file "faults.txt" goes on "waves.feature"
        When I run cucumber-js "-p rehearse waves.feature"
        Then it should exit with 0
        And it should say 'web8.example.net: stops answering during "I unblock"'
        And it should say "unknown to the run (new, in rotation): web8.example.net"

    Scenario: A feature that would serve from a half-updated host fails
        Users would meet a host between two versions.

        Given a feature "careless.feature" with the steps:
            """
            Given I want to update hosts with class roles::dev_server
            And I want to update hosts with fact country=de
            When I update the package mywebapp
            And I restart the service mywebapp
            Then the service mywebapp should be running
            @rehearse
            Scenario: What may go wrong
              Given these faults are rehearsed:
                | host       | fault | during   |
                | first host | fails | I update |
            """
        When I run cucumber-js "-p rehearse careless.feature"
        Then it should exit with 1
        And it should say "REHEARSAL FAILED 1 of 2 rehearsals must not end as they do"
        And it should say "half-updated and in rotation: web[2-8].example.net"

    Scenario: A feature that does not notice a lying host fails
        A host that lies would be called updated, on real hosts as well.

        Given a feature "trusting.feature" with the steps:
            """
            Given the load balancer has ip address 192.168.1.1
            And I want to update hosts with class roles::dev_server
            When I block the load balancer
            And I update the package mywebapp
            And I unblock the load balancer
            @rehearse
            Scenario: What may go wrong
              Given these faults are rehearsed:
                | host       | fault | during   |
                | first host | lies  | I update |
            """
        When I run cucumber-js "-p rehearse trusting.feature"
        Then it should exit with 1
        And it should say "REHEARSAL FAILED 1 of 2 rehearsals must not end as they do"
        And it should say "said to have passed, and has not: web1.example.net"

    Scenario: CI lints a feature, and rehearses it only where nothing is wrong with its text
        A rehearsal shows nothing of lines that leave a host out of rotation by design.

        Given a feature "careless.feature" with the steps:
            """
            Given the load balancer has ip address 192.168.1.1
            And I want to update hosts with class roles::dev_server
            When I block the load balancer
            And I restart the service mywebapp
            """
        When I run cucumber-js "-p ci careless.feature"
        Then it should exit with 2
        And it should say "careless.feature:5: block-without-unblock:"
        And it should say "nothing was sent"
        And it should not say "REHEARS"
        Given a feature "trusting.feature" with the steps:
            """
            Given the load balancer has ip address 192.168.1.1
            And I want to update hosts with class roles::dev_server
            And the whole pool may be out of service
            When I block the load balancer
            And I install version 4.2.6-3.el5 of the package mywebapp
            Then the package version for mywebapp should be 4.2.6-3.el5
            When I unblock the load balancer
            Then traffic from the load balancer should be unblocked
            @rehearse
            Scenario: What may go wrong
              Given these faults are rehearsed:
                | host       | fault           | during    |
                | first host | stops answering | I install |
            """
        When I run cucumber-js "-p ci trusting.feature"
        Then it should exit with 0
        And it should say "trusting.feature:4: no-host-count: warning"
        And it should say "REHEARSED 2 rehearsals"

    @long
    Scenario: CI fails where the text is well and a rehearsal is not
        CI would pass a feature that a single faulty host breaks.

        Given a feature "careless.feature" with the steps:
            """
            Given I want to update hosts with class roles::dev_server
            And there should be at least 1 host
            When I update the package mywebapp
            And I restart the service mywebapp
            Then the service mywebapp should be running
            And the package version for mywebapp should be 4.2.6-3.el5
            """
        When I run cucumber-js "-p ci careless.feature"
        Then it should exit with 1
        And it should say "half-updated and in rotation:"

    Scenario: A gate that needs the history does not stop a rehearsal
        A new release could never be rehearsed before it has been somewhere.

        Given a feature "next.feature" with the steps:
            """
            Given this is release 2026.11.3
            And I want to update hosts with class roles::dev_server
            Then release 2026.11.3 should have passed in test
            And every host should answer
            """
        When I run cucumber-js "-p rehearse next.feature"
        Then it should exit with 0
        And it should say "not now: in a rollout, release 2026.11.3 would have to have passed in test"

    Scenario: A rehearsal asks nobody to approve it, and tries what is behind a gate
        Where nobody can be asked, no fault behind the gate would ever be tried.

        Given a feature "gated.feature" with the steps:
            """
            Given the load balancer has ip address 192.168.1.1
            And I want to update hosts with class roles::dev_server
            And I wait for approval
            When I block the load balancer
            And I update the package mywebapp
            And I unblock the load balancer
            @rehearse
            Scenario: What may go wrong
              Given these faults are rehearsed:
                | host       | fault | during   |
                | first host | lies  | I update |
            """
        When I run cucumber-js "-p rehearse gated.feature"
        Then it should exit with 1
        And it should say "not now: in a rollout, a person would be asked: Go on with 10 hosts?"
        And it should say "said to have passed, and has not: web1.example.net"

    Scenario: A fault that never begins fails the rehearsal
        All hosts would end well, and the fault would be called rehearsed.

        Given a feature "late.feature" with the steps:
            """
            Given I want to update hosts with class roles::dev_server
            And the package version for mywebapp should be 4.2.6-2.el5
            @rehearse
            Scenario: What may go wrong
              Given these faults are rehearsed:
                | host       | fault              | during |
                | first host | fails from step 99 |        |
            """
        When I run cucumber-js "-p rehearse late.feature"
        Then it should exit with 1
        And it should say "REHEARSAL FAILED 1 of 2 rehearsals must not end as they do"
        And it should say "the fault of web1.example.net has not begun, so it was not rehearsed"
        And no line should be wider than 80 columns

    Scenario: Tables of faults that mean nothing are named by their line
        The rehearsal would pass without the fault that the author wanted to see.

        Given a feature "unclear.feature" with the steps:
            """
            Given I want to update hosts with class roles::dev_server
            When I update the package mywebapp
            Then every host should answer
            @rehearse
            Scenario: Faults
              Given these faults are rehearsed:
                | host  | fault   | during   |
                | web1  | explodes | I update |
            """
        When I run cucumber-js "-p lint unclear.feature"
        Then it should exit with 2
        And it should say 'unclear.feature:8: there is no fault "explodes"; there are: stops answering'
