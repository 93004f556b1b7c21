@behaviour
Feature: 5. Stopping
    Ctrl-C lets the step end and names what is held. A kill loses nothing that was written down.

    Scenario: Ctrl-C once
        Given the website feature
        And the host "web3.example.net=slow"
        When I run cucumber-js "website.feature" and press Ctrl-C at "isblocked"
        Then it should exit with 130
        And it should say "Stopping after this step"
        And it should say "INTERRUPTED by the operator"
        And it should say "✔ Then traffic from the load balancer should be blocked 8/8 hosts"
        And it should say "Still out of rotation: 8 hosts"
        And it should show no stack trace
        And the file "reports/rollout.html" should exist

    Scenario: Ctrl-C twice
        Given the website feature
        And the host "web3.example.net=slow"
        When I run cucumber-js "website.feature" and press Ctrl-C twice at "isblocked"
        Then it should exit with 130

    Scenario: A pipe that is closed decides nothing
        Given the website feature
        When I run cucumber-js "website.feature --format summary:/dev/null"
        Then it should exit with 0
