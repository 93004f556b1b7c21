@behaviour
Feature: 22. Reports, again
    Reports show what the run recorded. They can be written again from its journal alone, at any time.

    Scenario: The reports of a run are the same again, byte for byte
        Given a feature "waves.feature" with waves "1 host, 25%, the rest" and the steps:
            """
            When I update the package mywebapp
            Then the package version for mywebapp should be 4.2.6-3.el5
            """
        And the host "web2.example.net=lies from step 1"
        When I run cucumber-js "waves.feature"
        Then it should exit with 1
        Given the reports are kept aside, and removed
        When I run lockstep "report <run>" for the last run
        Then it should exit with 0
        And it should say "FAILED (embedded fleet) stopped at"
        And it should say "wrote reports/rollout.html, reports/junit.xml, reports/run.json"
        And the reports in "reports" should be those that the run left
        When I run lockstep "report <run> --to elsewhere" for the last run
        Then it should exit with 0
        And the reports in "elsewhere" should be those that the run left

    Scenario: A live run is reported with what is out, and what to do next, wherever its reports have gone
        Given the website feature
        And the host "web3.example.net=lies from step 3"
        And a fleet that runs elsewhere, and an mco configuration for it
        When I run cucumber-js "-p live website.feature"
        Then it should exit with 1
        Given the reports are kept aside, and removed
        When I run lockstep "report <run>" for the last run
        Then it should exit with 0
        And the reports in "reports" should be those that the run left
        And the file "reports/rollout.html" should contain "Still out of rotation: 8 hosts"
        And the file "reports/rollout.html" should contain "LOCKSTEP_RESUME="
        And it should say "reports/run.json, reports/recovery-2"

    Scenario: A run that was interrupted by a person is reported as such
        Given the website feature
        And the host "web3.example.net=slow"
        When I run cucumber-js "website.feature" and press Ctrl-C twice at "isblocked"
        Then it should exit with 130
        Given the reports are kept aside, and removed
        When I run lockstep "report <run>" for the last run
        Then it should say "INTERRUPTED"
        And the reports in "reports" should be those that the run left

    Scenario: A run that was killed is reported as far as it got, and never as passed
        Given the website feature
        And a fleet that runs elsewhere, and an mco configuration for it
        When I run cucumber-js "-p live website.feature" and kill it with -9 at "isblocked"
        Then it should have been ended by the system
        When I run lockstep "report <run>" for the last run
        Then it should exit with 1
        And it should say "INTERRUPTED the run did not end: its journal stops on"
        And it should say 'at "traffic from the load balancer should be blocked" (website.feature:9)'
        And it should not say "PASSED"
        And the file "reports/rollout.html" should contain "Still out of rotation: 8 hosts"
        And the file "reports/rollout.html" should contain "the run did not end"
        And the file "reports/run.json" should contain "blocks 192.168.1.1"
        And it should say "reports/run.json, reports/recovery-2"

    @long
    Scenario: An unknown run is not reported, and the closest one is named
        When I run lockstep "report 20260101-120000-abcd"
        Then it should exit with 2
        And it should say 'there is no journal of a run "20260101-120000-abcd" in .lockstep, nor of any other'
        Given the website feature
        When I run cucumber-js "website.feature"
        And I run lockstep "report <run>0" for the last run
        Then it should exit with 2
        And it should say "the closest one is 2"

    Scenario: A damaged journal is not reported
        Given a file ".lockstep/live/20260101-120000-abcd.journal.ndjson":
            """
            {"at":"2026-01-01T12:00:00.000Z","type":"opened","obligation":"blocks 192.168.1.1","hosts":["web1"]}
            """
        When I run lockstep "report 20260101-120000-abcd"
        Then it should exit with 1
        And it should say "20260101-120000-abcd.journal.ndjson is damaged from line 1 on"
        And the file "reports/rollout.html" should not exist
