@behaviour
Feature: 1. A rollout
    A deploy is a feature. It passes on every host, or it stops.

    Scenario: A rollout that passes says so, with every host counted
        An operator who cannot tell a whole success at a glance looks at every host by hand.

        Given the website feature
        When I run cucumber-js "website.feature"
        Then it should exit with 0
        And it should say "web[1-8].example.net"
        And it should say "PASSED 10 steps on 8 hosts"
        And it should say "Nothing is left out of rotation."
        And no line should be wider than 80 columns
        And the step "I update the package mywebapp" should have counted:
            | expected   | 8 |
            | answered   | 8 |
            | diverged   | 0 |
            | silent     | 0 |
            | unexpected | 0 |
            | out        | 0 |
        And the file "reports/rollout.html" should contain "<h1>PASSED (embedded fleet)</h1>"
        And the file "reports/junit.xml" should contain "Update the website"

    Scenario: One host lies about its state, and the rollout stops
        A host that claims an update and has the old version would serve old code unseen.

        Given the website feature
        And the host "web3.example.net=lies from step 3"
        When I run cucumber-js "website.feature"
        Then it should exit with 1
        And it should say:
            """
            ✘ Then the package version for mywebapp should be 4.2.6-3.el5 7/8
            1 of 8 hosts diverged
            4.2.6-3.el5 7 hosts
            4.2.6-2.el5 web3.example.net
            - When I unblock the load balancer
            """
        And it should say "FAILED at "
        And it should say "Still out of rotation: 8 hosts blocks 192.168.1.1: all 8 hosts"
        And 8 hosts should be out of rotation
        And it should show no stack trace
        And it should not say "::error"
        And no line should be wider than 80 columns
        And the file "reports/junit.xml" should contain "4.2.6-2.el5"

    Scenario: It can be run again at once
        After a failure the same feature is run again.
        A line that breaks on hosts already changed would block every repair.

        Given a feature "again.feature" with the steps:
            """
            Given the load balancer has ip address 10.0.0.1
            And I want to update hosts with class roles::dev_server
            When I block the load balancer
            And I block the load balancer
            Then traffic from the load balancer should be blocked
            When I install version 4.2.6-3.el5 of the package mywebapp
            And I install version 4.2.6-3.el5 of the package mywebapp
            And I stop the service mywebapp
            And I stop the service mywebapp
            And I start the service mywebapp
            And I start the service mywebapp
            And I restart the service mywebapp
            When I unblock the load balancer
            And I unblock the load balancer
            Then traffic from the load balancer should be unblocked
            """
        When I run cucumber-js "again.feature"
        Then it should exit with 0

    Scenario: Without a Then, the end of the run checks once whether hosts are back
        An author forgets the look at the end.
        Hosts would stay out of service with nothing on the screen.

        Given a feature "short.feature" with the steps:
            """
            Given the load balancer has ip address 10.0.0.1
            And I want to update hosts with class roles::dev_server
            When I block the load balancer
            And I unblock the load balancer
            """
        When I run cucumber-js "short.feature"
        Then it should exit with 0
        And it should say "Nothing is left out of rotation."

    Scenario: Hosts that a feature leaves out of rotation are named although it passes
        A passed rollout with hosts out of service looks finished, and the pool stays small for days.

        Given a feature "block.feature" with the steps:
            """
            Given the load balancer has ip address 10.0.0.1
            And I want to update hosts with identity /web[12]\./
            When I block the load balancer
            """
        When I run cucumber-js "block.feature"
        Then it should exit with 0
        And it should say "Still out of rotation: 2 hosts"

    @long
    Scenario: One wrong host among ten thousand is found and named
        On a large fleet one wrong host drowns in the output, or the run drowns in its hosts.

        Given the website feature
        And a file "fleet.yaml":
            """
            repository: { mywebapp: [4.2.6-2.el5, 4.2.6-3.el5] }
            fleet:
              - hosts: web[1-10000].example.net
                classes: [roles::dev_server]
                facts: { country: de }
                packages: { mywebapp: 4.2.6-2.el5 }
            """
        And the environment variable "LOCKSTEP_FLEET" is "fleet.yaml"
        And the host "web7777.example.net=lies from step 3"
        When I run cucumber-js "website.feature"
        Then it should exit with 1
        And it should say "web[1-10000].example.net"
        And it should say "9999/10000"
        And it should say "Diverged: web7777.example.net"

    @long
    Scenario: Hosts that fail in different ways fit on a screen, and each of them is named or counted
        The line that matters scrolls away behind names of hosts, or hosts fail that no line tells of.

        Given a file "large.feature":
            """
            Feature: The website on every host
              Scenario: Update the website
                Given the load balancer has ip address 192.168.1.1
                And I want to update hosts with class roles::dev_server
                And I want to pre-discover how many hosts to update
                And there should be exactly 1000 hosts
                When I block the load balancer
                Then traffic from the load balancer should be blocked
                When I update the package mywebapp
                Then the package version for mywebapp should be 4.2.6-3.el5
                When I unblock the load balancer
                Then traffic from the load balancer should be unblocked
            """
        And a fleet of 1,000 hosts with irregular names that runs elsewhere, of which these have faults:
            | 21 | silent from step 4       |
            | 17 | fails from step 4        |
            | 9  | wrong secret from step 4 |
            | 2  | duplicate from step 4    |
        When I run cucumber-js "-p live large.feature"
        Then it should exit with 1
        And beside waits it should take at most 40 lines of 80 columns
        And it should say "953/1000"
        And it should say "47 of 1000 hosts failed: 26 diverged, 21 silent"
        And it should say "blocks 192.168.1.1: all 1000 hosts"
        And 26 hosts should be named or counted as "Diverged"
        And 21 hosts should be named or counted as "Silent"
        When I run lockstep "status"
        Then it should exit with 1
        And beside waits it should take at most 30 lines of 80 columns
        And it should say "Out of rotation: 1000 hosts"
        And it should say "status --hosts all"
        When I run lockstep "status --hosts all"
        Then it should name all hosts of the fleet
