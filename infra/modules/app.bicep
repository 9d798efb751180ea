// The function app on Flex Consumption, its settings, and who may reach it.

param name string
param planName string
param location string
param tags object
param identityId string
param identityClientId string
param insightsName string
param storageName string
param packageContainer string
param vaultUrl string
param subnetId string
param allowedAddresses array
param instanceMemory int
param maximumInstances int
param alwaysReadyHttp int

@description('The settings that this deployment decides; the rest follows from the other resources.')
param settings object

var restrictions = [for (range, i) in allowedAddresses: {
  name: 'allowed-${i}'
  action: 'Allow'
  priority: 100 + i
  ipAddress: range
}]

resource account 'Microsoft.Storage/storageAccounts@2024-01-01' existing = {
  name: storageName
}

resource insights 'Microsoft.Insights/components@2020-02-02' existing = {
  name: insightsName
}

resource plan 'Microsoft.Web/serverfarms@2024-11-01' = {
  name: planName
  location: location
  tags: tags
  kind: 'functionapp'
  sku: {
    tier: 'FlexConsumption'
    name: 'FC1'
  }
  properties: {
    reserved: true
  }
}

resource site 'Microsoft.Web/sites@2024-11-01' = {
  name: name
  location: location
  // azd finds the service of azure.yaml by this tag.
  tags: union(tags, { 'azd-service-name': 'app' })
  kind: 'functionapp,linux'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: {
      '${identityId}': {}
    }
  }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    clientAffinityEnabled: false
    keyVaultReferenceIdentity: identityId
    virtualNetworkSubnetId: empty(subnetId) ? null : subnetId
    siteConfig: {
      minTlsVersion: '1.2'
      scmMinTlsVersion: '1.2'
      ftpsState: 'Disabled'
      http20Enabled: true
      ipSecurityRestrictions: restrictions
      ipSecurityRestrictionsDefaultAction: empty(allowedAddresses) ? 'Allow' : 'Deny'
    }
    functionAppConfig: {
      deployment: {
        storage: {
          type: 'blobContainer'
          value: '${account.properties.primaryEndpoints.blob}${packageContainer}'
          authentication: {
            type: 'UserAssignedIdentity'
            userAssignedIdentityResourceId: identityId
          }
        }
      }
      runtime: {
        name: 'python'
        version: '3.13'
      }
      scaleAndConcurrency: {
        instanceMemoryMB: instanceMemory
        maximumInstanceCount: maximumInstances
        alwaysReady: alwaysReadyHttp == 0 ? [] : [{ name: 'http', instanceCount: alwaysReadyHttp }]
        triggers: {
          http: {
            perInstanceConcurrency: 16
          }
        }
      }
    }
  }
}

// Nobody deploys with a password.
resource noFtp 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2024-11-01' = {
  parent: site
  name: 'ftp'
  properties: {
    allow: false
  }
}

resource noScmPassword 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2024-11-01' = {
  parent: site
  name: 'scm'
  properties: {
    allow: false
  }
}

resource appSettings 'Microsoft.Web/sites/config@2024-11-01' = {
  parent: site
  name: 'appsettings'
  properties: {
    AzureWebJobsStorage__credential: 'managedidentity'
    AzureWebJobsStorage__clientId: identityClientId
    AzureWebJobsStorage__blobServiceUri: account.properties.primaryEndpoints.blob
    AzureWebJobsStorage__queueServiceUri: account.properties.primaryEndpoints.queue
    AzureWebJobsStorage__tableServiceUri: account.properties.primaryEndpoints.table
    APPLICATIONINSIGHTS_CONNECTION_STRING: insights.properties.ConnectionString
    APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${identityClientId};Authorization=AAD'
    AZURE_CLIENT_ID: identityClientId
    KEY_VAULT_URL: vaultUrl
    PUBLIC_URL: empty(settings.PUBLIC_URL) ? 'https://${site.properties.defaultHostName}' : settings.PUBLIC_URL
    SYNC_SCHEDULE: settings.SYNC_SCHEDULE
    SYNC_QUEUE: settings.SYNC_QUEUE
    TIME_ZONE: settings.TIME_ZONE
    GRAPH_URL: settings.GRAPH_URL
    // Of the cloud that this is deployed in; it ends with a slash, which the app takes away.
    ENTRA_URL: environment().authentication.loginEndpoint
    GROUPWARE_KIND: settings.GROUPWARE_KIND
    GROUPWARE_URL: settings.GROUPWARE_URL
    GROUPWARE_SECRET_NAME: 'groupware-key'
    GROUPWARE_SIGN_IN_URL: settings.GROUPWARE_SIGN_IN_URL
    GROUPWARE_SERVER: settings.GROUPWARE_SERVER
    GROUPWARE_ACCOUNT: settings.GROUPWARE_ACCOUNT
    GROUPWARE_HOME: settings.GROUPWARE_HOME
    GROUPWARE_CALENDAR: settings.GROUPWARE_CALENDAR
    GROUPWARE_LIST_NAME: 'groupware-list'
    ACCESS_ISSUER: settings.ACCESS_ISSUER
    ACCESS_AUDIENCE: settings.ACCESS_AUDIENCE
    ACCESS_JWKS_URL: settings.ACCESS_JWKS_URL
    ACCESS_SECRET_NAME: 'access-secret'
  }
}

output name string = site.name
output url string = empty(settings.PUBLIC_URL) ? 'https://${site.properties.defaultHostName}' : settings.PUBLIC_URL
