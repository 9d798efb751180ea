#!/usr/bin/env bash
# Puts the app into a resource group: shows what would change, deploys, publishes the code, asks the app whether it lives.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=infra/lib.sh
. "$here/lib.sh"

usage() {
    cat <<'EOF'
Usage: infra/deploy.sh --resource-group GROUP --parameters FILE [options]

  --resource-group GROUP  made if it does not exist (then --location is needed)
  --parameters FILE       a .bicepparam file, see infra/environments
  --location REGION       region of a new resource group, such as japaneast
  --set NAME=VALUE        one more parameter; may be repeated
  --what-if               show what would change, and end
  --only-code             publish the code into the app that is there
  --only-infra            no code
  --yes                   do not ask before changing anything
  --dry-run               show the commands that would change something
  --help

Needs: az (with Bicep), python3, git, curl; signed in as somebody who may create resources and role assignments in
the group (Owner, or Contributor with Role Based Access Control Administrator).
EOF
}

DEPLOYMENT=calendar-sync
group='' parameters='' location='' what_if=0 infra=1 code=1 ask=1 DRY_RUN=0
more=()

while [ $# -gt 0 ]; do
    case $1 in
    --resource-group) group=$(value_of "$@"); shift 2 ;;
    --parameters) parameters=$(value_of "$@"); shift 2 ;;
    --location) location=$(value_of "$@"); shift 2 ;;
    --set) more+=("$(value_of "$@")"); shift 2 ;;
    --what-if) what_if=1; shift ;;
    --only-code) infra=0; shift ;;
    --only-infra) code=0; shift ;;
    --yes) ask=0; shift ;;
    --dry-run) DRY_RUN=1; shift ;;
    --help | -h) usage; exit 0 ;;
    *) usage >&2; stop "unknown option: $1" 2 ;;
    esac
done

[ -n "$group" ] || { usage >&2; stop '--resource-group is needed' 2; }
if [ "$infra" = 0 ] && [ "$code" = 0 ]; then
    stop '--only-code and --only-infra leave nothing to do' 2
fi
if [ "$infra" = 1 ]; then
    [ -n "$parameters" ] || { usage >&2; stop '--parameters is needed' 2; }
    [ -f "$parameters" ] || stop "there is no file $parameters" 2
fi

need_az
need_tool python3 'Any version from 3.11 on.'
need_tool git 'It knows which files belong to the app.'
need_tool curl ''
if [ "$infra" = 1 ]; then
    az bicep version >/dev/null 2>&1 || stop 'Bicep is needed. Run: az bicep install' 3
fi

deployment=(--resource-group "$group" --name "$DEPLOYMENT" --parameters "$parameters")
if [ "${#more[@]}" -gt 0 ]; then
    deployment+=(--parameters "${more[@]}")
fi

output_of() {
    az deployment group show --resource-group "$group" --name "$DEPLOYMENT" \
        --query "properties.outputs.$1.value" --output tsv ||
        stop "the deployment in $group cannot be read; was it deployed before?" 5
}

if [ "$infra" = 1 ]; then
    if [ "$(az group exists --name "$group")" != true ]; then
        [ -n "$location" ] || stop "the resource group $group does not exist; give --location to make it" 2
        if [ "$what_if" = 1 ]; then
            say "The resource group $group does not exist yet; everything in it would be new."
            exit 0
        fi
        change az group create --name "$group" --location "$location" --output none
    fi
    if [ "$DRY_RUN" = 0 ]; then
        az deployment group what-if "${deployment[@]}" --exclude-change-types Ignore NoChange ||
            stop 'the deployment would fail; see the message above. AuthorizationFailed: a role in the group is missing.' 6
    fi
    [ "$what_if" = 0 ] || exit 0
    if [ "$ask" = 1 ] && [ "$DRY_RUN" = 0 ]; then
        read -r -p 'Deploy this? [y/N] ' answer
        [ "$answer" = y ] || [ "$answer" = Y ] || stop 'nothing was changed'
    fi
    change az deployment group create "${deployment[@]}" --output none ||
        stop 'the deployment failed; see the message above. Running this script again goes on from where it stopped.' 6
fi

if [ "$code" = 1 ]; then
    package=$(mktemp -d)
    trap 'rm -rf "$package"' EXIT
    python3 "$here/package.py" "$package/app.zip" >&2
    app='<app-name>'
    [ "$DRY_RUN" = 1 ] || app=$(output_of appName)
    say "Publishing to $app"
    change az functionapp deployment source config-zip --resource-group "$group" --name "$app" \
        --src "$package/app.zip" --build-remote true --output none ||
        stop 'the code could not be published; the version before goes on running.' 7
fi

[ "$DRY_RUN" = 0 ] || exit 0

url=$(output_of appUrl)
say "Asking $url/api/health"
for _ in $(seq 1 20); do
    if said=$(curl --silent --show-error --max-time 30 --fail "$url/api/health" 2>&1); then
        say "$said"
        say 'It lives.'
        if [ "$infra" = 1 ]; then
            cat >&2 <<EOF
Next:
  1. the two secrets shared with the groupware (the second only without ACCESS_JWKS_URL):
       az keyvault secret set --vault-name $(output_of vaultName) --name groupware-key --file FILE
       az keyvault secret set --vault-name $(output_of vaultName) --name access-secret --file FILE
  2. infra/register-app.sh --resource-group $group
EOF
        fi
        exit 0
    fi
    sleep 6
done
stop "the app does not answer: $said. Look at its logs: az webapp log tail is not offered on Flex Consumption; see the workbook or Application Insights." 8
