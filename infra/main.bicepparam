// For azd, which reads its environment; infra/deploy.sh takes a file of infra/environments.
using 'main.bicep'

param name = readEnvironmentVariable('AZURE_ENV_NAME')
param location = readEnvironmentVariable('AZURE_LOCATION')
param groupwareUrl = readEnvironmentVariable('GROUPWARE_URL')
param accessIssuer = readEnvironmentVariable('ACCESS_ISSUER')
param accessJwksUrl = readEnvironmentVariable('ACCESS_JWKS_URL', '')
param alertMail = readEnvironmentVariable('ALERT_MAIL', '')
