#!/usr/bin/env bash
# The app registration in Microsoft Entra ID: exactly the permissions in use, the redirect address, and by default a
# federated credential, so that there is no secret that could leak or end.
set -euo pipefail
# shellcheck source=infra/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

usage() {
    cat <<'EOF'
Usage: infra/register-app.sh --resource-group GROUP [options]

Creates or updates the app registration, and prints what to enter on the administrator's screen. Running it again
changes nothing that is already as it should be.

  --resource-group GROUP  where infra/deploy.sh put the app; redirect address and identity are read from there
  --display-name NAME     name of the registration (default: Groupware Outlook Sync)
  --client-id ID          update this registration instead of looking for one by its name
  --redirect-uri URI      instead of the one of the deployment
  --principal-id ID       object id of the managed identity, instead of the one of the deployment
  --secret                no federated credential: prints how to make a client secret
  --expiry-from-graph     also ask for Application.Read.All, with which the app reads when its credential ends
  --dry-run               show what would be changed
  --help

Needs: az, signed in as somebody who may register applications (Application Developer or more). The consent that
follows needs a Privileged Role Administrator or a Global Administrator.
EOF
}

# Microsoft Graph and its permissions; the ids are the same in every tenant
# (https://learn.microsoft.com/graph/permissions-reference).
GRAPH=00000003-0000-0000-c000-000000000000
CALENDARS_READWRITE=ef54d2bf-783f-4e0f-bca1-3210c0444d99
USER_READ_ALL=df021288-bdef-4463-88db-98f22de89214
APPLICATION_READ_ALL=9a5d68dd-52b0-4cc2-bd40-abcf44ac3a30
OPENID=37f7f235-527c-4136-accd-4a02d197296e
PROFILE=14dad69e-099b-42c9-810b-d002981feec1
FEDERATED_NAME=managed-identity

group='' display_name='Groupware Outlook Sync' client_id='' redirect_uri='' principal_id=''
federated=1 expiry=0 DRY_RUN=0

while [ $# -gt 0 ]; do
    case $1 in
    --resource-group) group=$(value_of "$@"); shift 2 ;;
    --display-name) display_name=$(value_of "$@"); shift 2 ;;
    --client-id) client_id=$(value_of "$@"); shift 2 ;;
    --redirect-uri) redirect_uri=$(value_of "$@"); shift 2 ;;
    --principal-id) principal_id=$(value_of "$@"); shift 2 ;;
    --secret) federated=0; shift ;;
    --expiry-from-graph) expiry=1; shift ;;
    --dry-run) DRY_RUN=1; shift ;;
    --help | -h) usage; exit 0 ;;
    *) usage >&2; stop "unknown option: $1" 2 ;;
    esac
done

if [ -z "$group" ] && { [ -z "$redirect_uri" ] || { [ "$federated" = 1 ] && [ -z "$principal_id" ]; }; }; then
    usage >&2
    stop '--resource-group is needed (or --redirect-uri and --principal-id)' 2
fi

need_az

output_of() {
    az deployment group show --resource-group "$group" --name calendar-sync \
        --query "properties.outputs.$1.value" --output tsv 2>/dev/null ||
        stop "the deployment in $group cannot be read. Run infra/deploy.sh first, or give the values as options." 5
}

tenant=$(az account show --query tenantId --output tsv)
login=$(az cloud show --query endpoints.activeDirectory --output tsv)
login=${login%/}
[ -n "$redirect_uri" ] || redirect_uri=$(output_of redirectUri)
if [ "$federated" = 1 ] && [ -z "$principal_id" ]; then
    principal_id=$(output_of identityPrincipalId)
fi
case $redirect_uri in
https://*) ;;
*) stop "the redirect address has to begin with https://, this one is: $redirect_uri" 2 ;;
esac

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

roles="{\"id\":\"$CALENDARS_READWRITE\",\"type\":\"Role\"},{\"id\":\"$USER_READ_ALL\",\"type\":\"Role\"}"
if [ "$expiry" = 1 ]; then
    roles="$roles,{\"id\":\"$APPLICATION_READ_ALL\",\"type\":\"Role\"}"
fi
scopes="{\"id\":\"$OPENID\",\"type\":\"Scope\"},{\"id\":\"$PROFILE\",\"type\":\"Scope\"}"
printf '[{"resourceAppId":"%s","resourceAccess":[%s,%s]}]\n' "$GRAPH" "$roles" "$scopes" >"$work/permissions.json"

if [ -z "$client_id" ]; then
    found=$(az ad app list --display-name "$display_name" --query "[?displayName=='$display_name'].appId" --output tsv)
    case $(printf '%s' "$found" | grep -c .) in
    0) ;;
    1) client_id=$found ;;
    *) stop "several registrations are called '$display_name'. Name one with --client-id." 6 ;;
    esac
fi

if [ -z "$client_id" ]; then
    say "Registering '$display_name'"
    client_id=$(change az ad app create --display-name "$display_name" --sign-in-audience AzureADMyOrg \
        --web-redirect-uris "$redirect_uri" --required-resource-accesses "@$work/permissions.json" \
        --query appId --output tsv) ||
        stop 'the registration was refused. You need the role Application Developer or Application Administrator.' 7
    client_id=${client_id:-<client-id>}
else
    say "Updating the registration $client_id"
    # Addresses that somebody else entered stay: a second environment may share the registration.
    known=$(az ad app show --id "$client_id" --query 'web.redirectUris' --output tsv) ||
        stop "there is no registration $client_id in this tenant" 7
    addresses=("$redirect_uri")
    while IFS= read -r address; do
        if [ -n "$address" ] && [ "$address" != "$redirect_uri" ]; then
            addresses+=("$address")
        fi
    done <<<"$known"
    change az ad app update --id "$client_id" --web-redirect-uris "${addresses[@]}" \
        --required-resource-accesses "@$work/permissions.json" ||
        stop 'the update was refused. You need to own the registration, or the role Application Administrator.' 7
fi

if [ "$client_id" = '<client-id>' ] || ! az ad sp show --id "$client_id" --output none 2>/dev/null; then
    say 'Making its service principal'
    change az ad sp create --id "$client_id" --output none
fi

if [ "$federated" = 1 ]; then
    printf '{"name":"%s","issuer":"%s/%s/v2.0","subject":"%s","audiences":["api://AzureADTokenExchange"]}\n' \
        "$FEDERATED_NAME" "$login" "$tenant" "$principal_id" >"$work/federated.json"
    trusted=''
    if [ "$client_id" != '<client-id>' ]; then
        trusted=$(az ad app federated-credential list --id "$client_id" \
            --query "[?name=='$FEDERATED_NAME'].subject" --output tsv)
    fi
    if [ -z "$trusted" ]; then
        say 'Trusting the managed identity'
        change az ad app federated-credential create --id "$client_id" \
            --parameters "@$work/federated.json" --output none
    elif [ "$trusted" != "$principal_id" ]; then
        say 'Trusting the new managed identity in place of the former one'
        change az ad app federated-credential update --id "$client_id" \
            --federated-credential-id "$FEDERATED_NAME" --parameters "@$work/federated.json" --output none
    fi
fi

encoded=$(printf '%s' "$redirect_uri" | sed -e 's/%/%25/g' -e 's|:|%3A|g' -e 's|/|%2F|g')
cat <<EOF
Enter on the administrator's screen (or PUT /api/microsoft365):
  Directory (tenant) ID:   $tenant
  Application (client) ID: $client_id
  Redirect URI:            $redirect_uri
  Credential:              $([ "$federated" = 1 ] && echo 'federated (no secret)' || echo 'client secret')
EOF
if [ "$federated" = 0 ]; then
    cat <<EOF
Make the secret, and enter its value (not its id) and its end:
  az ad app credential reset --id $client_id --append --years 1 --query password --output tsv
EOF
fi
cat <<EOF
Then press "connect" there, or let an administrator of Microsoft 365 open:
  $login/$tenant/adminconsent?client_id=$client_id&redirect_uri=$encoded
EOF
