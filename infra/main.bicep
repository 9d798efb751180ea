// Groupware and Outlook calendar sync: everything it runs on, in one resource group.
//
// Style: what two independent parsers accept (no union types, no spread, one-line ternaries, children as top-level
// resources with `parent:`); tests/infra holds the parsed files against the code.

targetScope = 'resourceGroup'

@description('Short name of this installation; part of every resource name.')
@minLength(2)
@maxLength(10)
param name string

@description('What this installation is for; stands in the tags.')
@allowed([
  'production'
  'test'
])
param environmentName string = 'production'

@description('Azure region. It has to offer Flex Consumption.')
param location string = resourceGroup().location

@description('More tags for every resource.')
param tags object = {}

@description('What the groupware speaks.')
@allowed([
  'connector'
  'caldav'
])
param groupwareKind string = 'connector'

@description('Base address of the groupware API or of the CalDAV server, https.')
param groupwareUrl string

@description('Where the groupware takes people over who signed in with Microsoft 365. Empty: that sign-in is off.')
param groupwareSignInUrl string = ''

@description('CalDAV only: server, account, home and calendar (GROUPWARE_SERVER and so on in the README).')
param caldav object = {
  server: 'other'
  account: 'service'
  home: ''
  calendar: ''
}

@description('iss of the tokens that the groupware signs for its users.')
param accessIssuer string

@description('aud of those tokens.')
param accessAudience string = 'groupware-outlook-sync'

@description('Address of the public keys of those tokens. Empty: HS256 with the vault secret access-secret.')
param accessJwksUrl string = ''

@description('Address under which people reach the app. Empty: the host name that Azure gives it.')
param publicUrl string = ''

@description('Time zone of organizations that set none, IANA.')
param timeZone string = 'Asia/Tokyo'

@description('NCRONTAB of the timer, UTC. Who is due is decided by each person\'s own interval.')
param syncSchedule string = '0 */5 * * * *'

@description('Name of the queue of passes.')
@minLength(3)
@maxLength(56)
param syncQueue string = 'sync-passes'

@description('Microsoft Graph; another origin in sovereign clouds.')
param graphUrl string = 'https://graph.microsoft.com'

@description('Memory of an instance, MB.')
@allowed([
  512
  2048
  4096
])
param instanceMemory int = 2048

@description('Most instances of each group of functions. 40 is the least that is documented for every region.')
@minValue(1)
@maxValue(1000)
param maximumInstances int = 40

@description('Instances that always wait for HTTP calls. 0 costs nothing; 1 spares the first caller the start.')
@minValue(0)
@maxValue(20)
param alwaysReadyHttp int = 0

@description('Storage and vault answer inside a virtual network only.')
param privateNetwork bool = false

@description('Address range of that network.')
param networkPrefix string = '10.64.0.0/24'

@description('IPv4 ranges (CIDR) from which HTTP is allowed: the groupware\'s servers and people\'s browsers. Empty: everybody.')
param allowedAddresses array = []

@description('Days for which logs are kept.')
@minValue(30)
@maxValue(730)
param logRetentionDays int = 30

@description('Most GB of logs a day; above it nothing is taken in until the next day.')
param dailyLogQuota int = 1

@description('Mail address that alerts are sent to. Empty: alerts are raised, and nobody is mailed.')
param alertMail string = ''

// Thirteen characters, the same for the same group: names that are unique in all of Azure.
var suffix = uniqueString(resourceGroup().id, name)
var allTags = union(tags, { application: 'groupware-outlook-sync', environment: environmentName })
var plainName = toLower(replace(name, '-', ''))

module identity 'modules/identity.bicep' = {
  name: 'identity'
  params: {
    name: 'id-${name}-${suffix}'
    location: location
    tags: allTags
  }
}

module network 'modules/network.bicep' = if (privateNetwork) {
  name: 'network'
  params: {
    name: 'vnet-${name}-${suffix}'
    location: location
    tags: allTags
    prefix: networkPrefix
  }
}

module storage 'modules/storage.bicep' = {
  name: 'storage'
  params: {
    name: 'st${take(plainName, 9)}${suffix}'
    location: location
    tags: allTags
    principalId: identity.outputs.principalId
    syncQueue: syncQueue
    isPrivate: privateNetwork
  }
}

module vault 'modules/vault.bicep' = {
  name: 'vault'
  params: {
    name: 'kv-${take(plainName, 7)}-${suffix}'
    location: location
    tags: allTags
    principalId: identity.outputs.principalId
    isPrivate: privateNetwork
  }
}

module endpoints 'modules/endpoints.bicep' = if (privateNetwork) {
  name: 'endpoints'
  params: {
    name: name
    location: location
    tags: allTags
    networkId: privateNetwork ? network.outputs.networkId : ''
    subnetId: privateNetwork ? network.outputs.endpointSubnetId : ''
    storageId: storage.outputs.id
    vaultId: vault.outputs.id
  }
}

module monitoring 'modules/monitoring.bicep' = {
  name: 'monitoring'
  params: {
    name: name
    suffix: suffix
    location: location
    tags: allTags
    principalId: identity.outputs.principalId
    retentionDays: logRetentionDays
    dailyQuota: dailyLogQuota
  }
}

module app 'modules/app.bicep' = {
  name: 'app'
  params: {
    name: 'func-${name}-${suffix}'
    planName: 'plan-${name}-${suffix}'
    location: location
    tags: allTags
    identityId: identity.outputs.id
    identityClientId: identity.outputs.clientId
    insightsName: monitoring.outputs.insightsName
    storageName: storage.outputs.name
    packageContainer: storage.outputs.packageContainer
    vaultUrl: vault.outputs.url
    subnetId: privateNetwork ? network.outputs.appSubnetId : ''
    allowedAddresses: allowedAddresses
    instanceMemory: instanceMemory
    maximumInstances: maximumInstances
    alwaysReadyHttp: alwaysReadyHttp
    settings: {
      PUBLIC_URL: publicUrl
      SYNC_SCHEDULE: syncSchedule
      SYNC_QUEUE: syncQueue
      TIME_ZONE: timeZone
      GRAPH_URL: graphUrl
      GROUPWARE_KIND: groupwareKind
      GROUPWARE_URL: groupwareUrl
      GROUPWARE_SIGN_IN_URL: groupwareSignInUrl
      GROUPWARE_SERVER: caldav.server
      GROUPWARE_ACCOUNT: caldav.account
      GROUPWARE_HOME: caldav.home
      GROUPWARE_CALENDAR: caldav.calendar
      ACCESS_ISSUER: accessIssuer
      ACCESS_AUDIENCE: accessAudience
      ACCESS_JWKS_URL: accessJwksUrl
    }
  }
}

module alerts 'modules/alerts.bicep' = {
  name: 'alerts'
  params: {
    name: name
    location: location
    tags: allTags
    workspaceId: monitoring.outputs.workspaceId
    mail: alertMail
  }
}

module workbook 'modules/workbook.bicep' = {
  name: 'workbook'
  params: {
    displayName: 'Calendar sync (${name})'
    location: location
    tags: allTags
    workspaceId: monitoring.outputs.workspaceId
  }
}

@description('Name of the function app; deploy.sh publishes to it.')
output appName string = app.outputs.name

@description('Address of the app.')
output appUrl string = app.outputs.url

@description('Where Microsoft sends browsers back to; register-app.sh enters it.')
output redirectUri string = '${app.outputs.url}/api/oauth/callback'

@description('Name of the vault, for the two secrets that the groupware shares with the app.')
output vaultName string = vault.outputs.name

@description('Object id of the identity: the subject of the federated credential.')
output identityPrincipalId string = identity.outputs.principalId

@description('Client id of the identity.')
output identityClientId string = identity.outputs.clientId
