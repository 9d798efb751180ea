// Only with private endpoints: one subnet that the app goes out of, one in which storage and vault answer.

param name string
param location string
param tags object
param prefix string

resource network 'Microsoft.Network/virtualNetworks@2024-05-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    addressSpace: {
      addressPrefixes: [
        prefix
      ]
    }
  }
}

resource appSubnet 'Microsoft.Network/virtualNetworks/subnets@2024-05-01' = {
  parent: network
  name: 'app'
  properties: {
    addressPrefix: cidrSubnet(prefix, 26, 0)
    // Flex Consumption runs in this delegation, not in Microsoft.Web/serverFarms.
    delegations: [
      {
        name: 'flex'
        properties: {
          serviceName: 'Microsoft.App/environments'
        }
      }
    ]
  }
}

resource endpointSubnet 'Microsoft.Network/virtualNetworks/subnets@2024-05-01' = {
  parent: network
  name: 'endpoints'
  properties: {
    addressPrefix: cidrSubnet(prefix, 26, 1)
    privateEndpointNetworkPolicies: 'Disabled'
  }
  // Two subnets of one network cannot be changed at the same time.
  dependsOn: [
    appSubnet
  ]
}

output networkId string = network.id
output appSubnetId string = appSubnet.id
output endpointSubnetId string = endpointSubnet.id
