// What an operator has to know without looking. Each rule reads the app's JSON lines (sync/log.py) in the workspace;
// what to do about each stands in infra/operations.md under its name.

param name string
param location string
param tags object
param workspaceId string

@description('Where alerts are mailed to. Empty: they are raised only.')
param mail string

var rules = [
  {
    name: 'no-successful-pass'
    severity: 1
    // Two intervals of the longest kind (60 minutes). Nobody queued means that nobody is linked: then only the timer counts.
    window: 'PT2H'
    every: 'PT30M'
    description: 'The timer does not run, or people were queued and no pass has succeeded for two hours.'
    query: 'AppTraces | where Message startswith "{" | extend line = parse_json(Message) | summarize ticks = countif(line.event == "timer"), queued = sumif(toint(line.queued), line.event == "timer"), done = countif(line.event == "pass" and line.state == "done") | project value = toint(ticks == 0 or (queued > 0 and done == 0))'
  }
  {
    name: 'poison-message'
    severity: 2
    window: 'PT1H'
    every: 'PT15M'
    description: 'A pass failed five times in a row for a reason that the app does not handle.'
    query: 'AppTraces | where Message startswith "{" | extend line = parse_json(Message) | summarize value = countif(line.event in ("job-poisoned", "poison-not-recorded"))'
  }
  {
    name: 'credential-expiring'
    severity: 2
    window: 'P1D'
    every: 'PT12H'
    description: 'The credential for Microsoft 365 ends within 30 days.'
    query: 'AppTraces | where Message startswith "{" | extend line = parse_json(Message) | summarize value = countif(line.event == "credential-expiring" and toint(line.days) <= 30)'
  }
  {
    name: 'error-share'
    severity: 2
    window: 'PT1H'
    every: 'PT30M'
    description: 'More than a fifth of at least ten passes in an hour failed.'
    query: 'AppTraces | where Message startswith "{" | extend line = parse_json(Message) | summarize total = countif(line.event == "pass"), failed = countif(line.event == "pass" and line.state == "failed") | project value = toint(total >= 10 and failed * 5 > total)'
  }
  {
    name: 'throttling'
    severity: 3
    window: 'PT1H'
    every: 'PT30M'
    description: 'More than one pass in ten was stopped by throttling.'
    query: 'AppTraces | where Message startswith "{" | extend line = parse_json(Message) | summarize total = countif(line.event == "pass"), throttled = countif(line.event == "pass" and tostring(line.error) endswith "-throttled") | project value = toint(throttled > 0 and throttled * 10 > total)'
  }
]

resource group 'Microsoft.Insights/actionGroups@2023-01-01' = if (!empty(mail)) {
  name: 'ag-${name}'
  location: 'global'
  tags: tags
  properties: {
    groupShortName: take(name, 12)
    enabled: true
    emailReceivers: [
      {
        name: 'operator'
        emailAddress: mail
        useCommonAlertSchema: true
      }
    ]
  }
}

resource alerts 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = [for rule in rules: {
  name: 'alert-${name}-${rule.name}'
  location: location
  tags: tags
  kind: 'LogAlert'
  properties: {
    displayName: 'Calendar sync: ${rule.name}'
    description: rule.description
    severity: rule.severity
    enabled: true
    autoMitigate: true
    scopes: [
      workspaceId
    ]
    windowSize: rule.window
    evaluationFrequency: rule.every
    // The tables appear with the first line that the app writes.
    skipQueryValidation: true
    criteria: {
      allOf: [
        {
          query: rule.query
          metricMeasureColumn: 'value'
          timeAggregation: 'Maximum'
          operator: 'GreaterThan'
          threshold: 0
          failingPeriods: {
            numberOfEvaluationPeriods: 1
            minFailingPeriodsToAlert: 1
          }
        }
      ]
    }
    actions: {
      actionGroups: empty(mail) ? [] : [group.id]
    }
  }
}]
