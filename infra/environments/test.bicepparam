using '../main.bicep'

param name = 'calsynct'
param environmentName = 'test'
param groupwareUrl = 'https://groupware-test.example.co.jp/sync-api'
param accessIssuer = 'https://groupware-test.example.co.jp'
param accessJwksUrl = 'https://groupware-test.example.co.jp/.well-known/jwks.json'
