# SPDX-License-Identifier: Apache-2.0
# Sourced: a private set of apt directories, so that packages of another suite can be fetched while the system's own
# sources, lists and status stay as they are.

# The mirror that the system's own apt uses when the system is Debian; empty elsewhere, for which the tools have a
# default of their own.
apt_mirror() {
    [ "$(. /etc/os-release && echo "$ID")" = debian ] || return 0
    { cat /etc/apt/sources.list /etc/apt/sources.list.d/*.sources /etc/apt/sources.list.d/*.list 2>/dev/null || true; } |
        grep -Ev '^[[:space:]]*#' | grep -Eo '(https?|file)://[^ ]+/debian/?( |$)' | head -n 1 | tr -d ' '
}

apt_keyring() { echo /usr/share/keyrings/debian-archive-keyring.gpg; }

# apt_private DIR SUITE [STATUS]: set APT_CONFIG to a private set for SUITE and fetch its lists. STATUS is the dpkg
# status that dependencies are resolved against; an empty one by default.
apt_private() {
    local dir=$1 suite=$2 status=${3:-} mirror
    mirror=$(apt_mirror)
    mirror=${mirror:-http://deb.debian.org/debian}
    mkdir -p "$dir/lists/partial" "$dir/cache/archives/partial" "$dir/empty"
    if [ -z "$status" ]; then
        status=$dir/status
        : >"$status"
    fi
    echo "deb [signed-by=$(apt_keyring)] $mirror $suite main" >"$dir/sources.list"
    # The proxy of the system's apt is kept: it may be the only way out.
    apt-config dump | grep -E '^Acquire::(http|https)::Proxy' >"$dir/conf" || true
    cat >>"$dir/conf" <<CONF
Dir::Etc::sourcelist "$dir/sources.list";
Dir::Etc::sourceparts "$dir/empty";
Dir::Etc::parts "$dir/empty";
Dir::Etc::preferencesparts "$dir/empty";
Dir::State "$dir";
Dir::State::lists "$dir/lists";
Dir::State::status "$status";
Dir::Cache "$dir/cache";
APT::Install-Recommends "false";
APT::Sandbox::User "root";
Debug::NoLocking "1";
Acquire::Check-Valid-Until "false";
Acquire::Languages "none";
CONF
    export APT_CONFIG=$dir/conf
    apt-get -qq update
}
