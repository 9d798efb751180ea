using '../main.bicep'

param name = 'calsync'
param environmentName = 'production'
param groupwareUrl = 'https://groupware.example.co.jp/sync-api'
param accessIssuer = 'https://groupware.example.co.jp'
param accessJwksUrl = 'https://groupware.example.co.jp/.well-known/jwks.json'
param alwaysReadyHttp = 1
param logRetentionDays = 90
param alertMail = 'operations@example.co.jp'
