# Shared by the scripts beside it; sourced, not run.
# shellcheck shell=bash

say() { printf '%s\n' "$*" >&2; }

stop() {
    say "error: $1"
    exit "${2:-1}"
}

# Runs a command, or only shows it with --dry-run. Its output goes where the caller sends it.
change() {
    if [ "${DRY_RUN:-0}" = 1 ]; then
        printf 'would run:' >&2
        printf ' %q' "$@" >&2
        printf '\n' >&2
        return 0
    fi
    "$@"
}

need_tool() {
    command -v "$1" >/dev/null || stop "$1 is needed and was not found. $2" 3
}

need_az() {
    need_tool az 'See https://learn.microsoft.com/cli/azure/install-azure-cli'
    az account show --output none 2>/dev/null ||
        stop 'nobody is signed in to Azure. Run: az login' 4
}

# The value of an option; stops if there is none.
value_of() {
    if [ $# -lt 2 ] || [ -z "$2" ] || [ "${2#--}" != "$2" ]; then
        stop "$1 needs a value; see --help" 2
    fi
    printf '%s' "$2"
}
