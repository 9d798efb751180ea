// The identity as which the app reaches storage, vault, logs and (by a federated credential) Microsoft Graph.
// User-assigned: it outlives the app, and federated credentials do not work with a system-assigned one.

param name string
param location string
param tags object

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: name
  location: location
  tags: tags
}

output id string = identity.id
output clientId string = identity.properties.clientId
output principalId string = identity.properties.principalId
