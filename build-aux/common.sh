# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# common.sh: what check and demo share: packages, configuring, building, progress
#
# Whoever reads it in sets $logs, the directory for logs.

top=$(CDPATH='' cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd -P)

say() {
    printf '%s\n' "$*"
}

die() {
    printf '%s: %s\n' "${0##*/}" "$*" >&2
    exit 1
}

# take_options HELP ARGUMENT…: for a script that takes --help only: prints it and ends; anything else
# is refused by name.
take_options() {
    local help=$1 argument
    shift
    for argument in "$@"; do
        case $argument in
        --help | -h)
            say "$help"
            exit 0
            ;;
        -*) refuse "there is no option '$argument'" ;;
        *) refuse "it takes no arguments, and '$argument' is one" ;;
        esac
    done
}

refuse() {
    printf "%s: %s: see '%s --help'\n" "${0##*/}" "$1" "$0" >&2
    exit 2
}

# --- progress -----------------------------------------------------------------------------------

heartbeat_pid=

# heartbeat TEXT: from now on says every 20 s that TEXT is still going on. Of a subshell that is ended as
# soon as it begins the shell has something to say, which is for nobody.
heartbeat() {
    local text=$1 main=$$ start=$SECONDS nap=
    (
        trap 'kill "$nap" 2>/dev/null; exit 0' TERM
        while sleep 20 & nap=$!; wait "$nap" && kill -0 "$main" 2>/dev/null; do
            say "  … $text, $((SECONDS - start)) s"
        done
    ) &
    heartbeat_pid=$!
} 2>/dev/null

heartbeat_stop() {
    if [ -n "$heartbeat_pid" ]; then
        kill "$heartbeat_pid" 2>/dev/null || true
        wait "$heartbeat_pid" 2>/dev/null || true
        heartbeat_pid=
    fi
}
trap heartbeat_stop EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# quietly TEXT LOG COMMAND…: runs a command with its output in LOG, of which the end is shown if
# the command fails; returns its status.
quietly() {
    local text=$1 log=$2 start=$SECONDS status=0
    shift 2
    say "- $text"
    heartbeat "$text"
    "$@" >"$log" 2>&1 </dev/null || status=$?
    heartbeat_stop
    if [ "$status" -ne 0 ]; then
        say "  failed after $((SECONDS - start)) s; the end of $log:"
        tail -n 40 -- "$log" | sed 's/^/    /'
    elif [ $((SECONDS - start)) -ge 5 ]; then
        say "  done in $((SECONDS - start)) s"
    fi
    return "$status"
}

# --- one at a time ------------------------------------------------------------------------------

# prepare_logs: makes $logs, and holds it until we and all that we started have ended
prepare_logs() {
    mkdir -p -- "${logs:?}"
    command -v flock >/dev/null || return 0
    exec 9>"$logs/lock"
    flock -n 9 || die "another run of ${0##*/} is at work in $logs: wait until it has ended"
}

# --- packages -----------------------------------------------------------------------------------

# package_names LIST…: the packages of packages/LIST.txt
package_names() {
    local list
    for list in "$@"; do
        sed -e 's/[[:space:]]*#.*//' -e '/^$/d' "$top/build-aux/packages/$list.txt"
    done | sort -u
}

# missing_packages LIST…: those of them that are not installed
missing_packages() {
    local names
    mapfile -t names < <(package_names "$@")
    comm -23 <(printf '%s\n' "${names[@]}") \
        <(dpkg-query -W -f '${db:Status-Status} ${Package}\n' -- "${names[@]}" 2>/dev/null |
            sed -n 's/^installed //p' | sort -u)
}

# apt_install PACKAGE…: as root, or through sudo
apt_install() {
    local sudo=() apt=(apt-get -q -y -o DPkg::Lock::Timeout=300)
    [ "$(id -u)" -eq 0 ] || sudo=(sudo -n)
    sudo+=(env DEBIAN_FRONTEND=noninteractive)
    # Without our lock: a service that a package starts would keep it.
    {
        "${sudo[@]}" "${apt[@]}" update &&
            "${sudo[@]}" "${apt[@]}" install --no-install-recommends -- "$@"
    } 9>&-
}

# install_packages LIST…: makes sure that every package is there
install_packages() {
    local missing log=${logs:?}/packages.log
    if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
        say "- packages: this is not a Debian system, so nothing is installed; these are needed" \
            "under whatever name they have here: $(package_names "$@" | paste -sd ' ')"
        return
    fi
    mapfile -t missing < <(missing_packages "$@")
    if [ "${#missing[@]}" -eq 0 ]; then
        say "- packages: all are installed"
        return
    fi
    say "- packages to install: ${missing[*]}"
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null ||
            die "there is no sudo to install them with: run as root: apt-get install ${missing[*]}"
        # Ask for the password now: apt's own output goes to a file.
        [ ! -t 0 ] || sudo -v || die "sudo refuses: run as root: apt-get install ${missing[*]}"
    fi
    quietly "installing packages" "$log" apt_install "${missing[@]}" ||
        quietly "trying once more" "$log" apt_install "${missing[@]}" ||
        die "apt could not install what is missing: see above, run" \
            "'apt-get install ${missing[*]}' as root, then run this again"
}

# --- building -----------------------------------------------------------------------------------

# configure_and_compile DIR COMPILER OPTION…: uses DIR again if it was configured alike (ninja sees
# to changes of meson.build), otherwise makes it anew: that is quick, and always right. $only_suite: a
# suite of tests; what they need is compiled, and nothing else.
configure_and_compile() {
    local dir=$1 compiler=$2 want targets
    shift 2
    want=$(printf '%q ' "$top" "$compiler" "$@")
    if [ ! -f "$dir/build.ninja" ] || [ "$(cat -- "$dir/configured-as" 2>&1)" != "$want" ]; then
        rm -rf -- "$dir"
        CC=$compiler meson setup "$@" -- "$dir" "$top" || return
        printf '%s\n' "$want" >"$dir/configured-as"
    fi
    if [ -z "${only_suite:-}" ]; then
        meson compile -C "$dir"
    else
        mapfile -t targets < <("$top/build-aux/suite-targets.py" "$dir" "$only_suite")
        ninja -C "$dir" -- "${targets[@]}"
    fi
}

# build DIR COMPILER OPTION…: a build that fails in a directory from an earlier run, which may have
# been interrupted or belong to other versions of the tools, is tried once from scratch.
build() {
    local dir=$1 compiler=$2 used=no
    command -v meson >/dev/null || die "meson is not installed: install it, then run this again"
    command -v "$compiler" >/dev/null || {
        say "- $compiler is not installed"
        return 1
    }
    [ ! -d "$dir" ] || used=yes
    quietly "building with $compiler in ${dir#"$top"/}" "$dir.log" configure_and_compile "$@" ||
        { [ "$used" = yes ] && rm -rf -- "$dir" &&
            quietly "building once more, from scratch" "$dir.log" configure_and_compile "$@"; }
}
